/** The learning methods against exact optima; returns of policies are computed from the transition tables, not sampled. */

import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../agent/evaluate.ts';
import { environmentDefinition } from '../env/registry.ts';
import type { DiscreteDefinition } from '../env/tabular.ts';
import { type TransitionTable, transitions } from '../env/transitions.ts';
import { gridWorld } from '../envs/grid-world.ts';
import { ActionValues } from './action-values.ts';
import { actionValues, startValue } from './bellman.ts';
import { doubleQLearning } from './double-q-learning.ts';
import { dynaQ } from './dyna-q.ts';
import { expectedSarsa } from './expected-sarsa.ts';
import { epsilonGreedy, explorationPolicy } from './exploration.ts';
import { monteCarlo } from './monte-carlo.ts';
import { nStepSarsa } from './n-step-sarsa.ts';
import { policyEvaluation } from './policy-evaluation.ts';
import { qLearning } from './q-learning.ts';
import { sarsa } from './sarsa.ts';
import { valueIteration } from './value-iteration.ts';

const METHODS = { qLearning, sarsa, expectedSarsa, doubleQLearning, nStepSarsa, monteCarlo, dynaQ };
type Method = typeof qLearning;
const methods = Object.values(METHODS).map((method) => [method.name, method as unknown as Method] as const);

/** The table that a run ends with. */
async function learned(method: Method, options: Parameters<Method['train']>[0], definition?: DiscreteDefinition) {
  const hooks = definition === undefined ? {} : { definition };
  const steps = options?.steps ?? 1;
  const { agent } = await method.train({ seed: 1, evaluateEvery: steps, evaluationEpisodes: 1, ...options }, hooks);
  const table = transitions(agent.definition);
  const q = new ActionValues(table.states, table.actions);
  q.values.set(agent.policy.weights()[0]!);
  return { q, table };
}

/** Exact mean return of acting with probability epsilon at random, else greedily, in episodes of `limit` steps. */
function exactReturn({ q, table }: { q: ActionValues; table: TransitionTable }, limit: number, epsilon = 0): number {
  const greedy = Int32Array.from({ length: table.states }, (_, s) => q.greedy(s));
  const policy =
    epsilon === 0
      ? greedy
      : explorationPolicy(
          q,
          epsilonGreedy(() => epsilon),
        );
  return startValue(table, policyEvaluation(table, policy, { gamma: 1, maxSweeps: limit, tolerance: 0 }).values);
}

test.each([1, 2, 3])(
  'Q-learning solves FrozenLake on slippery ice, seed %i: at least 0.73 of at most 0.7442',
  async (seed) => {
    expect(exactReturn(await learned(qLearning, { env: 'FrozenLake-v1', steps: 300_000, seed }), 100)).toBeGreaterThan(
      0.73,
    );
  },
);

test('Q-learning solves the large FrozenLake: at least 0.85 of at most 0.9132', async () => {
  expect(exactReturn(await learned(qLearning, { env: 'FrozenLake8x8-v1', steps: 3_000_000 }), 200)).toBeGreaterThan(
    0.85,
  );
});

test('Q-learning drives the Taxi perfectly from all 300 starts', async () => {
  expectClose(exactReturn(await learned(qLearning, { env: 'Taxi-v4', steps: 300_000 }), 200), 7.93, { atol: 1e-9 });
});

describe('CliffWalking', () => {
  const cliff = { env: 'CliffWalking-v1', steps: 200_000, epsilonStart: 0.1, epsilonEnd: 0.1, gamma: 1 };

  test.each([qLearning, doubleQLearning, dynaQ].map((method) => [method.name, method as unknown as Method] as const))(
    '%s takes the shortest path, which is dear while exploring',
    async (_name, method) => {
      const curious = { epsilonStart: 0.5, epsilonEnd: 0.5 };
      const result = await learned(method, {
        ...cliff,
        ...curious,
        learningRateSchedule: 'constant',
        learningRate: 0.5,
      });
      expect(exactReturn(result, 1000)).toBe(-13);
      expect(exactReturn(result, 5000, 0.1)).toBeLessThan(-45);
    },
  );

  test.each([sarsa, expectedSarsa, nStepSarsa].map((method) => [method.name, method as unknown as Method] as const))(
    '%s stays away from the edge, which is cheaper while exploring',
    async (_name, method) => {
      const result = await learned(method, { ...cliff, learningRateSchedule: 'linear', learningRate: 0.5 });
      expect(exactReturn(result, 1000)).toBeLessThan(-14);
      // The best policy that explores this much returns -20.71.
      expect(exactReturn(result, 5000, 0.1)).toBeGreaterThan(-30);
    },
  );
});

/** Three by three, slippery, with a hole in the middle. */
const small = gridWorld({ map: ['S..', '.H.', '..G'], slip: { intended: 0.8, side: 0.1 }, stepReward: -0.04 });

test.each([
  ['q-learning', qLearning, 600_000],
  ['double-q-learning', doubleQLearning, 600_000],
  ['dyna-q', dynaQ as unknown as Method, 100_000],
] as const)('%s converges to q* under random behaviour', async (_name, method, steps) => {
  const { q, table } = await learned(method, { steps, gamma: 0.9, epsilonEnd: 1, learningRatePower: 0.8 }, small);
  const optimal = actionValues(table, valueIteration(table, { gamma: 0.9 }).values, 0.9);
  expectClose(tried(q.values, table), tried(optimal, table), { atol: 0.03 });
});

test.each([sarsa, expectedSarsa, nStepSarsa, monteCarlo].map((m) => [m.name, m as unknown as Method] as const))(
  '%s converges to the values of its behaviour',
  async (_name, method) => {
    const { q, table } = await learned(
      method,
      { steps: 600_000, gamma: 0.9, epsilonEnd: 1, learningRatePower: 0.8 },
      small,
    );
    const random = new Float64Array(table.states * table.actions).fill(1 / table.actions);
    const values = actionValues(table, policyEvaluation(table, random, { gamma: 0.9 }).values, 0.9);
    expectClose(tried(q.values, table), tried(values, table), { atol: 0.03 });
  },
);

/** The values of states that episodes do not end in: nothing is ever tried in the others. */
function tried(values: Float64Array, { actions }: TransitionTable): Float64Array {
  return values.filter((_, pair) => ![4, 8].includes(Math.floor(pair / actions)));
}

test('n-step SARSA with n = 1 is SARSA', async () => {
  const options = { env: 'FrozenLake-v1', steps: 5000 };
  const one = { ...options, nSteps: 1 } as typeof options;
  const { q } = await learned(nStepSarsa as unknown as Method, one);
  expect(q.values).toEqual((await learned(sarsa as unknown as Method, options)).q.values);
});

test('Dyna-Q without planning is Q-learning, and with it needs fewer steps', async () => {
  const options = { env: 'CliffWalking-v1', steps: 3000, epsilonStart: 0.1 };
  const without = await learned(dynaQ as unknown as Method, { ...options, planningSteps: 0 } as typeof options);
  const plain = await learned(qLearning, options);
  expect(without.q.values).toEqual(plain.q.values);
  const planned = await learned(dynaQ as unknown as Method, { ...options, planningSteps: 20 } as typeof options);
  expect(exactReturn(planned, 200)).toBe(-13);
  expect(exactReturn(plain, 200)).toBeLessThan(-13);
});

test('Monte Carlo plays Blackjack better than 42 of 100', async () => {
  const { agent } = await monteCarlo.train({
    env: 'Blackjack-v1',
    steps: 300_000,
    evaluateEvery: 300_000,
    gamma: 1,
    learningRatePower: 1,
  });
  const { mean, returns } = await evaluate(agent, { episodes: 20_000, seed: 5 });
  expect(mean).toBeGreaterThan(-0.08);
  expect(returns.filter((value) => value > 0).length / returns.length).toBeGreaterThan(0.42);
});

test('softmax explores well enough to find the goal', async () => {
  const result = await learned(qLearning, { env: 'FrozenLake-v1', steps: 300_000, exploration: 'softmax' });
  expect(exactReturn(result, 100)).toBeGreaterThan(0.7);
});

test.each(methods)('%s refuses observations of real numbers', async (_name, method) => {
  await expect(method.train({ env: 'CartPole-v1' })).rejects.toThrow(/integers, got CartPole-v1/);
});

test('an agent of another table does not fit', () => {
  const policy = qLearning.policy(environmentDefinition('FrozenLake-v1'), {} as never);
  expect(() => policy.setWeights([new Float32Array(3)])).toThrow('table: expected 64 action values, got 3');
});
