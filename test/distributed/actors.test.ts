/** Training with actors on other machines, which are killed and added while it runs. */

import { memorySink, natsRuntime, type RuntimeEvent } from '@skein/core';
import { type NatsServer, startNatsServer } from '@skein/core/testkit';
import { useBackend } from '@skein/nn';
import { dqn, encodeTraining, type TrainHooks, type TrainingState, td3 } from '@skein/rl';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorkerProcess, type WorkerProcess } from './workers.ts';

let server: NatsServer;
beforeAll(async () => {
  await useBackend('simd');
  server = await startNatsServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const worker = (name: string, concurrency: number): Promise<WorkerProcess> =>
  startWorkerProcess({
    name,
    concurrency,
    servers: server.url,
    silenceMs: 1_500,
    tasks: [import.meta.resolve('@skein/rl/tasks')],
  });

/** The final state of a run, without the configuration, which says how many actors there were. */
async function finalState(made: typeof dqn | typeof td3, options: object, hooks: TrainHooks = {}): Promise<Uint8Array> {
  let last: TrainingState | undefined;
  await (made as typeof dqn).train(options, {
    ...hooks,
    onCheckpoint: (state) => {
      last = { ...state, config: {} };
    },
  });
  return encodeTraining(last as TrainingState);
}

describe('lock-step', () => {
  const small = {
    seed: 3,
    steps: 6_000,
    envCount: 4,
    hiddenUnits: [16],
    checkpointEvery: 2_000,
    evaluationEpisodes: 3,
  };

  test('a worker that is killed while it has actors changes no bit of the run', async () => {
    const alone = await finalState(dqn, { ...small, trainEvery: 32, updatesPerRound: 4 });
    await using first = await worker('first', 1);
    await using runtime = await natsRuntime({ servers: server.url });
    const retried: RuntimeEvent[] = [];
    runtime.onEvent((event) => event.type === 'task/retried' && retried.push(event));
    const kill = { onEvaluation: () => first.kill('SIGKILL') };
    const options = { ...small, trainEvery: 32, updatesPerRound: 4, actors: 2 };
    const started = first.event(({ type }) => type === 'task/started');
    const run = finalState(dqn, options, { runtime, ...kill });
    await started;
    await using _second = await worker('second', 2);
    expect(Buffer.compare(await run, alone)).toBe(0);
    expect(first.child.signalCode).toBe('SIGKILL');
    expect(retried.length).toBeGreaterThan(0);
  });

  test('td3 over a server equals td3 alone', async () => {
    const options = { seed: 1, steps: 1_500, envCount: 2, hiddenUnits: [16], learningStarts: 500, trainEvery: 10 };
    const alone = await finalState(td3, options);
    await using _worker = await worker('w', 2);
    await using runtime = await natsRuntime({ servers: server.url });
    expect(Buffer.compare(await finalState(td3, { ...options, actors: 2 }, { runtime }), alone)).toBe(0);
  });
});

describe('running freely', () => {
  test('actors are added and killed while the learner goes on, and the ratio holds', async () => {
    await using doomed = await worker('doomed', 2);
    await using runtime = await natsRuntime({ servers: server.url });
    const sink = memorySink();
    const stop = new AbortController();
    const added: Promise<WorkerProcess>[] = [];
    // Two of three are there; then all; then one worker dies with two of them; then the other one has all.
    const chapters: readonly ((count: number) => boolean)[] = [
      (count) => count === 2 && added.push(worker('added', 3)) === 1,
      (count) => count === 3 && void doomed.kill('SIGKILL') === undefined,
      (count) => count === 1,
      (count) => count === 3,
    ];
    let chapter = 0;
    const write: typeof sink.write = (step, metrics) => {
      sink.write(step, metrics);
      if (chapters[chapter]?.(metrics['actor/count'] ?? 0) === true) chapter++;
      if (chapter === chapters.length) stop.abort();
    };
    const result = await dqn.train(
      {
        ...{ seed: 1, steps: 10_000_000, envCount: 6, hiddenUnits: [16], prioritised: true, evaluateEvery: 10_000_000 },
        ...{ actors: 3, mode: 'free-running', samplesPerInsert: 4, reportEvery: 500 },
      },
      { runtime, signal: stop.signal, sink: { ...sink, write } },
    );
    for (const process of added) await (await process)[Symbol.asyncDispose]();
    expect(result.status).toBe('stopped');
    expect(chapter).toBe(4);
    const last = sink.rows.findLast(({ metrics }) => 'actor/count' in metrics)!;
    expect(last.metrics['replay/samples-per-insert']).toBeCloseTo(4, 1);
    expect(last.metrics['train/episodes']).toBeGreaterThan(100);
  });
});
