/** `skein evolve` and `skein resume` of an evolution. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMetrics } from '@skein/core';
import { expect, test } from 'vitest';
import { runCli, startCli, temporaryFolder } from '../support/cli.ts';

test('x-squared finds x = 31, tells every generation and leaves its pictures', async () => {
  using folder = temporaryFolder();
  const { code, stdout } = await runCli(['evolve', '--problem', 'x-squared', '--out', 'run'], { cwd: folder.path });
  expect(code).toBe(0);
  expect(stdout).toContain('generation 1:');
  expect(stdout).toContain('best: 11111 (x = 31)');
  const summary = JSON.parse(readFileSync(join(folder.path, 'run/summary.json'), 'utf8'));
  expect(summary).toMatchObject({ fitness: 961, optimum: 961, stop: 'target' });
  expect(readFileSync(join(folder.path, 'run/curve.svg'), 'utf8')).toMatch(/^<svg/);
  expect(readFileSync(join(folder.path, 'run/report.html'), 'utf8')).toContain('x-squared');
});

test('interrupted and resumed, an evolution ends as if it had never stopped', async () => {
  using folder = temporaryFolder();
  const cwd = folder.path;
  const args = ['evolve', '--problem', 'rastrigin', '--generations', '1500', '--size', '10', '--seed', '5', '--out'];
  const whole = await runCli([...args, 'whole'], { cwd });
  expect(whole.code).toBe(0);
  const child = startCli([...args, 'stopped'], { cwd });
  await child.output(/generations {2}/);
  child.child.kill('SIGINT');
  const stopped = await child.ended;
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain('skein resume stopped');
  expect(existsSync(join(cwd, 'stopped/summary.json'))).toBe(false);
  expect((await runCli(['resume', 'stopped'], { cwd })).code).toBe(0);
  const read = (path: string) => readFileSync(join(cwd, path), 'utf8');
  expect(read('stopped/summary.json')).toBe(read('whole/summary.json'));
  expect(readMetrics(join(cwd, 'stopped/metrics.jsonl'))).toEqual(readMetrics(join(cwd, 'whole/metrics.jsonl')));
});
