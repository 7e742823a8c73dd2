import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../testkit/resumable-fit.ts', import.meta.url));
/** Steps of the whole run. */
const STEPS = 35;

/** Runs the program, kills it at this step if one is given, and gives its lines and its signal. */
async function run(path: string, ...killAt: number[]) {
  const child = spawn(process.execPath, [PROGRAM, path, ...killAt.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<NodeJS.Signals | null>((resolve) => child.on('close', (_code, signal) => resolve(signal)));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line === `step ${killAt[0]}`) child.kill('SIGKILL');
  }
  return { lines, signal: await closed };
}

it('a killed run goes on from its checkpoint and ends with the weights of one that was left alone, to the bit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-killed-'));
  const whole = await run(join(folder, 'whole.skein'));
  expect(whole.lines).toHaveLength(STEPS + 1);

  const path = join(folder, 'killed.skein');
  expect((await run(path, 11)).signal).toBe('SIGKILL');
  const resumed = await run(path);
  expect(resumed.signal).toBeNull();
  // From the checkpoint after step 9.
  expect(resumed.lines[0]).toBe('step 10');
  expect(resumed.lines.at(-1)).toBe(whole.lines.at(-1));
}, 60_000);
