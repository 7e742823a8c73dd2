/** A cluster of three servers with streams on all of them: one is lost, the one that leads, in the middle of a run. */

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
  const succeeded: string[] = [];
  runtime.onEvent((event) => event.type === 'task/succeeded' && succeeded.push(event.taskId));
  const inputs = Array.from({ length: 240 }, (_, value) => ({ ms: 25, value }));
  const killed: NatsServer[] = [];
  const kill = async (stream: string): Promise<void> => {
    const { leader } = await cluster.holders(stream);
    expect(leader).not.toBe(null);
    await leader?.stop('SIGKILL');
    killed.push(leader as NatsServer);
  };
  let done = 0;
  const onResult = (): void => {
    done++;
    if (done === 40) void kill('skein-tasks');
    // Two of three must be there: the first one comes back before the next goes.
    if (done === 120) void killed[0]?.restart();
    if (done === 180) void kill('skein-run-r');
  };
  const results = await runtime.map(kit.wait, inputs, { idPrefix: 't', onResult });
  expect(results).toEqual(inputs.map(({ value }) => value));
  expect(killed).toHaveLength(2);
  expect(new Set(succeeded).size).toBe(240);
  expect(succeeded).toHaveLength(240);
  expect(await runtime.parameters.latest('weights')).toEqual({ version: 1, value: Float32Array.of(1, 2) });
  expect((await runtime.blobs.get(digest)).every((byte) => byte === 7)).toBe(true);
}, 120_000);
