/**
 * Coordinators that are killed at any moment, again and again, and started again each time: the run ends as one that was
 * never disturbed, and what had ended is not done again.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRng, taskJournal } from '@skein/core';
import { startNatsServer } from '@skein/core/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliProcess, runCli, startCli, temporaryFolder } from '../support/cli.ts';
import { rows } from '../support/runs.ts';
import { startProgram } from './programs.ts';

const folder = temporaryFolder();
const cwd = folder.path;
afterAll(() => folder[Symbol.dispose]());

const tuneInto = (out: string) => [
  ...['tune', 'dqn', '--env', 'CartPole-v1', '--steps', '1500', '--evaluate-every', '500', '--trials', '6'],
  ...['--seeds-per-trial', '2', '--param', 'learningRate=log(1e-4,1e-2)', '--seed', '3', '--out', out],
];
const trainInto = (out: string) => [
  ...['train', 'dqn', '--env', 'CartPole-v1', '--steps', '14000', '--checkpoint-every', '1500', '--seed', '5'],
  ...['--out', out],
];
const evolveInto = (out: string) => [
  ...['evolve', '--env', 'Acrobot-v1', '--algorithm', 'cma-es', '--generations', '12', '--target', '0', '--seed', '2'],
  ...['--batch', '4', '--threads', '2', '--out', out],
];
const runs: readonly (readonly [name: string, into: (out: string) => string[], result: string])[] = [
  ['a study', tuneInto, 'best.json'],
  ['a training run', trainInto, 'agent.skein'],
  ['an evolution', evolveInto, 'agent.skein'],
];

/** Most kills of one run. */
const KILLS = 4;
/** Runs are repeated several times, each of seconds. */
const TIMEOUT_MS = 240_000;

/**
 * Starts the run, kills it at random moments within the time that it takes undisturbed, and resumes it each time until it
 * ends by itself. Gives the number of kills that came after its beginning.
 */
async function tormented(out: string, args: readonly string[], wholeMs: number): Promise<number> {
  const rng = createRng(7).split(out);
  const server = args.slice(args.indexOf('--out') + 2);
  for (let kills = 0; ; ) {
    const hasBegun = existsSync(join(cwd, out, 'run.json'));
    await using coordinator = startCli(hasBegun ? ['resume', out, ...server] : args, { cwd });
    const patience = kills < KILLS ? (0.15 + 0.6 * rng.uniform()) * wholeMs : TIMEOUT_MS;
    const ended = await Promise.race([coordinator.ended, sleep(patience)]);
    if (ended !== undefined) {
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      return kills;
    }
    coordinator.child.kill('SIGKILL');
    await coordinator.ended;
    if (existsSync(join(cwd, out, 'run.json'))) kills++;
    // Killed after its last file: there is nothing left to do.
    if (existsSync(join(cwd, out, 'summary.json'))) return kills;
  }
}

const read = (...path: string[]): Buffer => readFileSync(join(cwd, ...path));

function expectSame(out: string, reference: string, result: string): void {
  expect(read(out, 'summary.json').toString()).toBe(read(reference, 'summary.json').toString());
  expect(rows(join(cwd, out))).toEqual(rows(join(cwd, reference)));
  expect(read(out, result).equals(read(reference, result))).toBe(true);
}

describe.each(runs)('%s', (_name, into, result) => {
  const reference = into('')[0] as string;
  let wholeMs = 0;

  beforeAll(async () => {
    const start = performance.now();
    const { code, stderr } = await runCli(into(reference), { cwd });
    wholeMs = performance.now() - start;
    expect(code, stderr).toBe(0);
  }, TIMEOUT_MS);

  test(
    'on threads of this machine',
    async () => {
      const out = `${reference}-threads`;
      expect(await tormented(out, into(out), wholeMs)).toBeGreaterThan(0);
      expectSame(out, reference, result);
    },
    TIMEOUT_MS,
  );

  test(
    'on workers, which are told nothing',
    async () => {
      await using server = await startNatsServer();
      await using worker = startCli(['worker', '--nats', server.url, '--concurrency', '2'], { cwd });
      await worker.output(/is ready/);
      const out = `${reference}-workers`;
      expect(await tormented(out, [...into(out), '--nats', server.url], wholeMs)).toBeGreaterThan(0);
      expectSame(out, reference, result);
      await expectEachOnce(worker);
    },
    TIMEOUT_MS,
  );
});

/** No task was done twice, and none was begun after its end. */
async function expectEachOnce(worker: CliProcess): Promise<void> {
  worker.child.kill('SIGTERM');
  const { stderr } = await worker.ended;
  const told = [...stderr.matchAll(/ (started|ended) (?:\S+ )?(\S+) of run \S+?(?:: (\w[\w ]*))?$/gm)];
  const done = told.filter(([, , , outcome]) => outcome === 'done').map(([, , id]) => id);
  expect(done.length).toBeGreaterThan(0);
  expect(new Set(done).size).toBe(done.length);
  for (const [at, [, what, id]] of told.entries()) {
    if (what === 'started')
      expect(told.slice(0, at).some(([, , other, o]) => other === id && o === 'done')).toBe(false);
  }
}

test('tasks on threads: what a killed process had stored is not begun again', async () => {
  const options = { journal: join(cwd, 'journal'), log: join(cwd, 'log'), count: 150 };
  const rng = createRng(11);
  const stored = new Set<string>();
  const begun = (): string[] => (existsSync(options.log) ? readFileSync(options.log, 'utf8').trim().split('\n') : []);
  let before = 0;
  for (let round = 0; ; round++) {
    await using program = await startProgram('journal-process.ts', options);
    const isEnd = await Promise.race([
      program.line((line) => line.startsWith('[')).then(() => true),
      sleep(round < 6 ? 250 + rng.uniform() * 700 : 60_000, false),
    ]);
    await program.kill('SIGKILL');
    for (const id of begun().slice(before)) expect(stored.has(id), id).toBe(false);
    before = begun().length;
    await using journal = await taskJournal(options.journal);
    for await (const { key } of journal.read()) stored.add(key);
    if (!isEnd) continue;
    expect(round).toBeGreaterThan(1);
    expect(JSON.parse(program.lines.at(-1) as string)).toEqual(Array.from({ length: options.count }, (_, i) => i * i));
    break;
  }
  expect(stored.size).toBe(options.count);
});

test('two processes cannot have one run: the second is told who has it', async () => {
  await using first = startCli([...trainInto('contested'), '--steps', '500000'], { cwd });
  await expect.poll(() => existsSync(join(cwd, 'contested/journal.skein')), { timeout: 20_000 }).toBe(true);
  const second = await runCli(['resume', 'contested'], { cwd });
  expect(second.stderr).toContain(`in use by process ${first.child.pid}`);
  expect(second.code).toBe(2);
});
