/** The runtime contract as tests: each runtime passes all of them, or says why one does not apply. */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { SkeinError } from '../errors.ts';
import { createRng } from '../rng.ts';
import type { Runtime, RuntimeEvent, TaskHandle } from '../runtime/runtime.ts';
import type { Task } from '../task.ts';
import * as kit from './runtime-tasks.ts';

/** Makes a runtime with at least two places to run tasks; it must know the kit's tasks (`conformanceTasks`). */
export type MakeRuntime = () => Runtime | Promise<Runtime>;

/** URL of the module whose tasks the kit runs: for the runtime's own options or for `skein worker --tasks`. */
export const conformanceTasks: string = kit.square.module;

/** The error that a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<SkeinError> {
  return promise.then(
    (value) => {
      throw new Error(`expected an error, got ${JSON.stringify(value)}`);
    },
    (error: SkeinError) => error,
  );
}

/** Submits a task and waits for its first report, so that it is known to run. */
const firstReport = (
  runtime: Runtime,
  task: unknown,
  input: unknown,
  signal?: AbortSignal,
): Promise<TaskHandle<unknown>> =>
  new Promise((resolve, reject) => {
    const options = { onProgress: () => resolve(handle), ...(signal === undefined ? {} : { signal }) };
    const handle = runtime.submit(task as Task, input as never, options);
    handle.result.catch(reject);
  });

/** Declares the contract's tests. `skip` maps a test's name to the reason why it does not apply. */
export function runtimeConformance(
  name: string,
  makeRuntime: MakeRuntime,
  skip: Readonly<Record<string, string>> = {},
): void {
  const law = (title: string, body: (runtime: Runtime) => Promise<void>): void => {
    const reason = skip[title];
    test.skipIf(reason !== undefined)(reason === undefined ? title : `${title} (skipped: ${reason})`, async () => {
      await using runtime = await makeRuntime();
      await body(runtime);
    });
  };

  describe(`${name}: results`, () => {
    law('run gives the result', async (runtime) => {
      expect(await runtime.run(kit.square, { x: 7 })).toBe(49);
    });

    law('everything that the wire can carry arrives as it was sent', async (runtime) => {
      const value = {
        a: [null, Number.NaN, -0, undefined, 2n ** 70n],
        f: Float64Array.of(0.1),
        u: Uint8Array.of(1, 2),
        s: 'ß',
      };
      expect(await runtime.run(kit.echo, value)).toStrictEqual(value);
    });

    law('arrays larger than any message arrive whole, and the submitter keeps its own', async (runtime) => {
      const x = createRng(1).fillUniform(new Float32Array(600_000));
      const { y, sum } = await runtime.run(kit.scale, { x, by: 2 });
      expect(y).toStrictEqual(x.map((v) => v * 2));
      expect(sum).toBe(y.reduce((a, b) => a + b, 0));
      expect(x).toHaveLength(600_000);
    });

    law('map keeps the order of its inputs', async (runtime) => {
      const inputs = [40, 0, 20, 5, 0, 30].map((ms, value) => ({ ms, value }));
      expect(await runtime.map(kit.wait, inputs)).toEqual([0, 1, 2, 3, 4, 5]);
    });

    law('map takes an endless source no faster than its tasks end', async (runtime) => {
      let taken = 0;
      let done = 0;
      let ahead = 0;
      async function* endless(): AsyncGenerator<{ x: number }> {
        for (; done < 50; taken++) {
          ahead = Math.max(ahead, taken - done);
          yield { x: taken };
        }
      }
      const results = await runtime.map(kit.square, endless(), { inFlight: 4, onResult: () => done++ });
      expect(results).toEqual(Array.from({ length: taken }, (_, i) => i * i));
      expect(ahead).toBeLessThanOrEqual(4);
    });

    law('the first failure of map cancels the rest and ends its source', async (runtime) => {
      const cancelled: string[] = [];
      let closed = false;
      runtime.onEvent((event) => event.type === 'task/cancelled' && cancelled.push(event.taskId));
      function* inputs(): Generator<{ ms: number; value: number }> {
        try {
          yield { ms: 60_000, value: 1 };
          yield { ms: 0, value: 'x' as unknown as number };
          for (;;) yield { ms: 60_000, value: 2 };
        } finally {
          closed = true;
        }
      }
      const error = await errorOf(runtime.map(kit.wait, inputs(), { inFlight: 3, idPrefix: 'm' }));
      expect(error.code).toBe('TASK_INPUT');
      expect(cancelled).toContain('m-0');
      expect(closed).toBe(true);
    });

    law('a submission with a known id gives the first result and runs once', async (runtime) => {
      let started = 0;
      runtime.onEvent((event) => event.type === 'task/started' && started++);
      const first = runtime.submit(kit.square, { x: 3 }, { id: 'same' });
      const second = runtime.submit(kit.square, { x: 4 }, { id: 'same' });
      expect(await Promise.all([first.result, second.result])).toEqual([9, 9]);
      expect(await runtime.run(kit.square, { x: 5 }, { id: 'same' })).toBe(9);
      expect(started).toBe(1);
    });

    law('equal submissions draw equal random numbers, whoever runs them', async (runtime) => {
      const inputs = Array.from({ length: 12 }, () => ({ n: 3 }));
      const rng = createRng(5);
      const draws = await runtime.map(kit.draw, inputs, { rng });
      expect(await runtime.map(kit.draw, inputs, { rng, inFlight: 1 })).toStrictEqual(draws);
      expect(draws[4]).toStrictEqual(rng.split(4).fillUniform(new Float64Array(3)));
      expect(new Set(draws.map(String)).size).toBe(12);
    });
  });

  describe(`${name}: failures`, () => {
    law('an input that does not fit is refused with its path, before anything runs', async (runtime) => {
      const events: RuntimeEvent[] = [];
      runtime.onEvent((event) => events.push(event));
      const error = await errorOf(runtime.run(kit.square, { x: 'seven' } as never));
      expect(error).toMatchObject({
        code: 'TASK_INPUT',
        message: expect.stringMatching(/kit\/square.*x: expected number/),
      });
      expect(events.filter((event) => event.type === 'task/started')).toEqual([]);
    });

    law('a result that does not fit is refused with its path', async (runtime) => {
      const error = await errorOf(runtime.run(kit.liar, {}));
      expect(error).toMatchObject({
        code: 'TASK_OUTPUT',
        message: expect.stringMatching(/kit\/liar.*loss: expected number/),
      });
      const unsendable = await errorOf(runtime.run(kit.unsendable, {}));
      expect(unsendable).toMatchObject({ code: 'TASK_OUTPUT', message: expect.stringContaining('instance of Date') });
    });

    law('what a task throws arrives as the cause, with its message and stack', async (runtime) => {
      const error = await errorOf(runtime.run(kit.fail, { message: 'singular' }, { id: 'thrower' }));
      expect(error).toMatchObject({
        code: 'TASK_FAILED',
        cause: 'singular',
        details: { task: 'kit/fail', taskId: 'thrower' },
      });
      expect(error.stack).toContain('runtime-tasks');
    });

    law('a SkeinError that a task throws keeps its code, details and advice', async (runtime) => {
      const error = await errorOf(runtime.run(kit.fail, { message: 'singular', numeric: true }));
      expect(error).toMatchObject({ code: 'TASK_FAILED', advice: 'add jitter' });
      expect(error.cause).toMatchObject({ code: 'NUMERIC', message: 'singular', details: { row: 3 } });
    });

    law('a task that throws is run once, unless its submission asks for more', async (runtime) => {
      expect((await errorOf(runtime.run(kit.flaky, { until: 2, how: 'throw' }))).code).toBe('TASK_FAILED');
      const retried: RuntimeEvent[] = [];
      runtime.onEvent((event) => event.type === 'task/retried' && retried.push(event));
      const result = await runtime.run(kit.flaky, { until: 3, how: 'throw' }, { attempts: 3, retry: 'any' });
      expect(result.attempt).toBe(3);
      expect(retried).toMatchObject([{ attempt: 1 }, { attempt: 2, reason: expect.stringContaining('attempt 2') }]);
    });

    law('the last error names every attempt', async (runtime) => {
      const error = await errorOf(runtime.run(kit.flaky, { until: 9, how: 'throw' }, { attempts: 2, retry: 'any' }));
      expect(error.code).toBe('TASK_FAILED');
      expect(error.message).toMatch(/1\..*attempt 1 was not to be.*2\..*attempt 2 was not to be/s);
      expect(error.details['attempts']).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
    });

    law('a task whose worker dies runs again', async (runtime) => {
      expect(await runtime.run(kit.flaky, { until: 3, how: 'exit' })).toEqual({ attempt: 3 });
    });

    law('a task that kills every worker fails with the reason of each attempt, and others go on', async (runtime) => {
      const others = runtime.map(
        kit.wait,
        [1, 2, 3, 4, 5, 6].map((value) => ({ ms: 20, value })),
      );
      const error = await errorOf(runtime.run(kit.flaky, { until: 9, how: 'exit' }, { attempts: 2 }));
      expect(error.code).toBe('WORKER_LOST');
      expect(error.message).toMatch(/1\..*exited with code 7.*2\..*exited with code 7/s);
      expect(await others).toEqual([1, 2, 3, 4, 5, 6]);
    });

    law('a task past its time limit fails, even if it blocks its thread', async (runtime) => {
      const [slow, blocked] = await Promise.all([
        errorOf(runtime.run(kit.wait, { ms: 60_000, value: 1 }, { timeoutMs: 50 })),
        errorOf(runtime.run(kit.hang, {}, { timeoutMs: 50 })),
      ]);
      expect(slow).toMatchObject({ code: 'TASK_TIMEOUT', message: expect.stringContaining('50 ms') });
      expect(blocked.code).toBe('TASK_TIMEOUT');
      expect(await runtime.run(kit.square, { x: 2 })).toBe(4);
    });

    law('a task that workers cannot find is refused with advice', async (runtime) => {
      const error = await errorOf(runtime.run(kit.hidden(), {}));
      expect(error).toMatchObject({ code: 'UNKNOWN_NAME', message: expect.stringContaining('kit/hidden') });
      expect(error.advice).toBeTypeOf('string');
    });

    law('options out of range are refused with what was expected', async (runtime) => {
      for (const [options, message] of [
        [{ timeoutMs: 0 }, /timeoutMs: expected .*> 0, got 0/],
        [{ timeoutMs: 2 ** 40 }, /timeoutMs: expected .*<= 2147483647/],
        [{ attempts: 0 }, /attempts: expected .*>= 1, got 0/],
        [{ retry: 'never' as 'any' }, /retry: expected "lost" or "any"/],
        [{ queue: 'a.b' }, /queue: expected 1 to 128 letters/],
      ] as const) {
        const error = await errorOf(runtime.run(kit.square, { x: 1 }, options));
        expect(error).toMatchObject({ code: 'INPUT', message: expect.stringMatching(message) });
      }
    });

    law('ids and parameter names that could not be part of a subject are refused', async (runtime) => {
      for (const id of ['', 'a b', 'a.b', 'a/b', '*', '>', 'x'.repeat(129)]) {
        expect((await errorOf(runtime.run(kit.square, { x: 1 }, { id }))).code, id).toBe('INPUT');
        if (id !== 'a/b') expect((await errorOf(runtime.parameters.publish(`${id}.*`, 1))).code).toBe('INPUT');
      }
    });
  });

  describe(`${name}: progress, cancellation and closing`, () => {
    law('progress arrives in order, before the result', async (runtime) => {
      const reports: unknown[] = [];
      await runtime.run(kit.report, { count: 5 }, { onProgress: (report) => reports.push(report) });
      expect(reports).toStrictEqual([0, 1, 2, 3, 4].map((i) => ({ i, losses: Float64Array.of(i, i / 2) })));
    });

    law('events tell a task from submission to end', async (runtime) => {
      const events: RuntimeEvent[] = [];
      const stop = runtime.onEvent((event) => events.push(event));
      await runtime.run(kit.report, { count: 1 }, { id: 'told' });
      await errorOf(runtime.run(kit.fail, { message: 'no' }, { id: 'failed' }));
      stop();
      await runtime.run(kit.square, { x: 1 });
      const seen = (id: string): string[] => events.filter((e) => 'taskId' in e && e.taskId === id).map((e) => e.type);
      expect(seen('told')).toEqual(['task/queued', 'task/started', 'task/progress', 'task/succeeded']);
      expect(seen('failed')).toEqual(['task/queued', 'task/started', 'task/failed']);
      expect(events).toHaveLength(7);
    });

    law('a running task is cancelled by its handle, also if it blocks its thread', async (runtime) => {
      for (const [task, input] of [
        [kit.wait, { ms: 60_000, value: 1 }],
        [kit.hang, {}],
      ] as const) {
        const handle = await firstReport(runtime, task, input);
        handle.cancel('changed my mind');
        const error = await errorOf(handle.result);
        expect(error).toMatchObject({ code: 'TASK_CANCELLED', message: expect.stringContaining('changed my mind') });
      }
      // Both places are free again.
      expect(
        await runtime.map(
          kit.wait,
          [1, 2, 3].map((value) => ({ ms: 5, value })),
        ),
      ).toEqual([1, 2, 3]);
    });

    law('a signal cancels a running, a queued and a not yet submitted task', async (runtime) => {
      const controller = new AbortController();
      const running = await firstReport(runtime, kit.wait, { ms: 60_000, value: 1 }, controller.signal);
      const queued = Array.from(
        { length: 8 },
        () => runtime.submit(kit.wait, { ms: 60_000, value: 2 }, { signal: controller.signal }).result,
      );
      controller.abort();
      const late = runtime.submit(kit.square, { x: 1 }, { signal: controller.signal }).result;
      for (const result of [running.result, ...queued, late])
        expect((await errorOf(result)).code).toBe('TASK_CANCELLED');
      expect(await runtime.run(kit.square, { x: 3 })).toBe(9);
    });

    law('map is cancelled by its signal', async (runtime) => {
      const result = runtime.map(kit.wait, [{ ms: 60_000, value: 1 }], { signal: AbortSignal.timeout(50) });
      expect((await errorOf(result)).code).toBe('TASK_CANCELLED');
    });

    law('cancelling a finished task changes nothing', async (runtime) => {
      const handle = runtime.submit(kit.square, { x: 3 });
      await handle.result;
      handle.cancel();
      expect(await handle.result).toBe(9);
    });

    law('close cancels what is unfinished and refuses what comes later', async (runtime) => {
      const running = await firstReport(runtime, kit.wait, { ms: 60_000, value: 1 });
      const queued = runtime.submit(kit.wait, { ms: 60_000, value: 1 });
      await Promise.all([runtime.close(), runtime.close()]);
      expect((await errorOf(running.result)).code).toBe('TASK_CANCELLED');
      expect((await errorOf(queued.result)).code).toBe('TASK_CANCELLED');
      expect((await errorOf(runtime.run(kit.square, { x: 1 }))).code).toBe('RUNTIME_CLOSED');
    });
  });

  describe(`${name}: stores`, () => {
    law('parameters are versioned by name, latest wins, and tasks share them', async (runtime) => {
      expect(await runtime.parameters.latest('policy/weights')).toBe(null);
      expect(await runtime.parameters.publish('policy/weights', Float32Array.of(1, 2))).toBe(1);
      expect(await runtime.parameters.publish('other', { stop: false })).toBe(1);
      const task = await runtime.run(kit.increment, { name: 'policy/weights' });
      expect(task).toEqual({ seen: [1, 2], version: 2 });
      expect(await runtime.parameters.latest('policy/weights')).toStrictEqual({
        version: 2,
        value: Float32Array.of(2, 3),
      });
      expect(await runtime.parameters.latest('other')).toStrictEqual({ version: 1, value: { stop: false } });
    });

    law('publications at the same time get different versions', async (runtime) => {
      const versions = await Promise.all([1, 2, 3, 4].map((value) => runtime.parameters.publish('p', value)));
      expect(versions.sort()).toEqual([1, 2, 3, 4]);
    });

    law('parameters larger than any message are published and read', async (runtime) => {
      const weights = createRng(2).fillNormal(new Float32Array(500_000));
      for (const version of [1, 2, 3]) expect(await runtime.parameters.publish('large', weights)).toBe(version);
      expect((await runtime.parameters.latest('large'))?.value).toStrictEqual(weights);
      expect((await runtime.run(kit.increment, { name: 'large' })).version).toBe(4);
    });

    law('a watcher sees the newest value first and never goes backwards', async (runtime) => {
      await runtime.parameters.publish('step', 0);
      await runtime.parameters.publish('step', 1);
      const handle = await firstReport(runtime, kit.follow, { name: 'step', until: 9 });
      for (let value = 2; value <= 9; value++) await runtime.parameters.publish('step', value);
      const versions = (await handle.result) as number[];
      expect(versions[0]).toBe(2);
      expect(versions.at(-1)).toBe(10);
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
    });

    law('watching ends with its signal', async (runtime) => {
      const seen: number[] = [];
      const controller = new AbortController();
      const watching = (async () => {
        for await (const { value } of runtime.parameters.watch<number>('w', { signal: controller.signal }))
          seen.push(value);
      })();
      await runtime.parameters.publish('w', 1);
      while (seen.length === 0) await sleep(2);
      controller.abort();
      await watching;
      expect(seen).toEqual([1]);
    });

    law('blobs are found by their digest, inside and outside tasks', async (runtime) => {
      const bytes = Uint8Array.from({ length: 2_500_000 }, (_, i) => i * 7);
      const digest = await runtime.blobs.put(bytes);
      expect(digest).toMatch(/^sha256-[0-9a-f]{64}$/);
      expect(await runtime.blobs.put(bytes.slice())).toBe(digest);
      expect(await runtime.blobs.has(digest)).toBe(true);
      const reversed = await runtime.run(kit.reverseBlob, { digest });
      expect(Buffer.compare(await runtime.blobs.get(reversed), bytes.slice().reverse())).toBe(0);
      expect(Buffer.compare(await runtime.blobs.get(digest), bytes)).toBe(0);
    });

    law('a missing blob is an error that names it, inside and outside tasks', async (runtime) => {
      const digest = `sha256-${'0'.repeat(64)}`;
      expect(await runtime.blobs.has(digest)).toBe(false);
      expect(await errorOf(runtime.blobs.get(digest))).toMatchObject({
        code: 'BLOB',
        message: expect.stringContaining(digest),
      });
      const inside = await errorOf(runtime.run(kit.reverseBlob, { digest }));
      expect(inside.cause).toMatchObject({ code: 'BLOB' });
    });
  });
}
