/** What real clusters do to a run, with real processes. Expected each time: every result once, no hang, clear reasons. */

import { setTimeout as sleep } from 'node:timers/promises';
import { natsRuntime, type RuntimeEvent, type TaskHandle } from '@skein/core';
import { conformanceKit as kit, startNatsServer } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { startProgram } from './programs.ts';
import { startWorkerProcess, type WorkerProcess } from './workers.ts';

const tasksOf = (worker: WorkerProcess, type: 'task/started' | 'task/ended'): string[] =>
  worker.events.flatMap((event) => (event.type === type ? [event.taskId] : []));

const startedBy = (worker: WorkerProcess, taskId: string) =>
  worker.event((event) => event.type === 'task/started' && event.taskId === taskId);

describe('workers', () => {
  test('a frozen worker loses its task to another; what it says when it thaws changes nothing', async () => {
    await using server = await startNatsServer();
    await using frozen = await startWorkerProcess({ name: 'frozen', servers: server.url, silenceMs: 1500 });
    await using runtime = await natsRuntime({ servers: server.url });
    const handle = runtime.submit(kit.whoami, { ms: 300 }, { id: 'contested' });
    await startedBy(frozen, 'contested');
    await frozen.kill('SIGSTOP');
    await using other = await startWorkerProcess({ name: 'other', servers: server.url });
    expect(await handle.result).toEqual({ taskId: 'contested', attempt: 2, worker: 'other' });
    await frozen.kill('SIGCONT');
    const ended = await frozen.event((event) => event.type === 'task/ended');
    expect(ended).toMatchObject({ taskId: 'contested', outcome: 'known' });
    await expect.poll(() => tasksOf(other, 'task/ended')).toEqual(['contested']);
    expect(await runtime.run(kit.whoami, {}, { id: 'contested' })).toMatchObject({ worker: 'other' });
  });

  test('a task that kills its workers fails with each of them by name, and others go on', async () => {
    await using server = await startNatsServer();
    const quick = { servers: server.url, silenceMs: 1000, concurrency: 1 };
    await using first = await startWorkerProcess({ ...quick, name: 'first' });
    await using runtime = await natsRuntime({ servers: server.url });
    const murder = runtime.submit(kit.murder, { until: 9 }, { id: 'murder', attempts: 2 });
    await startedBy(first, 'murder');
    await using second = await startWorkerProcess({ ...quick, name: 'second' });
    await startedBy(second, 'murder');
    await using third = await startWorkerProcess({ ...quick, name: 'third' });
    expect(await runtime.run(kit.square, { x: 3 })).toBe(9);
    await expect(murder.result).rejects.toMatchObject({
      code: 'WORKER_LOST',
      message: expect.stringMatching(/1\. first: .*fell silent; 2\. second: .*fell silent/),
      details: { attempts: [{ worker: 'first' }, { worker: 'second' }] },
    });
    expect(tasksOf(third, 'task/started')).not.toContain('murder');
  });

  test('tasks that throw, hang, take all memory or lie fail one by one; the worker and its other tasks live', async () => {
    await using server = await startNatsServer();
    await using worker = await startWorkerProcess({ name: 'w', servers: server.url, memoryMb: 48 });
    await using runtime = await natsRuntime({ servers: server.url });
    const codeOf = async (handle: TaskHandle<unknown>): Promise<string> =>
      handle.result.then(
        () => 'none',
        (error: { code: string }) => error.code,
      );
    const good = runtime.map(
      kit.square,
      [1, 2, 3, 4, 5, 6].map((x) => ({ x })),
    );
    const codes = await Promise.all([
      codeOf(runtime.submit(kit.fail, { message: 'no' })),
      codeOf(runtime.submit(kit.hang, {}, { timeoutMs: 300 })),
      codeOf(runtime.submit(kit.hoard, {}, { attempts: 1 })),
      codeOf(runtime.submit(kit.liar, {})),
    ]);
    expect(codes).toEqual(['TASK_FAILED', 'TASK_TIMEOUT', 'WORKER_LOST', 'TASK_OUTPUT']);
    expect(await good).toEqual([1, 4, 9, 16, 25, 36]);
    expect(await runtime.run(kit.square, { x: 7 })).toBe(49);
    expect(worker.child.exitCode).toBe(null);
  });

  test('a stopped worker finishes what it can and hands the rest back, which costs no attempt', async () => {
    await using server = await startNatsServer();
    await using leaving = await startWorkerProcess({ name: 'leaving', servers: server.url, drainMs: 400 });
    await using runtime = await natsRuntime({ servers: server.url });
    const short = runtime.submit(kit.whoami, { ms: 200 }, { id: 'short', attempts: 1 });
    const long = runtime.submit(kit.whoami, { ms: 2500 }, { id: 'long', attempts: 1 });
    await Promise.all([startedBy(leaving, 'short'), startedBy(leaving, 'long')]);
    await leaving.kill('SIGTERM');
    expect(leaving.child.exitCode).toBe(0);
    expect(await short.result).toMatchObject({ worker: 'leaving', attempt: 1 });
    await using staying = await startWorkerProcess({ name: 'staying', servers: server.url });
    expect(await long.result).toMatchObject({ worker: 'staying', attempt: 1 });
    expect(tasksOf(staying, 'task/started')).toEqual(['long']);
  });

  test('a worker that took short tasks in batches leaves the long ones behind them to others', async () => {
    await using server = await startNatsServer();
    const options = { servers: server.url, concurrency: 1, silenceMs: 1500 };
    await using _busy = await startWorkerProcess({ ...options, name: 'busy' });
    await using runtime = await natsRuntime({ servers: server.url });
    const many = <T>(count: number, input: T): T[] => Array<T>(count).fill(input);
    await runtime.map(kit.square, many(600, { x: 1 }));
    await runtime.map(kit.whoami, many(600, {}));
    await using _idle = await startWorkerProcess({ ...options, name: 'idle' });
    // Unknown tasks are seen to be too many at once; a known one that turns out to be slow is noticed a little later.
    const [unknown, known] = await Promise.all([
      runtime.map(kit.wait, many(6, { ms: 300, value: 1 }), { attempts: 1 }),
      runtime.map(kit.whoami, [...many(300, {}), ...many(6, { ms: 800 })], { attempts: 1 }),
    ]);
    expect(unknown).toEqual(many(6, 1));
    expect(new Set(known.slice(-6).map(({ worker }) => worker))).toEqual(new Set(['busy', 'idle']));
    expect(new Set(known.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  });

  test('a queue is served only by its workers', async () => {
    await using server = await startNatsServer();
    await using cpu = await startWorkerProcess({ name: 'cpu', servers: server.url });
    await using runtime = await natsRuntime({ servers: server.url });
    const onGpu = runtime.run(kit.whoami, {}, { queue: 'gpu' });
    expect((await runtime.run(kit.whoami, {})).worker).toBe('cpu');
    await using gpu = await startWorkerProcess({ name: 'gpu', servers: server.url, queues: ['gpu'] });
    expect((await onGpu).worker).toBe('gpu');
    expect((await runtime.workers()).map(({ name, queues }) => ({ name, queues }))).toEqual([
      { name: 'cpu', queues: ['default'] },
      { name: 'gpu', queues: ['gpu'] },
    ]);
    await expect.poll(() => [tasksOf(cpu, 'task/ended').length, tasksOf(gpu, 'task/ended').length]).toEqual([1, 1]);
  });
});

describe('the server', () => {
  test('killed and started again under a run: tasks go on, every result arrives once', async () => {
    await using server = await startNatsServer();
    await using _worker = await startWorkerProcess({ name: 'w', servers: server.url, silenceMs: 2000 });
    await using runtime = await natsRuntime({ servers: server.url });
    const succeeded: string[] = [];
    const connection: string[] = [];
    runtime.onEvent((event: RuntimeEvent) => {
      if (event.type === 'task/succeeded') succeeded.push(event.taskId);
      if (event.type.startsWith('runtime/')) connection.push(event.type);
    });
    let done = 0;
    const inputs = Array.from({ length: 60 }, (_, value) => ({ ms: 15, value }));
    const results = runtime.map(kit.wait, inputs, {
      onResult: () => {
        if (++done === 20)
          void server
            .stop('SIGKILL')
            .then(() => sleep(1500))
            .then(() => server.restart());
      },
    });
    expect(await results).toEqual(inputs.map(({ value }) => value));
    expect(new Set(succeeded).size).toBe(60);
    expect(succeeded).toHaveLength(60);
    expect(connection).toEqual(['runtime/disconnected', 'runtime/reconnected']);
  });
});

describe('coordinators', () => {
  test('one is killed and another takes its run up: no finished task runs again', async () => {
    await using server = await startNatsServer();
    await using worker = await startWorkerProcess({ name: 'w', servers: server.url });
    await using doomed = await startProgram('coordinator-process.ts', { servers: server.url, run: 'run1', count: 80 });
    await doomed.line('25 done');
    await doomed.kill('SIGKILL');
    await using runtime = await natsRuntime({ servers: server.url, run: 'run1' });
    const inputs = Array.from({ length: 80 }, (_, value) => ({ ms: 10, value }));
    expect(await runtime.map(kit.wait, inputs, { idPrefix: 't' })).toEqual(inputs.map(({ value }) => value));
    await expect.poll(() => new Set(tasksOf(worker, 'task/ended')).size).toBe(80);
    expect(tasksOf(worker, 'task/ended')).toHaveLength(80);
  });

  test('two share a run without repeating work, and other runs do not see it', async () => {
    await using server = await startNatsServer();
    await using worker = await startWorkerProcess({ name: 'w', servers: server.url });
    await using one = await natsRuntime({ servers: server.url, run: 'shared' });
    await using two = await natsRuntime({ servers: server.url, run: 'shared' });
    await using apart = await natsRuntime({ servers: server.url, run: 'apart' });
    const inputs = Array.from({ length: 30 }, (_, value) => ({ ms: 5, value }));
    const [a, b, c] = await Promise.all([
      one.map(kit.wait, inputs, { idPrefix: 't' }),
      two.map(kit.wait, inputs, { idPrefix: 't' }),
      apart.map(
        kit.wait,
        inputs.map(({ value }) => ({ ms: 5, value: -value })),
        { idPrefix: 't' },
      ),
    ]);
    expect(a).toEqual(b);
    expect(c).toEqual(a.map((value) => -value));
    await expect.poll(() => tasksOf(worker, 'task/ended').length).toBe(60);
    await one.parameters.publish('p', 1);
    expect(await two.parameters.latest('p')).toEqual({ version: 1, value: 1 });
    expect(await apart.parameters.latest('p')).toBe(null);
  });
});
