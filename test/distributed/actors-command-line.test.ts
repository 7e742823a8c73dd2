/** `skein train --actors` as a user runs it: here and over a server, interrupted and killed. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNatsServer } from '@skein/core/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliProcess, runCli, startCli, temporaryFolder } from '../support/cli.ts';
import { rows } from '../support/runs.ts';

const folder = temporaryFolder();
const cwd = folder.path;
const path = (...names: string[]): string => join(cwd, ...names);

const trainInto = (out: string, ...more: string[]): string[] => [
  ...['train', 'dqn', '--seed', '4', '--env-count', '4', '--steps', '16000', '--checkpoint-every', '2000'],
  ...['--out', out, ...more],
];

/** What runs must agree on whatever the number of actors: all metrics but those about actors, and the result. */
function essence(out: string): unknown {
  const summary: unknown = JSON.parse(readFileSync(path(out, 'summary.json'), 'utf8'));
  const metrics = rows(path(out)).map(({ step, metrics }) => ({
    step,
    metrics: Object.fromEntries(Object.entries(metrics).filter(([name]) => !/^actor|per-insert/.test(name))),
  }));
  return { summary, metrics };
}

const firstCheckpoint = async (process: CliProcess, out: string): Promise<void> => {
  const isThere = (): boolean => existsSync(path(out, 'checkpoint.skein')) || process.child.exitCode !== null;
  await expect.poll(isThere, { timeout: 30_000, interval: 5 }).toBe(true);
};

beforeAll(async () => {
  expect((await runCli(trainInto('alone'), { cwd })).code).toBe(0);
});
afterAll(() => folder[Symbol.dispose]());

test('two actors on threads, interrupted and resumed, give the run that the learner gives alone', async () => {
  await using process = startCli(trainInto('local', '--actors', '2'), { cwd });
  await firstCheckpoint(process, 'local');
  process.child.kill('SIGINT');
  const { code, stderr } = await process.ended;
  expect(stderr).toContain('stopping with a checkpoint');
  expect(code).toBe(130);
  expect((await runCli(['resume', 'local'], { cwd })).code).toBe(0);
  expect(essence('local')).toEqual(essence('alone'));
});

test('over a server, the learner’s worker killed and another one there: the same run', async () => {
  await using server = await startNatsServer();
  const worker = async (name: string, concurrency: string): Promise<CliProcess> => {
    const flags = ['--name', name, '--concurrency', concurrency, '--silence', '2'];
    const process = startCli(['worker', '--nats', server.url, ...flags], { cwd });
    await process.output(/is ready for .*rl\/act/);
    return process;
  };
  await using first = await worker('first', '1');
  await using coordinator = startCli(trainInto('remote', '--actors', '2', '--nats', server.url), { cwd });
  // The learner is the first task in the queue; its actors wait for the second worker.
  await first.output(/started rl\/train/);
  await using _second = await worker('second', '3');
  await firstCheckpoint(coordinator, 'remote');
  first.child.kill('SIGKILL');
  const { code, stderr } = await coordinator.ended;
  expect(stderr).toMatch(/continuing from the checkpoint at step \d+/);
  expect(code).toBe(0);
  expect(essence('remote')).toEqual(essence('alone'));
});

test('who waits for whom is said', async () => {
  await using server = await startNatsServer();
  await using worker = startCli(['worker', '--nats', server.url], { cwd });
  await worker.output(/is ready/);
  await using coordinator = startCli(trainInto('hungry', '--actors', '2', '--nats', server.url), { cwd });
  await coordinator.output(/2 of 2 actors wait for a free worker; start more with: skein worker/);
  coordinator.child.kill('SIGINT');
  expect((await coordinator.ended).code).toBe(130);
});

test('running freely, with a limit on samples per insert', async () => {
  const flags = ['--actors', '2', '--mode', 'free-running', '--samples-per-insert', '4', '--prioritised'];
  const { code, stderr } = await runCli(trainInto('free', ...flags), { cwd });
  expect(stderr).toContain('dqn on CartPole-v1  ');
  expect(code).toBe(0);
  const last = rows(path('free')).findLast(({ metrics }) => 'actor/count' in metrics);
  expect(last?.metrics['replay/samples-per-insert']).toBeCloseTo(4, 0);
});
