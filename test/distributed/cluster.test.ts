/** A cluster of three servers with streams on all of them: one is lost, the one that leads, in the middle of a run. */

import { setTimeout as sleep } from 'node:timers/promises';
import { natsRuntime } from '@skein/core';
import { conformanceKit as kit, type NatsServer, startNatsCluster } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { startWorkerProcess } from './workers.ts';

test('streams that were made with one copy get more when somebody asks for them', async () => {
  await using cluster = await startNatsCluster();
  await using single = await natsRuntime({ servers: cluster.urls });
  await using _worker = await startWorkerProcess({ servers: cluster.urls, name: 'w', replicas: 3 });
  expect(await single.run(kit.square, { x: 3 })).toBe(9);
  await using triple = await natsRuntime({ servers: cluster.urls, replicas: 3 });
  await expect.poll(async () => (await cluster.holders('skein-tasks')).copies, { timeout: 30_000 }).toBe(3);
  const { leader } = await cluster.holders('skein-tasks');
  await leader?.stop('SIGKILL');
  expect(await triple.run(kit.square, { x: 4 })).toBe(16);
});

test('the leader of the tasks is killed during a run, then the leader of the results: every result exactly once', async () => {
  await using cluster = await startNatsCluster();
  const options = { servers: cluster.urls, replicas: 3 };
  await using runtime = await natsRuntime({ ...options, run: 'r' });
  await using _first = await startWorkerProcess({ ...options, name: 'first', silenceMs: 2000 });
  await using _second = await startWorkerProcess({ ...options, name: 'second', silenceMs: 2000 });
  await runtime.parameters.publish('weights', Float32Array.of(1, 2));
  const digest = await runtime.blobs.put(new Uint8Array(2_000_000).fill(7));
  const seen: unknown[] = [];
  const watching = new AbortController();
  const watched = (async () => {
    for await (const { value } of runtime.parameters.watch('weights', watching)) seen.push(value);
  })();
  const succeeded: string[] = [];
  runtime.onEvent((event) => event.type === 'task/succeeded' && succeeded.push(event.taskId));
  const killed: NatsServer[] = [];
  const kill = async (stream: string): Promise<void> => {
    const { leader } = await cluster.holders(stream);
    await leader?.stop('SIGKILL');
    if (leader !== null) killed.push(leader);
  };
  const killBoth = async (): Promise<void> => {
    await kill('skein-tasks');
    await sleep(3000);
    // Two of three must be there: the first one is back, with everything, before the next goes.
    await killed[0]?.restart();
    for (const stream of ['skein-tasks', 'skein-run-r']) {
      while ((await cluster.holders(stream)).copies < 3) await sleep(200);
    }
    await kill('skein-run-r');
  };
  let disturbed: Promise<void> | null = null;
  let done = 0;
  let given = 0;
  async function* inputs(): AsyncGenerator<{ ms: number; value: number }> {
    for (let after = 0; after < 60; given++) {
      if (killed.length === 2) after++;
      yield { ms: 25, value: given };
    }
  }
  const onResult = (): void => {
    if (++done === 40) disturbed = killBoth();
  };
  const results = await runtime.map(kit.wait, inputs(), { idPrefix: 't', inFlight: 16, onResult });
  await disturbed;
  expect(killed).toHaveLength(2);
  expect(results).toEqual(Array.from({ length: given }, (_, value) => value));
  expect(new Set(succeeded).size).toBe(given);
  expect(succeeded).toHaveLength(given);
  expect(await runtime.parameters.latest('weights')).toEqual({ version: 1, value: Float32Array.of(1, 2) });
  await runtime.parameters.publish('weights', Float32Array.of(3));
  await expect.poll(() => seen.at(-1), { timeout: 30_000 }).toEqual(Float32Array.of(3));
  watching.abort();
  await watched;
  expect((await runtime.blobs.get(digest)).every((byte) => byte === 7)).toBe(true);
}, 180_000);
