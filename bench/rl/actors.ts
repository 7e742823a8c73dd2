/**
 * Claim: the stream from actors to a learner carries more transitions than environments make, on one machine and over a
 * server; and actors shorten the time to a solved CartPole where a core is free for them. One learner throughout; the
 * times include the start of the actors' threads.
 */

import { localRuntime, natsRuntime, type Runtime, startWorker } from '@skein/core';
import { startNatsServer } from '@skein/core/testkit';
import { useBackend } from '@skein/nn';
import { dqn } from '@skein/rl';
import { type Benchmark, type Row, significant } from '../harness.ts';
import { BATCH_ROWS, flood, transitions } from './actor-tasks.ts';

const BATCH_BYTES = BATCH_ROWS * (4 * 4 + 4 + 8 + 1 + 4 * 4);

/** Transitions a second that a consumer takes from producers that do nothing else. */
async function streamRow(name: string, runtime: Runtime, producers: number, seconds: number): Promise<Row> {
  const stream = transitions(`flood-${producers}`);
  const consumer = await runtime.streams.consume(stream, { capacity: 16 });
  const tasks = Array.from({ length: producers }, () => runtime.run(flood, { stream: stream.name }));
  let sum = 0;
  const take = async (): Promise<void> => {
    using batch = await consumer.next();
    sum += batch.columns.rewards[0] as number;
  };
  for (let i = 0; i < 200; i++) await take();
  const start = performance.now();
  let batches = 0;
  for (; performance.now() - start < 1000 * seconds; batches++) await take();
  const perSecond = (1000 * batches * BATCH_ROWS) / (performance.now() - start);
  await consumer.close();
  await Promise.all(tasks);
  if (sum < 0) throw new Error('the batches were not read');
  return {
    what: `stream, ${name}, ${producers} producer${producers > 1 ? 's' : ''}`,
    'transitions/s': significant(perSecond),
    'MB/s': significant((perSecond * BATCH_BYTES) / BATCH_ROWS / 1e6),
  };
}

async function localRows(seconds: number): Promise<Row[]> {
  await using runtime = localRuntime({ threads: 2, tasks: [flood] });
  return [await streamRow('shared memory', runtime, 1, seconds), await streamRow('shared memory', runtime, 2, seconds)];
}

async function natsRow(seconds: number): Promise<Row> {
  await using server = await startNatsServer();
  await using _worker = await startWorker({ servers: server.url, tasks: [flood.module], concurrency: 1 });
  await using runtime = await natsRuntime({ servers: server.url });
  return await streamRow('NATS', runtime, 1, seconds);
}

/** Trains DQN until CartPole is solved, over several seeds. */
async function trainRow(what: string, options: object, seeds: number): Promise<Row> {
  const started = performance.now();
  let [steps, solved] = [0, 0];
  for (let seed = 1; seed <= seeds; seed++) {
    const result = await dqn.train({ ...options, seed, stopAtReturn: 475 });
    result.agent.policy.dispose();
    steps += result.steps;
    if (result.status === 'solved') solved++;
  }
  const seconds = (performance.now() - started) / 1000;
  return {
    what,
    solved: `${solved} of ${seeds}`,
    'seconds to solved, mean': significant(seconds / seeds),
    'environment steps, mean': Math.round(steps / seeds),
    'environment steps/s': significant(steps / seconds),
  };
}

export const benchmark: Benchmark = {
  claim:
    'The stream from actors to a learner carries more transitions than environments make; the learner is the limit of training with actors, not the way to it.',
  run: async ({ quick }) => {
    await useBackend('simd');
    const seconds = quick ? 1 : 5;
    const seeds = quick ? 1 : 5;
    const free = { mode: 'free-running' };
    return [
      ...(await localRows(seconds)),
      await natsRow(seconds),
      await trainRow('DQN on CartPole, the learner acts itself', {}, seeds),
      await trainRow('DQN on CartPole, 1 actor, running freely', { ...free, actors: 1 }, seeds),
      await trainRow('DQN on CartPole, 2 actors, running freely', { ...free, actors: 2 }, seeds),
      await trainRow('DQN on CartPole, 2 actors, in lock-step', { mode: 'lock-step', actors: 2 }, seeds),
    ];
  },
};
