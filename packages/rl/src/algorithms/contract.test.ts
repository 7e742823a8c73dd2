/** What holds for every algorithm of the registry. */

import { execFileSync } from 'node:child_process';
import { type MetricRow, memorySink, optionsOf } from '@skein/core';
import { tf, useBackend } from '@skein/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../agent/evaluate.ts';
import { decodeAgent, encodeAgent } from '../agent/file.ts';
import { decodeTraining, encodeTraining } from '../training/checkpoint.ts';
import type { TrainHooks, TrainingState, TrainResult } from '../training/run.ts';
import type { ActionKind, Algorithm } from './algorithm.ts';
import { algorithm, algorithms } from './registry.ts';

beforeAll(async () => {
  await useBackend('simd');
});

/** Small enough for a fraction of a second; options that an algorithm lacks are left out. */
const small: Readonly<Record<string, unknown>> = {
  seed: 2,
  steps: 420,
  hiddenUnits: [8],
  bufferSize: 200,
  batchSize: 8,
  learningStarts: 60,
  evaluateEvery: 150,
  evaluationEpisodes: 2,
  checkpointEvery: 110,
  reportEvery: 130,
  trainEvery: 2,
  updatesPerRound: 1,
  envCount: 2,
  rolloutSteps: 32,
  noiseCorrelation: 0.9,
};

function smallConfig({ config }: Algorithm): Record<string, unknown> {
  const known = new Set(optionsOf(config).map(({ name }) => name));
  return Object.fromEntries(Object.entries(small).filter(([name]) => known.has(name)));
}

interface Trace {
  readonly rows: readonly MetricRow[];
  readonly checkpoints: readonly TrainingState[];
  readonly result: TrainResult;
}

async function traceOf(made: Algorithm, config: object, hooks: TrainHooks = {}): Promise<Trace> {
  const sink = memorySink();
  const checkpoints: TrainingState[] = [];
  const result = await made.train(config, {
    sink,
    onCheckpoint: (state) => {
      checkpoints.push(decodeTraining(encodeTraining(state)));
    },
    ...hooks,
  });
  // Speed is the one metric that may differ between equal runs.
  const rows = sink.rows.map(({ step, metrics }) => {
    const { 'perf/steps-per-second': _speed, ...rest } = metrics;
    return { step, metrics: rest };
  });
  return { rows, checkpoints, result };
}

describe.each(Object.keys(algorithms))('%s', (name) => {
  const made = algorithm(name);

  test('is registered under its name, and every option is described', () => {
    expect(made.name).toBe(name);
    for (const option of optionsOf(made.config)) expect(option.description, option.name).not.toBe('');
    expect(optionsOf(made.config).filter((option) => option.required)).toEqual([]);
  });

  test('equal seeds give equal runs; one that was killed and resumed equals both, bit for bit', async () => {
    const config = smallConfig(made);
    const whole = await traceOf(made, config);
    expect((await traceOf(made, config)).checkpoints).toEqual(whole.checkpoints);
    for (const checkpoint of whole.checkpoints.slice(0, 3)) {
      const rest = await traceOf(made, {}, { resumeFrom: checkpoint });
      expect(rest.checkpoints.at(-1)).toEqual(whole.checkpoints.at(-1));
      expect(rest.rows).toEqual(whole.rows.filter(({ step }) => step > checkpoint.step));
      expect(rest.result.agent.policy.weights()).toEqual(whole.result.agent.policy.weights());
    }
  });

  test('a saved agent acts as the original', async () => {
    const { result } = await traceOf(made, smallConfig(made));
    const expected = await evaluate(result.agent, { episodes: 3, seed: 4, stepLimit: 200 });
    const loaded = decodeAgent(encodeAgent(result.agent));
    expect(await evaluate(loaded, { episodes: 3, seed: 4, stepLimit: 200 })).toEqual(expected);
  });
});

const oneKind = Object.values(algorithms).filter(({ actions }) => (actions as ActionKind) !== 'both');
test.each(oneKind.map(({ name }) => name))('%s refuses an environment with the other kind of actions', async (name) => {
  const made = algorithm(name);
  const env = made.actions === 'discrete' ? 'Pendulum-v1' : 'CartPole-v1';
  await expect(made.train({ env })).rejects.toMatchObject({ code: 'CONFIG' });
});

test('another process makes the same run', () => {
  const program = `
    const { useBackend } = await import(${JSON.stringify(import.meta.resolve('@skein/nn'))});
    const { dqn, encodeTraining } = await import(${JSON.stringify(new URL('../index.ts', import.meta.url).href)});
    const { createHash } = await import('node:crypto');
    await useBackend('simd');
    let last;
    await dqn.train(${JSON.stringify(smallConfig(algorithm('dqn')))}, { onCheckpoint: (state) => { last = state; } });
    process.stdout.write(createHash('sha256').update(encodeTraining(last)).digest('hex'));`;
  const digest = () => execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  const [one, other] = [digest(), digest()];
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(other).toBe(one);
});

test.each(['dqn', 'td3', 'ppo'])('%s says so when it diverges', async (name) => {
  const made = algorithm(name);
  const rates = Object.fromEntries(
    optionsOf(made.config).flatMap((option) => (/learningRate$/i.test(option.name) ? [[option.name, 1e30]] : [])),
  );
  await expect(made.train({ ...smallConfig(made), ...rates })).rejects.toMatchObject({ code: 'NUMERIC' });
});

test('a failed run leaves no tensors behind', async () => {
  const fail = { onEvaluation: () => Promise.reject(new Error('no')) };
  const config = smallConfig(algorithm('td3'));
  await expect(algorithm('td3').train(config, fail)).rejects.toThrow('no');
  const { numTensors } = tf.memory();
  await expect(algorithm('td3').train(config, fail)).rejects.toThrow('no');
  expect(tf.memory().numTensors).toBe(numTensors);
});

test('PPO learns continuous actions by the same laws', async () => {
  const config = { ...smallConfig(algorithm('ppo')), env: 'Pendulum-v1' };
  const whole = await traceOf(algorithm('ppo'), config);
  const rest = await traceOf(algorithm('ppo'), {}, { resumeFrom: whole.checkpoints[1]! });
  expect(rest.checkpoints.at(-1)).toEqual(whole.checkpoints.at(-1));
});

test('an unknown name is refused with the list of names', () => {
  expect(() => algorithm('alphago')).toThrow(/algorithm: expected one of .*dqn.*, got alphago/);
});
