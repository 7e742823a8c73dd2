import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { environmentDefinition } from '../env/registry.ts';
import { type TransitionTable, transitions, transitionTable } from '../env/transitions.ts';
import { ActionValues } from './action-values.ts';
import { actionValue, actionValues, startValue } from './bellman.ts';
import { epsilonGreedy, explorationPolicy } from './exploration.ts';
import { policyEvaluation } from './policy-evaluation.ts';
import { policyIteration } from './policy-iteration.ts';
import { valueIteration } from './value-iteration.ts';

const tableOf = (id: string): TransitionTable => transitions(environmentDefinition(id));

/** Stays in state 0 with probability p for a reward of 1 a step, else ends. Value 1 / (1 - gamma p). */
const staying = (p: number): TransitionTable =>
  transitionTable({
    states: 1,
    actions: 1,
    start: [1],
    outcomes: () => [
      { probability: p, next: 0, reward: 1, terminated: false },
      { probability: 1 - p, next: 0, reward: 1, terminated: true },
    ],
  });

test('a geometric series by hand', () => {
  expectClose(policyEvaluation(staying(0.5), Int32Array.of(0), { gamma: 0.9 }).values, [1 / 0.55], { rtol: 1e-9 });
  expectClose(policyEvaluation(staying(0.5), Float64Array.of(1), { gamma: 1 }).values, [2], { rtol: 1e-9 });
  expect(policyEvaluation(staying(1), Int32Array.of(0), { gamma: 1, maxSweeps: 7 })).toMatchObject({
    values: Float64Array.of(7),
    sweeps: 7,
    converged: false,
  });
});

// Discounted values of the start under the best policy: gamma 0.9, 0.95, 0.99, 0.999.
const OPTIMA: Readonly<Record<string, readonly number[]>> = {
  'FrozenLake-v1': [0.0688909, 0.1804716, 0.5420259, 0.7855333],
  'FrozenLake8x8-v1': [0.0064111, 0.0482502, 0.4146404, 0.8926355],
  'CliffWalking-v1': [-7.4581342, -9.7331583, -12.2478977, -12.9222853],
  'CliffWalkingSlippery-v1': [-9.9364173, -18.7568307, -46.3526722, -62.4122606],
  'Taxi-v4': [-1.2633231, 1.72993, 6.3274643, 7.7598981],
};
const GAMMAS = [0.9, 0.95, 0.99, 0.999];

describe.each(Object.entries(OPTIMA))('%s', (id, optima) => {
  const table = tableOf(id);
  test.each(GAMMAS.map((gamma, i) => [gamma, optima[i]!] as const))(
    'value of the start for gamma %d',
    (gamma, optimum) => {
      expectClose(startValue(table, valueIteration(table, { gamma }).values), optimum, { atol: 5.1e-8 });
    },
  );

  test('policy iteration finds the values of value iteration', () => {
    const gamma = 0.9;
    const byPolicies = policyIteration(table, { gamma });
    expectClose(byPolicies.values, valueIteration(table, { gamma }).values, { atol: 1e-8 });
    expectClose(policyEvaluation(table, byPolicies.policy, { gamma }).values, byPolicies.values, { atol: 1e-8 });
  });

  test("the values obey Bellman's equations", () => {
    const gamma = 0.95;
    const { values, policy } = valueIteration(table, { gamma });
    const q = actionValues(table, values, gamma);
    for (let s = 0; s < table.states; s++) {
      expectClose(values[s]!, Math.max(...q.subarray(s * table.actions, (s + 1) * table.actions)), { atol: 1e-9 });
      expectClose(actionValue(table, s * table.actions + policy[s]!, values, gamma), values[s]!, { atol: 1e-9 });
    }
  });
});

test('FrozenLake: values and actions row by row', () => {
  const { values, policy } = valueIteration(tableOf('FrozenLake-v1'), { gamma: 0.99 });
  const expected = [
    [0.542026, 0.498803, 0.470696, 0.456852],
    [0.558451, 0, 0.358348, 0],
    [0.591799, 0.64308, 0.615208, 0],
    [0, 0.74172, 0.862837, 0],
  ].flat();
  expectClose(values, expected, { atol: 5.1e-7 });
  const decisive = [0, 1, 2, 3, 4, 8, 9, 10, 13, 14];
  expect(decisive.map((s) => policy[s])).toEqual([0, 3, 3, 3, 0, 3, 1, 0, 2, 1]);
});

// Undiscounted return within the step limit: the best possible, and that of the greedy policy of gamma 0.99.
test.each([
  ['FrozenLake-v1', 100, 0.74419, 0.740165],
  ['FrozenLake8x8-v1', 200, 0.91322, 0.862955],
  ['CliffWalking-v1', 1000, -13, -13],
  ['CliffWalkingSlippery-v1', 10_000, -64.7092, -64.7092],
  ['Taxi-v4', 200, 7.93, 7.93],
])('%s: %d sweeps are the return of %d steps', (id, maxSweeps, best, ofGreedy) => {
  const table = tableOf(id);
  const episodes = { gamma: 1, maxSweeps, tolerance: 0 };
  expectClose(startValue(table, valueIteration(table, episodes).values), best, { atol: 3e-5 });
  const { policy } = valueIteration(table, { gamma: 0.99 });
  expectClose(startValue(table, policyEvaluation(table, policy, episodes).values), ofGreedy, { atol: 3e-5 });
});

test.each([
  [0.1, -50.8],
  [0.01, -16.11],
])('CliffWalking: the optimal path walked with epsilon %d returns %d', (epsilon, expected) => {
  const table = tableOf('CliffWalking-v1');
  const q = new ActionValues(table.states, table.actions);
  // Rounded, so that equally good actions are exactly equal.
  q.values.set(actionValues(table, valueIteration(table, { gamma: 1 }).values, 1).map(Math.round));
  const walk = explorationPolicy(
    q,
    epsilonGreedy(() => epsilon),
  );
  expectClose(startValue(table, policyEvaluation(table, walk, { gamma: 1 }).values), expected, { atol: 6e-3 });
});

test('what does not fit is refused', () => {
  expect(() => valueIteration(staying(0.5), { gamma: 1.1 })).toThrow('gamma: expected a number in [0, 1], got 1.1');
  expect(() => policyEvaluation(staying(0.5), Int32Array.of(0, 0))).toThrow('policy: expected 1 numbers, got 2');
  expect(() => transitions(environmentDefinition('CartPole-v1'))).toThrow(/CartPole-v1: expected .* transition table/);
  expect(() => staying(1.5)).toThrow(/outcomes of state 0, action 0: expected probabilities that add up to 1/);
});
