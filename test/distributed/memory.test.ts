/** A coordinator maps inputs of which it could hold a small part: they are taken as tasks end. */

import { startNatsServer } from '@skein/core/testkit';
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
});
