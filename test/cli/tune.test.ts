/** `skein tune` of functions of one's own: on threads and over a real server, stopped, killed and continued. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type NatsServer, startNatsServer } from '@skein/core/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliProcess, runCli, startCli, temporaryFolder } from '../support/cli.ts';

const OBJECTIVES = fileURLToPath(new URL('./objectives.ts', import.meta.url));
const tuneInto = (out: string, ...more: string[]) => [
  ...['tune', `${OBJECTIVES}#slow`, '--trials', '14', '--seed', '3', '--out', out],
  ...more,
];

describe('skein tune MODULE', () => {
  const folder = temporaryFolder();
  const cwd = folder.path;
  const path = (...names: string[]) => join(cwd, ...names);
  const summary = (out: string): unknown => JSON.parse(readFileSync(path(out, 'summary.json'), 'utf8'));
  const metrics = (out: string): unknown[] =>
    readFileSync(path(out, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => {
        const { step, metrics } = JSON.parse(line) as { step: number; metrics: unknown };
        return { step, metrics };
      });
  /** Lines that trials wrote: one a trial that began. */
  const begun = (log: string): string[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);

  let server: NatsServer;
  const worker = async (name: string, env: Readonly<Record<string, string>> = {}): Promise<CliProcess> => {
    const process = startCli(
      ['worker', '--nats', server.url, '--name', name, '--silence', '2', '--tasks', OBJECTIVES],
      { cwd, env },
    );
    await process.output(/is ready for .*slow-bowl/);
    return process;
  };

  beforeAll(async () => {
    server = await startNatsServer();
    expect((await runCli(tuneInto('whole'), { cwd })).code).toBe(0);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test('finds the best inputs and leaves a report with every picture', () => {
    expect(summary('whole')).toMatchObject({ trials: 14, objective: 'distance', best: { n: 3 } });
    const page = readFileSync(path('whole/report.html'), 'utf8');
    expect(page.match(/<svg/g)?.length).toBe(5);
    for (const title of ['Trials', 'Outcome by parameter', 'What the outcome depends on', 'Pairs of parameters']) {
      expect(page).toContain(`>${title}<`);
    }
  });

  test.each([
    ['gp', 5],
    ['last-layer', 11],
  ])('a study by %s that is killed at once goes on to the very same end', async (method, trial) => {
    const [whole, killed] = [`whole-${method}`, `killed-${method}`];
    expect((await runCli(tuneInto(whole, '--method', method), { cwd })).code).toBe(0);
    const log = path(`${killed}.log`);
    {
      await using running = startCli(tuneInto(killed, '--method', method), { cwd, env: { TEST_TRIALS_LOG: log } });
      await expect.poll(() => begun(log).length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(trial);
      running.child.kill('SIGKILL');
    }
    expect(existsSync(path(killed, 'summary.json'))).toBe(false);
    const { code } = await runCli(['resume', killed], { cwd });
    expect(code).toBe(0);
    expect(metrics(killed)).toEqual(metrics(whole));
    expect(summary(killed)).toEqual(summary(whole));
  });

  test('with a pruner, a study that is killed twice ends with the same checkpoint', async () => {
    const pruning = (out: string): string[] => tuneInto(out, '--pruner', 'median');
    expect((await runCli(pruning('unharmed'), { cwd })).stderr).toMatch(/trial \d+: pruned/);
    const log = path('twice.log');
    for (const [args, trial] of [
      [pruning('twice'), 6],
      [['resume', 'twice'], 11],
    ] as const) {
      await using running = startCli(args, { cwd, env: { TEST_TRIALS_LOG: log } });
      await expect.poll(() => begun(log).length, { timeout: 30_000, interval: 5 }).toBeGreaterThanOrEqual(trial);
      running.child.kill('SIGKILL');
    }
    expect(existsSync(path('twice/summary.json'))).toBe(false);
    expect((await runCli(['resume', 'twice'], { cwd })).code).toBe(0);
    const checkpoint = (out: string): Buffer => readFileSync(path(out, 'checkpoint.skein'));
    expect(checkpoint('twice').equals(checkpoint('unharmed'))).toBe(true);
    expect(metrics('twice')).toEqual(metrics('unharmed'));
  });

  test('over a server, a worker that is killed during a trial loses nothing', async () => {
    const log = path('remote.log');
    await using first = await worker('first', { TEST_TRIALS_LOG: log });
    await using study = startCli(tuneInto('remote', '--nats', server.url), { cwd });
    await expect.poll(() => begun(log).length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(3);
    first.child.kill('SIGKILL');
    await using _second = await worker('second', { TEST_TRIALS_LOG: log });
    expect((await study.ended).code).toBe(0);
    // The same values, whoever evaluated them: one trial was begun twice.
    expect(metrics('remote')).toEqual(metrics('whole'));
    expect(begun(log).length).toBe(15);
  });

  test('poor trials are pruned by what they report, here and over a server', async () => {
    await using _worker = await worker('pruner');
    for (const more of [[], ['--nats', server.url]]) {
      const out = `pruned${more.length}`;
      const { code, stderr } = await runCli(tuneInto(out, '--pruner', 'median', ...more), { cwd });
      expect(code).toBe(0);
      expect(stderr).toMatch(/trial \d+: pruned/);
    }
  });

  test('tunes a task over --param, and a plain function with its space', async () => {
    const flags = ['--trials', '8', '--param', 'x=real(-2,2)'];
    expect((await runCli(['tune', `${OBJECTIVES}#asTask`, ...flags, '--out', 'task'], { cwd })).code).toBe(0);
    expect(summary('task')).toMatchObject({ objective: 'bowl-task', trials: 8 });
    mkdirSync(path('own'));
    const real =
      '{ kind: "real", label: "real(0, 1)", cardinality: Infinity, toUnit: (v) => v, fromUnit: (u) => u, check: (v) => v }';
    writeFileSync(
      path('own/plain.mjs'),
      `export const space = { x: ${real} };\nexport default ({ x }) => -((x - 0.3) ** 2);\n`,
    );
    const done = await runCli(['tune', 'own/plain.mjs', '--maximise', '--trials', '8', '--out', 'plain'], { cwd });
    expect(done.stderr).toContain('tuning plain.mjs');
    expect((summary('plain') as { bestValue: number }).bestValue).toBeGreaterThan(-0.05);
  });

  test.each([
    ['missing.ts', /missing\.ts: expected a module, got a file that does not exist/],
    [`${OBJECTIVES}#none`, /objectives\.ts#none: expected an objective, a task or a function, got exports /],
    [`${OBJECTIVES}#asTask`, /expected an export named space, or --param, got neither/],
    ['dqm', /expected one of .* or a module, got 'dqm'[\s\S]*did you mean 'dqn'/],
    ['broken.mjs', /broken\.mjs: cannot be imported: /],
    ['empty.mjs', /empty\.mjs: expected an objective, a task or a function, got exports nothing/],
  ])('skein tune %s says what is missing, before anything is written', async (subject, message) => {
    writeFileSync(path('broken.mjs'), 'throw new Error("at the top");\n');
    writeFileSync(path('empty.mjs'), '\n');
    const { code, stderr } = await runCli(['tune', subject, '--out', 'never'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(existsSync(path('never'))).toBe(false);
  });

  test('a plain function cannot go to workers, and is told how it could', async () => {
    const { code, stderr } = await runCli(['tune', 'own/plain.mjs', '--nats', server.url], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /expected an objective or a task with --nats, got a function[\s\S]*defineObjective[\s\S]*--tasks/,
    );
  });
});
