/** Environments in a Python process, served by examples/python over a real server. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expectClose, guardChild, type NatsServer, startNatsServer } from '@skein/core/testkit';
import { environmentDefinition, evaluate, externalEnvironment, makeEnv, makeVectorEnv, qLearning } from '@skein/rl';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, temporaryFolder } from '../support/cli.ts';

const PYTHON = process.env['SKEIN_PYTHON'] ?? 'python3';
const WALK = fileURLToPath(new URL('../support/walk_env.py', import.meta.url));
const SERVE = fileURLToPath(new URL('../../examples/python/skein_env.py', import.meta.url));
const hasGymnasium = spawnSync(PYTHON, ['-c', 'import gymnasium'], { stdio: 'ignore' }).status === 0;

/** Starts a Python program and waits until it serves. */
async function startPython(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  guardChild(child);
  await once(createInterface({ input: child.stdout }), 'line');
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

let server: NatsServer;
let walk: string;
let python: ChildProcess;
beforeAll(async () => {
  server = await startNatsServer();
  walk = `${server.url}/walk`;
  python = await startPython([WALK, server.url, 'walk']);
});
afterAll(async () => {
  await stop(python);
  await server[Symbol.asyncDispose]();
});

describe('an environment in another process', () => {
  test('has its specs and takes its steps', () => {
    const env = makeEnv(environmentDefinition(walk));
    expect(env.definition).toMatchObject({ id: walk, stepLimit: null, solvedAt: null });
    expect(env.observationSpec).toMatchObject({ kind: 'discrete', n: 5 });
    const start = env.reset({ seed: 3 }).observation as number;
    expect([0, 1]).toContain(start);
    expect(env.step(1)).toMatchObject({ observation: start + 1, reward: -0.1, terminated: false, truncated: false });
    while (!env.step(1).terminated);
    expect(env.reset({ seed: 3 }).observation).toBe(start);
  });

  test('steps in many copies, each its own episode', () => {
    const env = makeVectorEnv(environmentDefinition(walk), { count: 8, autoreset: 'same-step' });
    env.reset({ seed: 0 });
    const starts = [...env.observations];
    expect(new Set(starts)).toEqual(new Set([0, 1]));
    for (let i = 0; i < 3; i++) env.step(new Int32Array(8).fill(1));
    starts.forEach((start, row) => {
      expect(env.terminated[row]).toBe(start);
      expect((start === 1 ? env.finalObservations : env.observations)[row]).toBe(start + 3);
    });
  });

  test('is learned, and the saved agent finds it again', async () => {
    const { agent } = await qLearning.train({ env: walk, seed: 1, steps: 3_000, evaluateEvery: 1_000 });
    // From tile 0 or 1, the shortest ways are worth 0.7 and 0.8.
    const { min, max, meanLength } = await evaluate(agent, { episodes: 20, seed: 5, stepLimit: 20 });
    expectClose([min, max], [0.7, 0.8]);
    expect(meanLength).toBeLessThanOrEqual(4);
  });

  test('is trained on, evaluated and watched from the command line', async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const trained = await runCli(
      ['train', 'q-learning', '--env', walk, '--steps', '3000', '--seed', '1', '--out', 'run'],
      { cwd },
    );
    expect(trained.stderr + trained.stdout).toMatch(/mean return 0\.[78]/);
    const evaluated = await runCli(['evaluate', 'run', '--episodes', '10', '--json'], { cwd });
    expect(JSON.parse(evaluated.stdout).mean).toBeGreaterThan(0.69);
    const watched = await runCli(['watch', 'run'], { cwd });
    expect(watched.stderr).toContain(`${walk}: has no picture or text view`);
  });

  test('tells what it threw, and its other copies go on', async () => {
    const lava = await startPython([WALK, server.url, 'lava']);
    const env = makeEnv(environmentDefinition(`${server.url}/lava`));
    const other = makeEnv(environmentDefinition(`${server.url}/lava`));
    env.reset({ seed: 0 });
    other.reset({ seed: 0 });
    other.step(1);
    expect(() => env.step(0) && env.step(0)).toThrow(
      '/lava: step failed in its own process: RuntimeError: the floor is lava',
    );
    expect(other.step(1).reward).toBe(-0.1);
    await stop(lava);
  });

  test('an episode that its server lost is cut off, and the next one begins', async () => {
    const env = makeEnv(environmentDefinition(walk));
    const { observation } = env.reset({ seed: 0 });
    env.step(1);
    await stop(python);
    python = await startPython([WALK, server.url, 'walk']);
    expect(env.step(1)).toMatchObject({ reward: 0, terminated: false, truncated: true });
    expect(env.reset({ seed: 0 }).observation).toBe(observation);
    expect(env.step(1)).toMatchObject({ reward: -0.1, truncated: false });
  });

  test('a restored episode is another row: it is cut off as well, and the first one goes on', () => {
    const env = makeEnv(environmentDefinition(walk));
    env.reset({ seed: 0 });
    const copy = makeEnv(environmentDefinition(walk));
    copy.restore(env.state());
    expect(copy.step(1).truncated).toBe(true);
    expect(env.step(1).truncated).toBe(false);
  });
});

test('nobody who serves it, no server, a wrong address and a login in it are told', () => {
  expect(() => environmentDefinition(`${server.url}/nothing`)).toThrow('skein.env.nothing: nobody listens');
  expect(() => environmentDefinition('nats://127.0.0.1:1/walk')).toThrow('NATS server at nats://127.0.0.1:1');
  expect(() => environmentDefinition('nats://127.0.0.1')).toThrow('expected nats://HOST:PORT/NAME');
  expect(() => environmentDefinition('nats://me:secret@127.0.0.1/walk')).toThrow('expected an address without a login');
  expect(() => externalEnvironment({ servers: server.url, name: 'a b' })).toThrow('expected a name of letters');
});

test.skipIf(!hasGymnasium)("Gymnasium's own CartPole-v1 moves as ours does", async () => {
  const gymnasium = await startPython([SERVE, 'CartPole-v1', '--nats', server.url, '--name', 'real']);
  try {
    const theirs = makeEnv(environmentDefinition(`${server.url}/real`));
    const ours = makeEnv('CartPole-v1');
    expect(theirs.definition).toMatchObject({ stepLimit: 500, solvedAt: 475 });
    ours.reset({ seed: 0 });
    const { observation } = theirs.reset({ seed: 0 });
    ours.restore({ ...ours.state(), state: Float64Array.from(observation as Float32Array) });
    for (let step = 0; ; step++) {
      const action = step % 3 === 0 ? 0 : 1;
      const theirStep = theirs.step(action);
      const ourStep = ours.step(action);
      // Theirs began from numbers that were not rounded to 32 bits.
      expectClose(theirStep.observation as Float32Array, ourStep.observation, { atol: 1e-5 });
      expect(theirStep.terminated).toBe(ourStep.terminated);
      if (ourStep.terminated) return;
    }
  } finally {
    await stop(gymnasium);
  }
});
