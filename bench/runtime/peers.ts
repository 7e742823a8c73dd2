/**
 * The same tasks by others that distribute work: Ray, and BullMQ on Redis. Each has one worker process. Ray keeps tasks and
 * results in memory; Redis writes its log to disk every second, JetStream as messages come.
 */

import { localRuntime, natsRuntime } from '@skein/core';
import { startNatsServer } from '@skein/core/testkit';
import { type Benchmark, pythonWith, type Row, significant } from '../harness.ts';
import { startBullMq } from './bullmq.ts';
import { measureRunners, type Runner } from './measure.ts';
import { startRay } from './ray.ts';
import { runnerOf } from './runners.ts';
import { startWorkerProcess } from './workers.ts';

type Peer = Runner & AsyncDisposable;

/** The peers that are installed; says which are not. */
async function startPeers(): Promise<Peer[]> {
  const peers: Peer[] = [];
  const python = pythonWith('ray', 'numpy');
  if (python === null) console.error('Ray is skipped: SKEIN_PYTHON (or python3) cannot import it');
  else peers.push(await startRay(python));
  const bullMq = await startBullMq();
  if (bullMq === null)
    console.error('BullMQ is skipped: bullmq, its client ioredis or the program redis-server is missing');
  else peers.push(bullMq);
  return peers;
}

/** Adds how many times as many tasks a second each row has as the same row of a peer. */
function withRatios(rows: readonly Row[], peers: readonly string[]): Row[] {
  const rateOf = (runner: string, payload: unknown): number =>
    Number(rows.find((row) => row['runner'] === runner && row['there and back'] === payload)?.['tasks/s']);
  return rows.map((row) => ({
    ...row,
    ...Object.fromEntries(
      peers.map((peer) => [`times ${peer}`, significant(Number(row['tasks/s']) / rateOf(peer, row['there and back']))]),
    ),
  }));
}

export const benchmark: Benchmark = {
  claim:
    'Tasks through NATS: more empty ones a second than through Ray, fewer than BullMQ on Redis takes in bulk; with payloads Ray, whose tasks share memory on one machine, is ahead of both. One worker process each.',
  run: async ({ quick }) => {
    await using server = await startNatsServer();
    const worker = await startWorkerProcess(server.url, 1);
    const peers = await startPeers();
    try {
      await using nats = await natsRuntime({ servers: server.url });
      await using local = localRuntime({ threads: 1 });
      const own = [runnerOf('natsRuntime', nats), runnerOf('localRuntime', local)];
      return withRatios(
        await measureRunners([...own, ...peers], quick),
        peers.map(({ name }) => name),
      );
    } finally {
      worker.kill('SIGKILL');
      for (const peer of peers) await peer[Symbol.asyncDispose]();
    }
  },
};
