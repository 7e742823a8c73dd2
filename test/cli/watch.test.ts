/** `skein watch` as a user runs it: frames in the terminal's stead, films in files, clear errors. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli, temporaryFolder } from '../support/cli.ts';

const folder = temporaryFolder();
const cwd = folder.path;
const watch = (...args: string[]) => runCli(['watch', 'run', ...args], { cwd });
afterAll(() => folder[Symbol.dispose]());

beforeAll(async () => {
  const run = ['train', 'q-learning', '--env', 'CliffWalking-v1', '--steps', '20000', '--seed', '1', '--out', 'run'];
  expect((await runCli(run, { cwd })).code).toBe(0);
});

test('piped, each episode is its last moment and its return', async () => {
  const { stdout, code } = await watch('--episodes', '2');
  expect(stdout.match(/CliffWalking-v1 {2}seed [01] {2}step 13 {2}return -13/g)?.length).toBe(2);
  expect(code).toBe(0);
});

test('films have the format that their name asks for', async () => {
  for (const [name, start] of [
    ['film.svg', '<svg'],
    ['film.gif', 'GIF89a'],
  ] as const) {
    expect((await watch('--save', name)).stdout).toBe(`episode from seed 0: return -13, 13 steps, in ${name}\n`);
    expect(readFileSync(join(cwd, name)).subarray(0, start.length).toString()).toBe(start);
  }
  expect((await watch('--save', 'film.png')).stdout).toContain('in film-0000.png to film-0013.png');
  expect(existsSync(join(cwd, 'film-0013.png'))).toBe(true);
});

test('another kind of file, a view that does not exist and a folder without an agent are refused', async () => {
  expect(await watch('--save', 'film.mp4')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--save film.mp4: expected a name that ends in .svg, .gif or .png'),
  });
  expect((await watch('--view', 'sound')).code).toBe(2);
  const other = await runCli(['watch', 'nothing'], { cwd });
  expect(other.stderr).toContain('nothing: expected a saved agent');
  expect(other.code).toBe(1);
});
