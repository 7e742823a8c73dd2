import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { conformanceTasks, runtimeConformance } from '../testkit/runtime.ts';
import * as kit from '../testkit/runtime-tasks.ts';
import { localRuntime, taskJournal } from './local.ts';

runtimeConformance('local runtime', () => localRuntime({ threads: 2, tasks: [conformanceTasks], graceMs: 200 }));

/** Runs a program's source in a process of its own; it must end by itself. */
async function runProgram(body: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-program-'));
  const file = join(folder, 'program.ts');
  const core = JSON.stringify(new URL('../index.ts', import.meta.url).href);
  const tasks = JSON.stringify(conformanceTasks);
  writeFileSync(
    file,
    `import { defineTask, describeError, localRuntime, Type } from ${core};\nimport * as kit from ${tasks};\n${body}`,
  );
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 20_000 });
    return stdout.trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('local runtime: a journal', () => {
  const inFolder = async (body: (path: string) => Promise<void>): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), 'skein-local-'));
    await body(join(folder, 'journal')).finally(() => rmSync(folder, { recursive: true }));
  };

  test('tasks with an id of their submitter are not run again, whether they succeeded or failed', () =>
    inFolder(async (path) => {
      const round = async () => {
        await using journal = await taskJournal(path);
        await using runtime = localRuntime({ threads: 1, journal });
        let started = 0;
        runtime.onEvent((event) => event.type === 'task/started' && started++);
        const drawn = await runtime.map(kit.draw, [{ n: 2 }, { n: 3 }], { idPrefix: 'd' });
        const shared = new Float32Array(new SharedArrayBuffer(8)).fill(2);
        const echoed = await runtime.run(kit.echo, { shared }, { id: 'e' });
        const failed = await runtime.run(kit.fail, { message: 'no' }, { id: 'f' }).catch((error) => error.message);
        const again = await runtime.run(kit.draw, { n: 2 }, { id: 'd-0' });
        expect(again).toStrictEqual(drawn[0]);
        await runtime.run(kit.square, { x: 1 });
        return { started, results: [drawn, Array.from((echoed as { shared: Float32Array }).shared), failed] };
      };
      const [first, second] = [await round(), await round()];
      expect(first.started).toBe(5);
      // Only the task without an id.
      expect(second.started).toBe(1);
      expect(second.results).toStrictEqual(first.results);
    }));

  test('a cancelled task can be submitted again; what does not fit any more is refused', () =>
    inFolder(async (path) => {
      await using journal = await taskJournal(path);
      const first = localRuntime({ threads: 2, journal });
      const running = first.submit(kit.wait, { ms: 60_000, value: 1 }, { id: 'w' });
      running.result.catch(() => undefined);
      await first.run(kit.square, { x: 5 }, { id: 's' }).finally(() => first.close());
      await expect(running.result).rejects.toMatchObject({ code: 'TASK_CANCELLED' });
      await using second = localRuntime({ threads: 1, journal });
      expect(await second.run(kit.wait, { ms: 0, value: 4 }, { id: 'w' })).toBe(4);
      await expect(second.run(kit.draw, { n: 1 }, { id: 's' })).rejects.toMatchObject({ code: 'TASK_OUTPUT' });
    }));
});

describe('local runtime: threads', () => {
  test('tasks need not be listed beforehand', async () => {
    await using runtime = localRuntime({ threads: 1 });
    expect(await runtime.run(kit.square, { x: 3 })).toBe(9);
  });

  test('shared memory in inputs and results is passed by reference', async () => {
    await using runtime = localRuntime({ threads: 1 });
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const back = (await runtime.run(kit.echo, { shared })) as { shared: Int32Array };
    shared[1] = 5;
    expect([...back.shared]).toEqual([0, 5]);
  });

  test('short tasks are handed out in batches, and a slow one behind them is not held up by its thread', async () => {
    await using runtime = localRuntime({ threads: 2 });
    const squares = await runtime.map(
      kit.square,
      Array.from({ length: 3000 }, (_, x) => ({ x })),
    );
    expect(squares[2999]).toBe(2999 ** 2);
    const workers = await runtime.map(
      kit.whoami,
      Array.from({ length: 200 }, () => ({})),
    );
    expect(new Set(workers.map((w) => w.worker))).toEqual(new Set(['thread-1', 'thread-2']));
    // `whoami` now counts as short: eight slow ones may be handed to one thread, and the other takes its share back.
    const slow = await runtime.map(
      kit.whoami,
      Array.from({ length: 8 }, () => ({ ms: 100 })),
    );
    expect(new Set(slow.map((w) => w.worker)).size).toBe(2);
  });

  test('a task that takes all memory loses its thread, not the process', async () => {
    await using runtime = localRuntime({ threads: 1, memoryMb: 32 });
    await expect(runtime.run(kit.hoard, {}, { attempts: 1 })).rejects.toMatchObject({
      code: 'WORKER_LOST',
      message: expect.stringContaining('out of memory'),
    });
    expect(await runtime.run(kit.square, { x: 4 })).toBe(16);
  });

  test('a module that cannot be imported is named', async () => {
    await using runtime = localRuntime({ threads: 1, tasks: ['./no/such/module.js'] });
    await expect(runtime.run(kit.square, { x: 1 })).rejects.toMatchObject({
      code: 'INPUT',
      message: expect.stringContaining('no/such/module.js cannot be imported'),
    });
  });

  test('a task in the program itself is refused with advice instead of running the program again', async () => {
    const output = await runProgram(`
      console.log('program runs');
      const inline = defineTask({ name: 'inline', input: Type.Object({}), output: Type.Null(), run: () => null });
      try { localRuntime({ tasks: [inline] }); } catch (error) { console.log(error.code); }
      await using runtime = localRuntime({ threads: 1 });
      await runtime.run(inline, {}).catch((error) => console.log(describeError(error)));
    `);
    expect(output).toMatch(/^program runs\nINPUT\nINPUT: task 'inline' is defined in the program itself/);
    expect(output).toContain('what to do: move the task into a module of its own');
  });

  test('a program that forgets to close its idle runtime ends all the same', async () => {
    const output = await runProgram(`console.log(await localRuntime({ threads: 2 }).run(kit.square, { x: 6 }));`);
    expect(output).toBe('36');
  });

  test('a program that closes its runtime while tasks block their threads ends', async () => {
    const output = await runProgram(`
      const runtime = localRuntime({ threads: 2, graceMs: 100 });
      const handle = runtime.submit(kit.hang, {}, { onProgress: () => void runtime.close() });
      await handle.result.catch((error) => console.log(error.code));
    `);
    expect(output).toBe('TASK_CANCELLED');
  });
});
