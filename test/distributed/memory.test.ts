/** A coordinator maps inputs of which it could hold a small part: they are taken as tasks end. */

import { listRuns, natsRuntime } from '@skein/core';
import { conformanceKit as kit, startNatsServer } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { startProgram } from './programs.ts';
import { startWorkerProcess } from './workers.ts';

const LETTERS = 16_000;
/** Most of the heap, in MiB; the inputs together are many times that. */
const HEAP_MIB = 48;

async function expectBounded(servers: string | null, count: number): Promise<void> {
  expect((count * LETTERS) / 2 ** 20).toBeGreaterThan(3 * HEAP_MIB);
  const flags = [`--max-old-space-size=${HEAP_MIB}`];
  await using program = await startProgram('memory-process.ts', { servers, count, letters: LETTERS }, { flags });
  const { isRight, early, peak } = JSON.parse(await program.line((line) => line.startsWith('{')));
  expect(isRight).toBe(true);
  // What it takes after a tenth of the tasks, it takes to the end, within what a collection may leave for later.
  expect(peak - early).toBeLessThan(2 * HEAP_MIB);
}

describe('memory of a coordinator', () => {
  test('on threads of its own process', () => expectBounded(null, 20_000));

  test('with tasks on a server', async () => {
    await using server = await startNatsServer();
    const tasks = [new URL('./measured-task.ts', import.meta.url).href];
    await using _worker = await startWorkerProcess({ name: 'w', servers: server.url, tasks });
    await expectBounded(server.url, 10_000);
  });

  test('results that were taken do not pile up on the server', async () => {
    await using server = await startNatsServer();
    await using _worker = await startWorkerProcess({ name: 'w', servers: server.url });
    await using runtime = await natsRuntime({ servers: server.url });
    const count = 45_000;
    const squares = await runtime.map(
      kit.square,
      Array.from({ length: count }, (_, x) => ({ x })),
    );
    expect(squares.every((square, x) => square === x * x)).toBe(true);
    const kept = async (): Promise<number> => (await listRuns({ servers: server.url }))[0]?.finished ?? 0;
    await expect.poll(kept, { timeout: 10_000 }).toBeLessThanOrEqual(30_000);
  });
});
