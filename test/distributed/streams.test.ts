/** Streams of batches over a real server: the contract, and what happens when processes and the server itself go away. */

import { setTimeout as sleep } from 'node:timers/promises';
import { deleteRun, natsRuntime, type StreamConsumer } from '@skein/core';
import {
  streamKit as kit,
  type NatsServer,
  startNatsServer,
  streamConformance,
  streamConformanceTasks,
} from '@skein/core/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProgram } from './programs.ts';
import { startWorkerProcess, type WorkerProcess } from './workers.ts';

const worker = (server: NatsServer, name: string, more: object = {}): Promise<WorkerProcess> =>
  startWorkerProcess({ name, servers: server.url, silenceMs: 1500, tasks: [streamConformanceTasks], ...more });

describe('the contract', () => {
  let server: NatsServer;
  let workers: WorkerProcess;
  beforeAll(async () => {
    server = await startNatsServer();
    workers = await worker(server, 'w', { concurrency: 3 });
  });
  afterAll(async () => {
    await workers[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  streamConformance('NATS runtime', () => natsRuntime({ servers: server.url }));
});

/** Receives until a producer's last batch has come, and gives the numbers of its batches in the order of their coming. */
async function receiveUntil(consumer: StreamConsumer<kit.Numbers>, producer: number, last: number): Promise<number[]> {
  const seen: number[] = [];
  while (seen.at(-1) !== last) {
    using batch = await consumer.next();
    if (batch.columns.who[0] === producer) seen.push(batch.columns.who[1] as number);
  }
  return seen;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('faults', () => {
  test('a killed worker’s producer starts anew on another; the other producers lose nothing', async () => {
    await using server = await startNatsServer();
    await using runtime = await natsRuntime({ servers: server.url });
    await using first = await worker(server, 'first', { concurrency: 1 });
    await using consumer = await runtime.streams.consume(kit.numbers(), { capacity: 4 });
    const doomed = runtime.submit(kit.produce, { stream: 'numbers', producer: 1, count: 400 });
    await first.event(({ type }) => type === 'task/started');
    await using _second = await worker(server, 'second', { concurrency: 2 });
    const steady = runtime.submit(kit.produce, { stream: 'numbers', producer: 2, count: 400 });
    const came: Record<number, number[]> = { 1: [], 2: [] };
    while (came[1]!.at(-1) !== 399 || came[2]!.at(-1) !== 399) {
      using batch = await consumer.next();
      came[batch.columns.who[0]!]!.push(batch.columns.who[1]!);
      if (came[1]!.length === 50) await first.kill('SIGKILL');
    }
    expect(came[2]).toEqual(upTo(400));
    // What the first attempt had sent, and then everything from the start.
    const restart = came[1]!.lastIndexOf(0);
    expect(came[1]!.slice(0, restart)).toEqual(upTo(restart));
    expect(came[1]!.slice(restart)).toEqual(upTo(400));
    expect(restart).toBeGreaterThanOrEqual(50);
    expect(await Promise.all([doomed.result, steady.result])).toEqual([400, 400]);
  });

  test('a killed consumer’s batches go to the next one, and its producers go on', async () => {
    await using server = await startNatsServer();
    await using _worker = await worker(server, 'w');
    const settings = { servers: server.url, run: 'shared', capacity: 3 };
    await using doomed = await startProgram('./stream-consumer-process.ts', settings);
    await doomed.line('open');
    await using runtime = await natsRuntime({ servers: server.url, run: 'shared' });
    const handle = runtime.submit(kit.produce, { stream: 'numbers', producer: 1, count: 200 });
    await doomed.line((line) => line === 'released 20');
    await doomed.kill('SIGKILL');
    await using consumer = await runtime.streams.consume(kit.numbers(), { capacity: 3 });
    const seen = await receiveUntil(consumer, 1, 199);
    // Those that it held, and released in its last moment, come again; nothing is missing.
    expect(seen[0]).toBeGreaterThanOrEqual(17);
    expect(seen[0]).toBeLessThanOrEqual(24);
    expect(seen).toEqual(upTo(200).slice(seen[0]));
    expect(await handle.result).toBe(200);
  });

  test('a server that is gone for a while delays batches; none is lost or comes twice', async () => {
    await using server = await startNatsServer();
    await using _worker = await worker(server, 'w', { silenceMs: 8_000 });
    await using runtime = await natsRuntime({ servers: server.url });
    await using consumer = await runtime.streams.consume(kit.numbers(), { capacity: 4 });
    const handle = runtime.submit(kit.produce, { stream: 'numbers', producer: 1, count: 300 });
    const first = await receiveUntil(consumer, 1, 99);
    await server.stop();
    await sleep(1_500);
    await server.restart();
    expect([...first, ...(await receiveUntil(consumer, 1, 299))]).toEqual(upTo(300));
    expect(await handle.result).toBe(300);
  });

  test('nothing stays on the server after a run, also if its consumer was killed', async () => {
    await using server = await startNatsServer();
    await using doomed = await startProgram('./stream-consumer-process.ts', {
      servers: server.url,
      run: 'left',
      capacity: 3,
    });
    await doomed.line('open');
    await doomed.kill('SIGKILL');
    await deleteRun({ servers: server.url }, 'left');
    await using runtime = await natsRuntime({ servers: server.url, run: 'left' });
    // A fresh stream, whose numbers start again.
    await using consumer = await runtime.streams.consume(kit.numbers());
    expect(consumer.stats()).toMatchObject({ depth: 0, received: 0 });
  });
});
