/** `skein evolve` and `skein resume` of an evolution: problems, fronts and policies. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMetrics } from '@skein/core';
import { describe, expect, test } from 'vitest';
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

/** What a run leaves, to the byte. */
function results(folder: string, names: readonly string[]): unknown {
  const files = names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  return { ...Object.fromEntries(files), metrics: readMetrics(join(folder, 'metrics.jsonl')) };
}

describe('interrupted and resumed, an evolution ends as if it had never stopped', () => {
  const cases: readonly (readonly [problem: string, args: string[], files: string[]])[] = [
    ['rastrigin', ['--generations', '1500', '--size', '10'], ['summary.json']],
    ['zdt1', ['--generations', '1500'], ['summary.json', 'front.json']],
  ];
  test.for(cases)('%s', async ([problem, given, files]) => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const args = ['evolve', '--problem', problem, ...given, '--seed', '5', '--out'];
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
    expect(results(join(cwd, 'stopped'), files)).toEqual(results(join(cwd, 'whole'), files));
  });
});

const summaryOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));

describe.each(['cma-es', 'openai-es'])('%s', (algorithm) => {
  test('evolves a policy that keeps the pole up for 500 steps, which can be evaluated like a trained agent', async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const args = [
      'evolve',
      '--env',
      'CartPole-v1',
      '--algorithm',
      algorithm,
      '--target',
      '500',
      '--seed',
      '1',
      '--out',
      'run',
    ];
    expect((await runCli(args, { cwd })).code).toBe(0);
    expect(summaryOf(join(cwd, 'run'))).toMatchObject({ evaluationReturn: 500, solved: true, stop: 'target' });
    const { stdout } = await runCli(['evaluate', 'run', '--episodes', '20', '--json'], { cwd });
    expect(JSON.parse(stdout).mean).toBe(500);
  });
});

test('a front is found, drawn over the known one, and written down', async () => {
  using folder = temporaryFolder();
  const { code } = await runCli(['evolve', '--problem', 'zdt1', '--generations', '150', '--out', 'run'], {
    cwd: folder.path,
  });
  expect(code).toBe(0);
  const rows = readMetrics(join(folder.path, 'run/metrics.jsonl'));
  expect(rows.at(-1)?.metrics['generation/hypervolume']).toBeGreaterThan(0.86);
  const front = JSON.parse(readFileSync(join(folder.path, 'run/front.json'), 'utf8')) as { objectives: number[] }[];
  expect(front.length).toBeGreaterThan(50);
  expect(readFileSync(join(folder.path, 'run/curve.svg'), 'utf8')).toContain('known front');
});

test('threads evaluate a generation to the same run as this thread alone', async () => {
  using folder = temporaryFolder();
  const cwd = folder.path;
  const args = ['evolve', '--problem', 'rastrigin', '--algorithm', 'islands', '--generations', '15', '--out'];
  const [here, threads] = await Promise.all([
    runCli([...args, 'here'], { cwd }),
    runCli([...args, 'threads', '--threads', '2', '--batch', '7'], { cwd }),
  ]);
  expect([here.code, threads.code]).toEqual([0, 0]);
  expect(readMetrics(join(cwd, 'threads/metrics.jsonl'))).toEqual(readMetrics(join(cwd, 'here/metrics.jsonl')));
});

describe('parts that do not fit together are refused', () => {
  const cases: readonly (readonly [string[], string])[] = [
    [
      ['--problem', 'onemax', '--algorithm', 'cma-es'],
      '--algorithm: expected one of genetic-algorithm, islands for onemax, got cma-es',
    ],
    [['--problem', 'zdt1', '--algorithm', 'cma-es'], '--algorithm: expected nsga2 for zdt1, got cma-es'],
    [
      ['--problem', 'sphere', '--env', 'CartPole-v1'],
      '--env: expected either --problem or --env, got sphere and CartPole-v1',
    ],
    [
      ['--env', 'CartPole-v1', '--algorithm', 'islands'],
      '--algorithm: expected one of cma-es, sep-cma-es, snes, openai-es for a policy',
    ],
    [['--env', 'Nowhere-v0'], '--env: expected one of '],
  ];
  test.for(cases)('%j', async ([args, message]) => {
    using folder = temporaryFolder();
    const { code, stderr } = await runCli(['evolve', ...args], { cwd: folder.path });
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
