/**
 * Learning proof: what each algorithm must reach from several seeds, on fresh episodes, with the options that a run takes
 * by default. Thresholds are those at which an environment counts as solved; bench/rl/full-table.ts has the wider proof.
 */

import { useBackend } from '@skein/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../agent/evaluate.ts';
import { type AlgorithmName, algorithm } from './registry.ts';

beforeAll(async () => {
  await useBackend('simd');
});

/** Far more than a run needs alone: tests share the machine. */
const TIMEOUT_MS = 300_000;

interface Proof {
  readonly name: AlgorithmName;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly seeds: readonly number[];
}

async function score(name: AlgorithmName, options: Readonly<Record<string, unknown>>, seed: number): Promise<number> {
  const { agent } = await algorithm(name).train({ ...options, seed });
  const { mean } = await evaluate(agent, { episodes: 100, seed: 50_000 });
  agent.policy.dispose();
  return mean;
}

const cases = (proofs: readonly Proof[]) =>
  proofs.flatMap(({ name, options = {}, seeds }) =>
    seeds.map((seed) => [`${name} ${JSON.stringify(options)}`, seed, name, options] as const),
  );

describe('CartPole-v1 is solved: 475 of at most 500', () => {
  const env = { env: 'CartPole-v1', stopAtReturn: 475 };
  test.each(
    cases([
      { name: 'dqn', seeds: [1, 2, 3] },
      { name: 'dqn', options: { distribution: 'quantile' }, seeds: [1] },
      { name: 'dqn', options: { noisy: true }, seeds: [1] },
      { name: 'dqn', options: { distribution: 'categorical' }, seeds: [2] },
      { name: 'rainbow', seeds: [3] },
      { name: 'ppo', seeds: [1, 3, 5] },
      { name: 'a2c', seeds: [1, 2, 4] },
      { name: 'reinforce', seeds: [1, 2, 3] },
      { name: 'reinforce', options: { baseline: false }, seeds: [1] },
    ]),
  )('by %s, seed %i', { timeout: TIMEOUT_MS }, async (_label, seed, name, options) => {
    expect(await score(name, { ...env, ...options }, seed)).toBeGreaterThanOrEqual(475);
  });
});

describe('MountainCarContinuous-v0 is left: 90; who finds no way out gets 0, the optimum is 99.65', () => {
  const env = { env: 'MountainCarContinuous-v0', stopAtReturn: 90 };
  test.each(
    cases([
      { name: 'td3', seeds: [4] },
      { name: 'sac', seeds: [1, 2, 3] },
    ]),
  )('by %s, seed %i', { timeout: TIMEOUT_MS }, async (_label, seed, name, options) => {
    expect(await score(name, { ...env, ...options }, seed)).toBeGreaterThanOrEqual(90);
  });
});

describe('Pendulum-v1 swings up: -200; random actions give -1225, the optimum is -137', () => {
  const env = { env: 'Pendulum-v1', steps: 14_000, stopAtReturn: -180 };
  test.each(
    cases([
      { name: 'ddpg', seeds: [1, 2] },
      { name: 'td3', seeds: [1, 2] },
      { name: 'sac', seeds: [1] },
      { name: 'a2c', options: { steps: 400_000 }, seeds: [1, 6] },
    ]),
  )('by %s, seed %i', { timeout: TIMEOUT_MS }, async (_label, seed, name, options) => {
    expect(await score(name, { ...env, ...options }, seed)).toBeGreaterThanOrEqual(-200);
  });
});
