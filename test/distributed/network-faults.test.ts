/** Servers that are away, networks that repeat and delay, clocks that are wrong. Expected: every result exactly once. */

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NatsRuntime, natsRuntime } from '@skein/core';
import { conformanceKit as kit, startNatsServer } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { type Fault, startProxy } from './proxy.ts';
import { startWorkerProcess } from './workers.ts';

/** Maps tasks, calls `midway` once when a third has ended, and checks that each has ended once, with its result. */
async function expectEachOnce(
  runtime: NatsRuntime,
  count: number,
  midway: () => void = () => undefined,
): Promise<void> {
  const succeeded: string[] = [];
  runtime.onEvent((event) => event.type === 'task/succeeded' && succeeded.push(event.taskId));
  const inputs = Array.from({ length: count }, (_, value) => ({ ms: 20, value }));
  let done = 0;
  const onResult = (): void => {
    if (++done === Math.floor(count / 3)) midway();
  };
  expect(await runtime.map(kit.wait, inputs, { onResult })).toEqual(inputs.map(({ value }) => value));
  expect(new Set(succeeded).size).toBe(count);
  expect(succeeded).toHaveLength(count);
}

test('a server that is away for 20 seconds: all goes on where it was', async () => {
  await using server = await startNatsServer();
  await using worker = await startWorkerProcess({ name: 'w', servers: server.url, silenceMs: 2000 });
  await using runtime = await natsRuntime({ servers: server.url });
  await expectEachOnce(runtime, 60, () => {
    void server
      .stop('SIGTERM')
      .then(() => sleep(20_000))
      .then(() => server.restart());
  });
  expect(worker.events.filter(({ type }) => type === 'worker/reconnected')).toHaveLength(1);
});

describe('a network that', () => {
  const results = /\.run\.[^.]+\.result\./;
  const acknowledgements = /PUB \$JS\.ACK\./;
  const deliveries = /MSG \S+ \S+ \$JS\.ACK\./;
  test.each<[string, Fault]>([
    ['repeats results', { matches: results, copies: 3, delayMs: 0 }],
    ['delays results beyond the patience with silent workers', { matches: results, copies: 1, delayMs: 2500 }],
    ['repeats and delays acknowledgements', { matches: acknowledgements, copies: 2, delayMs: 1500 }],
    ['delivers tasks twice', { matches: deliveries, copies: 2, delayMs: 0 }],
    ['delivers tasks late', { matches: deliveries, copies: 2, delayMs: 1500 }],
  ])('%s', async (_name, fault) => {
    await using server = await startNatsServer();
    await using proxy = await startProxy(server.port, fault);
    await using _bad = await startWorkerProcess({ name: 'bad', servers: proxy.url, silenceMs: 1000 });
    await using _good = await startWorkerProcess({ name: 'good', servers: server.url, silenceMs: 1000 });
    await using runtime = await natsRuntime({ servers: server.url });
    await expectEachOnce(runtime, 60);
  });

  test('repeats and delays what coordinators send', async () => {
    await using server = await startNatsServer();
    await using proxy = await startProxy(server.port, { matches: /PUB skein\./, copies: 2, delayMs: 300 });
    await using _worker = await startWorkerProcess({ name: 'w', servers: server.url });
    await using runtime = await natsRuntime({ servers: proxy.url });
    await expectEachOnce(runtime, 60);
  });
});

describe('a worker whose clock is', () => {
  const hook = new URL('./wrong-clock.ts', import.meta.url).href;
  const faketime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
  const clocks = [
    { name: 'a year ahead and jumping', around: { flags: ['--import', hook] }, isThere: true },
    {
      name: 'a year behind, below Node.js (libfaketime)',
      around: { env: { LD_PRELOAD: faketime, FAKETIME: '-365d' } },
      isThere: existsSync(faketime),
    },
  ];
  for (const { name, around, isThere } of clocks)
    test.skipIf(!isThere)(name, async () => {
      await using server = await startNatsServer();
      await using wrong = await startWorkerProcess({ name: 'wrong', servers: server.url, silenceMs: 1500 }, around);
      await using runtime = await natsRuntime({ servers: server.url });
      const startedAt = (await runtime.workers())[0]?.startedAt ?? Number.NaN;
      expect(Math.abs(startedAt - Date.now())).toBeGreaterThan(300 * 24 * 3600 * 1000);
      // Longer than the patience with silent workers: its signs of life count.
      const long = runtime.run(kit.whoami, { ms: 4000 }, { id: 'long', attempts: 1 });
      await expectEachOnce(runtime, 60);
      expect(await long).toMatchObject({ worker: 'wrong', attempt: 1 });
      await expect(runtime.run(kit.wait, { ms: 60_000, value: 1 }, { timeoutMs: 300 })).rejects.toMatchObject({
        code: 'TASK_TIMEOUT',
      });
      const killed = runtime.run(kit.whoami, { ms: 1500 }, { id: 'moved' });
      await wrong.event((event) => event.type === 'task/started' && event.taskId === 'moved');
      await wrong.kill('SIGKILL');
      await using _other = await startWorkerProcess({ name: 'other', servers: server.url }, around);
      expect(await killed).toMatchObject({ worker: 'other', attempt: 2 });
    });
});
