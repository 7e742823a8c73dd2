/** `skein train`, `evaluate`, `resume` and `tune` as a user runs them: processes, files, interrupts, kills. */

import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliProcess, runCli, startCli, temporaryFolder } from '../support/cli.ts';
import { rows } from '../support/runs.ts';

const STEPS = 12_000;
const options = ['--seed', '3', '--steps', `${STEPS}`, '--checkpoint-every', '2000', '--evaluate-every', '2000'];
const trainInto = (out: string) => ['train', 'dqn', '--env', 'CartPole-v1', ...options, '--out', out];

function expectSameRun(actual: string, expected: string): void {
  const file = (folder: string, name: string) => readFileSync(join(folder, name));
  expect(rows(actual)).toEqual(rows(expected));
  expect(JSON.parse(file(actual, 'summary.json').toString())).toEqual(
    JSON.parse(file(expected, 'summary.json').toString()),
  );
  expect(file(actual, 'agent.skein').equals(file(expected, 'agent.skein'))).toBe(true);
}

/** Waits until the run has written a checkpoint. */
async function firstCheckpoint(process: CliProcess, folder: string): Promise<void> {
  await expect
    .poll(() => existsSync(join(folder, 'checkpoint.skein')) || process.child.exitCode !== null, {
      timeout: 30_000,
      interval: 5,
    })
    .toBe(true);
}

describe('a training run', () => {
  const folder = temporaryFolder();
  const cwd = folder.path;
  const whole = join(cwd, 'whole');
  afterAll(() => folder[Symbol.dispose]());

  beforeAll(async () => {
    const { code, stderr } = await runCli(trainInto('whole'), { cwd });
    expect(stderr).toContain('dqn on CartPole-v1  ');
    expect(code).toBe(0);
  });

  test('leaves metrics, checkpoint, agent, picture and report', () => {
    for (const name of [
      'run.json',
      'metrics.jsonl',
      'checkpoint.skein',
      'agent.skein',
      'summary.json',
      'report.html',
      'tensorboard',
    ]) {
      expect(existsSync(join(whole, name)), name).toBe(true);
    }
    expect(readFileSync(join(whole, 'curve.svg'), 'utf8')).toMatch(/^<svg/);
    expect(rows(whole).at(-1)?.step).toBe(STEPS);
  });

  test('can be evaluated, the same seed giving the same returns', async () => {
    const args = ['evaluate', 'whole', '--episodes', '10', '--seed', '5', '--json'];
    const [first, second] = await Promise.all([runCli(args, { cwd }), runCli(args, { cwd })]);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout).returns).toHaveLength(10);
    expect(first.stdout).toBe(second.stdout);
  });

  test('killed and resumed, it ends as if it had never stopped', async () => {
    await using process = startCli(trainInto('killed'), { cwd });
    await firstCheckpoint(process, join(cwd, 'killed'));
    process.child.kill('SIGKILL');
    expect((await process.ended).code).toBe(null);
    expect(existsSync(join(cwd, 'killed/summary.json'))).toBe(false);
    const resumed = await runCli(['resume', 'killed'], { cwd });
    expect(resumed.stderr).not.toContain('Error');
    expect(resumed.code).toBe(0);
    expectSameRun(join(cwd, 'killed'), whole);
  });

  test('interrupted, it writes a checkpoint, says how to go on, and ends as if it had never stopped', async () => {
    await using process = startCli(trainInto('stopped'), { cwd });
    await firstCheckpoint(process, join(cwd, 'stopped'));
    process.child.kill('SIGINT');
    const { code, stderr } = await process.ended;
    expect(stderr).toContain('stopping with a checkpoint');
    expect(stderr).toContain('skein resume stopped');
    expect(code).toBe(130);
    expect((await runCli(['resume', 'stopped'], { cwd })).code).toBe(0);
    expectSameRun(join(cwd, 'stopped'), whole);
  });

  test('cannot be resumed after its end', async () => {
    const { code, stderr } = await runCli(['resume', 'whole'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('whole: expected an unfinished run, got one that has ended');
  });
});

describe('bad input ends with exit code 2 and leaves no folder', () => {
  const cases: readonly (readonly [string[], string])[] = [
    [['train', 'dqn', '--learning-rate', 'fast'], '--learning-rate: expected number, got "fast"'],
    [['train', 'dqn', '--learning-rate', '0'], '--learning-rate: expected a number > 0, got 0'],
    [['train', 'dqn', '--loss', 'l1'], '--loss: expected "mse" or "huber", got "l1"'],
    [['train', 'dqn', '--env', 'CartPole-v9'], '--env: expected one of '],
    [
      ['train', 'dqn', '--env', 'Pendulum-v1'],
      '--env: expected one with discrete actions for dqn, got Pendulum-v1 (box)',
    ],
    [['train', 'dqm'], 'algorithm: expected one of'],
    [['tune', 'dqn'], '--param: expected at least one NAME=DIMENSION'],
    [['tune', 'dqn', '--objective', 'steps', '--pruner', 'median'], '--pruner: expected none with --objective steps'],
    [['evaluate', 'nowhere'], 'run.json: cannot be read'],
    [['resume', 'nowhere'], 'run.json: cannot be read'],
  ];
  test.for(cases)('%j', async ([args, message]) => {
    using folder = temporaryFolder();
    const { code, stderr } = await runCli(args, { cwd: folder.path });
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(join(folder.path, 'runs'))).toBe(false);
  });
});

test('a damaged checkpoint is refused by name', async () => {
  using folder = temporaryFolder();
  const cwd = folder.path;
  await using process = startCli(trainInto('run'), { cwd });
  await firstCheckpoint(process, join(cwd, 'run'));
  process.child.kill('SIGKILL');
  await process.ended;
  truncateSync(join(cwd, 'run/checkpoint.skein'), 1000);
  const { code, stderr } = await runCli(['resume', 'run'], { cwd });
  expect(stderr).toMatch(/CHECKPOINT: run\/checkpoint\.skein: expected \d+ bytes of state, got \d+/);
  expect(code).toBe(1);
});

test('a study tunes two options, survives a kill, and ends as if it had never stopped', async () => {
  using folder = temporaryFolder();
  const cwd = folder.path;
  const args = (out: string) => [
    ...[
      'tune',
      'dqn',
      '--trials',
      '5',
      '--steps',
      '2500',
      '--evaluate-every',
      '500',
      '--hidden-units',
      '16',
      '--out',
      out,
    ],
    ...['--param', 'learningRate=log(1e-5,1e-2)', '--param', 'explorationFraction=real(0.05,0.5)'],
  ];
  expect((await runCli(args('whole'), { cwd })).code).toBe(0);
  const process = startCli(args('killed'), { cwd });
  await process.output(/trial 2:/);
  process.child.kill('SIGKILL');
  await process.ended;
  expect((await runCli(['resume', 'killed'], { cwd })).code).toBe(0);
  expect(rows(join(cwd, 'killed'))).toEqual(rows(join(cwd, 'whole')));
  const best = (out: string) => JSON.parse(readFileSync(join(cwd, out, 'best.json'), 'utf8'));
  expect(best('killed')).toEqual(best('whole'));
  const { learningRate, explorationFraction } = JSON.parse(
    readFileSync(join(cwd, 'whole', 'summary.json'), 'utf8'),
  ).best;
  expect(best('whole')).toMatchObject({ learningRate, explorationFraction, env: 'CartPole-v1', preset: 'none' });
});

test('a pruner stops trials whose evaluations look poor, over several seeds', async () => {
  using folder = temporaryFolder();
  const cwd = folder.path;
  const args = [
    'tune',
    'dqn',
    '--trials',
    '8',
    '--steps',
    '3000',
    '--evaluate-every',
    '500',
    '--hidden-units',
    '16',
    '--out',
    'run',
  ];
  const more = ['--pruner', 'median', '--seeds-per-trial', '2', '--param', 'learningRate=log(1e-6,1e-2)'];
  const { code, stderr } = await runCli([...args, ...more], { cwd });
  expect(code).toBe(0);
  expect(stderr).toMatch(/trial \d+: pruned/);
  expect(rows(join(cwd, 'run')).length).toBe(8);
});
