/** The command line over a real server: the same run as on this machine, whatever happens to its processes. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NatsServer, startNatsServer } from '@skein/core/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliProcess, runCli, startCli, temporaryFolder } from '../support/cli.ts';
import { rows } from '../support/runs.ts';

const trainInto = (out: string, ...more: string[]) => [
  ...['train', 'dqn', '--seed', '4', '--checkpoint-every', '2000', '--out', out],
  ...(more.includes('--steps') ? [] : ['--steps', '16000']),
  ...more,
];

describe('skein train --nats', () => {
  const folder = temporaryFolder();
  const cwd = folder.path;
  let server: NatsServer;
  const path = (...names: string[]) => join(cwd, ...names);
  const worker = async (name: string): Promise<CliProcess> => {
    const process = startCli(['worker', '--nats', server.url, '--name', name, '--silence', '2'], { cwd });
    await process.output(/is ready for .*rl\/train/);
    return process;
  };
  const expectSameAsLocal = (out: string): void => {
    expect(rows(path(out))).toEqual(rows(path('local')));
    expect(readFileSync(path(out, 'agent.skein')).equals(readFileSync(path('local', 'agent.skein')))).toBe(true);
  };

  beforeAll(async () => {
    server = await startNatsServer();
    expect((await runCli(trainInto('local'), { cwd })).code).toBe(0);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test('gives the very run that a thread of this machine gives; the worker may come later', async () => {
    await using coordinator = startCli(trainInto('remote', '--nats', server.url), { cwd });
    await coordinator.output(/no worker answers on nats:.*skein worker --nats/);
    await using _worker = await worker('late');
    const { code, stderr } = await coordinator.ended;
    expect(stderr).toContain('dqn on CartPole-v1  ');
    expect(code).toBe(0);
    expectSameAsLocal('remote');
  });

  test('goes on from the newest checkpoint on another worker when one is killed', async () => {
    await using first = await worker('first');
    await using coordinator = startCli(trainInto('moved', '--nats', server.url), { cwd });
    await expect.poll(() => existsSync(path('moved/checkpoint.skein')), { timeout: 30_000, interval: 5 }).toBe(true);
    first.child.kill('SIGKILL');
    await using _second = await worker('second');
    const { code, stderr } = await coordinator.ended;
    expect(stderr).toMatch(/continuing from the checkpoint at step \d+/);
    expect(code).toBe(0);
    expectSameAsLocal('moved');
  });

  test('is resumed after its coordinator was killed', async () => {
    await using _worker = await worker('steady');
    await using coordinator = startCli(trainInto('orphan', '--nats', server.url), { cwd });
    await expect.poll(() => existsSync(path('orphan/checkpoint.skein')), { timeout: 30_000, interval: 5 }).toBe(true);
    coordinator.child.kill('SIGKILL');
    await coordinator.ended;
    const resumed = await runCli(['resume', 'orphan', '--nats', server.url], { cwd });
    expect(resumed.code).toBe(0);
    expectSameAsLocal('orphan');
  });

  test('a server that is not there is named, with exit code 1', async () => {
    const { code, stderr } = await runCli(trainInto('nowhere', '--nats', 'nats://127.0.0.1:9'), { cwd });
    expect(stderr).toMatch(/CONNECTION: .*127\.0\.0\.1:9/);
    expect(code).toBe(1);
  });
});

test('a worker stops on SIGTERM and hands its task back', async () => {
  using folder = temporaryFolder();
  const cwd = folder.path;
  await using server = await startNatsServer();
  await using first = startCli(['worker', '--nats', server.url, '--drain', '0'], { cwd });
  await first.output(/is ready/);
  await using coordinator = startCli(trainInto('run', '--nats', server.url), { cwd });
  await first.output(/started rl\/train/);
  first.child.kill('SIGTERM');
  expect((await first.ended).code).toBe(0);
  await using _second = startCli(['worker', '--nats', server.url], { cwd });
  expect((await coordinator.ended).code).toBe(0);
  // The second one went on from a checkpoint of the first, and nothing is told twice.
  const steps = rows(join(cwd, 'run')).map(({ step }) => step);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  expect(new Set(rows(join(cwd, 'run')).map((row) => JSON.stringify(row))).size).toBe(steps.length);
});

describe('runs and workers are seen from outside', () => {
  test('listed while they last, cancelled from anywhere, gone after their end', async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    await using server = await startNatsServer();
    const ask = async (...args: string[]) => (await runCli([...args, '--nats', server.url], { cwd })).stdout;
    expect(await ask('workers')).toContain('no worker answers');
    await using worker = startCli(['worker', '--nats', server.url, '--name', 'lonely'], { cwd });
    await worker.output(/is ready/);
    expect(await ask('workers')).toMatch(/lonely .* 0\/1 .*rl\/train/);
    await using coordinator = startCli(trainInto('run', '--nats', server.url, '--steps', '2000000'), { cwd });
    await expect
      .poll(() => existsSync(join(cwd, 'run/checkpoint.skein')), { timeout: 30_000, interval: 20 })
      .toBe(true);
    expect(await ask('runs')).toMatch(/train-[0-9a-f-]{36}/);
    expect(await ask('cancel', 'run')).toContain('continue with: skein resume run');
    expect((await coordinator.ended).code).toBe(1);
    expect((await runCli(['status', 'run'], { cwd })).stdout).toMatch(/state +unfinished/);
    expect((await runCli(['logs', 'run', '--last', '1'], { cwd })).stdout).toMatch(/^step [\d,]+ /);
    expect(
      (
        await runCli(['evolve', '--problem', 'sphere', '--generations', '3', '--nats', server.url, '--out', 'short'], {
          cwd,
        })
      ).code,
    ).toBe(0);
    expect((await ask('runs')).match(/evolve-/)).toBeNull();
  });
});
