/** `skein train --seeds`: several runs of one configuration, their summary, and going on after a Ctrl-C. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { interquartileMean } from '@skein/rl';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli, startCli, temporaryFolder } from '../support/cli.ts';
import { rows } from '../support/runs.ts';

const folder = temporaryFolder();
const cwd = folder.path;
const options = ['dqn', '--env', 'CartPole-v1', '--steps', '6000', '--checkpoint-every', '1000', '--seed', '4'];
const seeds = (out: string, ...more: string[]) => ['train', ...options, '--seeds', '3', '--out', out, ...more];
const summaryOf = (run: string) => JSON.parse(readFileSync(join(cwd, run, 'summary.json'), 'utf8'));
afterAll(() => folder[Symbol.dispose]());

beforeAll(async () => {
  const { code, stdout } = await runCli(seeds('serial'), { cwd });
  expect(stdout).toMatch(
    /dqn on CartPole-v1, 3 seeds: interquartile mean return [\d.]+, 95 % interval [\d.]+ to [\d.]+\n/,
  );
  expect(code).toBe(0);
});

test('the summary holds the interquartile mean over the seeds and the agent of the best', () => {
  const summary = summaryOf('serial');
  const returns = [4, 5, 6].map((seed) => summaryOf(`serial/seed-${seed}`).evaluationReturn as number);
  expect(summary.seeds.map((one: { seed: number }) => one.seed)).toEqual([4, 5, 6]);
  expect(summary.interquartileMean).toBe(interquartileMean(returns));
  expect(summary.interval[0]).toBeGreaterThanOrEqual(Math.min(...returns));
  expect(summary.interval[1]).toBeLessThanOrEqual(Math.max(...returns));
  expect(summary.bestSeed).toBe(4 + returns.indexOf(Math.max(...returns)));
  expect(readFileSync(join(cwd, 'serial/agent.skein'))).toEqual(
    readFileSync(join(cwd, `serial/seed-${summary.bestSeed}/agent.skein`)),
  );
  expect(readFileSync(join(cwd, 'serial/report.html'), 'utf8')).toContain('interquartile mean, 95 % interval');
});

test('seeds that run at the same time give the same, stopped and resumed as well', async () => {
  const args = seeds('parallel', '--parallel');
  await using process = startCli(args, { cwd });
  await expect
    .poll(() => existsSync(join(cwd, 'parallel/seed-4/checkpoint.skein')), { timeout: 30_000, interval: 5 })
    .toBe(true);
  process.child.kill('SIGINT');
  expect((await process.ended).code).toBe(130);
  expect(existsSync(join(cwd, 'parallel/summary.json'))).toBe(false);
  expect((await runCli(['resume', 'parallel'], { cwd })).code).toBe(0);
  expect(summaryOf('parallel')).toEqual(summaryOf('serial'));
  for (const seed of [4, 5, 6]) {
    expect(rows(join(cwd, `parallel/seed-${seed}`))).toEqual(rows(join(cwd, `serial/seed-${seed}`)));
  }
});
