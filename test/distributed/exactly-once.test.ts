import { natsRuntime, type RuntimeEvent } from '@skein/core';
import { conformanceKit, startNatsServer } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { startWorkerProcess } from './workers.ts';

test('200 tasks on two worker processes, one killed midway: every result exactly once', async () => {
  await using server = await startNatsServer();
  const options = { servers: server.url, silenceMs: 1500 };
  await using first = await startWorkerProcess({ ...options, name: 'first' });
  await using second = await startWorkerProcess({ ...options, name: 'second' });
  await using runtime = await natsRuntime({ servers: server.url });
  const succeeded: string[] = [];
  const retried: RuntimeEvent[] = [];
  let done = 0;
  runtime.onEvent((event) => {
    if (event.type === 'task/succeeded') succeeded.push(event.taskId);
    if (event.type === 'task/retried') retried.push(event);
    // Midway, and while it has just begun a task.
    if (event.type === 'task/started' && event.worker === 'first' && done >= 60) void first.kill('SIGKILL');
  });
  const inputs = Array.from({ length: 200 }, (_, value) => ({ ms: 30, value }));
  const results = await runtime.map(conformanceKit.wait, inputs, {
    idPrefix: 't',
    onResult: () => done++,
  });
  expect(results).toEqual(inputs.map(({ value }) => value));
  expect(first.child.signalCode).toBe('SIGKILL');
  expect(new Set(succeeded).size).toBe(200);
  expect(succeeded).toHaveLength(200);
  // The killed worker held tasks, and they ran again on the other one.
  expect(retried.length).toBeGreaterThan(0);
  expect(second.events.filter((event) => event.type === 'task/ended').length).toBeGreaterThan(0);
});
