/**
 * Bellman's equations over a transition table (Sutton and Barto, "Reinforcement Learning: An Introduction", ch. 3-4).
 *
 * Notation: s a state, a an action, pair = s * actions + a, v values of states, q values of pairs, pi a policy: either
 * one action a state (`Int32Array`, [states]) or probabilities (`Float64Array`, [states * actions]), gamma the discount.
 */

import { SkeinError } from '@skein/core';
import type { TransitionTable } from '../env/transitions.ts';

/** One action a state, or a probability a pair. */
export type TabularPolicy = Int32Array | Float64Array;

/** What the planning methods take. */
export interface PlanningOptions {
  /** Discount in [0, 1]; 1 only where every policy, or a horizon, ends the episode. */
  readonly gamma?: number;
  /** Largest error of the values that is accepted. */
  readonly tolerance?: number;
  /** Sweeps after which to stop. From values of 0, n sweeps give exactly the values of episodes of n steps. */
  readonly maxSweeps?: number;
  /** Values to start from, [states]; default: 0. */
  readonly from?: Float64Array;
}

export const planningDefaults = {
  gamma: 0.99,
  tolerance: 1e-10,
  maxSweeps: 1_000_000,
} as const satisfies PlanningOptions;

/** Values of states, and how they were reached. */
export interface PlannedValues {
  readonly values: Float64Array;
  readonly sweeps: number;
  /** False if `maxSweeps` came first. */
  readonly converged: boolean;
}

/** q(s, a) = sum over s', r of p(s', r | s, a) (r + gamma v(s')). */
export function actionValue(table: TransitionTable, pair: number, values: Float64Array, gamma: number): number {
  const { first, probability, reward, next, terminated } = table;
  let total = 0;
  for (let outcome = first[pair]!; outcome < first[pair + 1]!; outcome++) {
    const future = terminated[outcome] === 1 ? 0 : gamma * values[next[outcome]!]!;
    total += probability[outcome]! * (reward[outcome]! + future);
  }
  return total;
}

/** q of every pair, [states * actions]. */
export function actionValues(table: TransitionTable, values: Float64Array, gamma: number): Float64Array {
  return Float64Array.from({ length: table.states * table.actions }, (_, pair) =>
    actionValue(table, pair, values, gamma),
  );
}

/** Values closer than this count as equal, so that rounding does not decide between equally good actions. */
const TIE = 1e-12;

/** The greedy policy of values of states; the first one among equally good actions. */
export function greedyActions(table: TransitionTable, values: Float64Array, gamma: number): Int32Array {
  const { states, actions } = table;
  const q = actionValues(table, values, gamma);
  return Int32Array.from({ length: states }, (_, s) => {
    let best = 0;
    for (let a = 1; a < actions; a++) if (q[s * actions + a]! > q[s * actions + best]! + TIE) best = a;
    return best;
  });
}

/** Mean value of the first state. */
export function startValue(table: TransitionTable, values: Float64Array): number {
  return table.start.reduce((sum, probability, s) => sum + probability * values[s]!, 0);
}

/** Repeats v(s) <- backup(s, v) for all states at once until the values are within the tolerance. */
export function sweep(
  states: number,
  options: PlanningOptions,
  backup: (s: number, values: Float64Array, gamma: number) => number,
): PlannedValues {
  const { gamma, tolerance, maxSweeps } = { ...planningDefaults, ...options };
  if (!(gamma >= 0 && gamma <= 1)) {
    throw new SkeinError('INPUT', `gamma: expected a number in [0, 1], got ${gamma}`);
  }
  // A change of d in one sweep bounds the distance to the fixed point by d gamma / (1 - gamma).
  const enough = gamma > 0 && gamma < 1 ? (tolerance * (1 - gamma)) / gamma : tolerance;
  let values = options.from?.slice() ?? new Float64Array(states);
  let following = new Float64Array(states);
  for (let sweeps = 1; sweeps <= maxSweeps; sweeps++) {
    let change = 0;
    for (let s = 0; s < states; s++) {
      following[s] = backup(s, values, gamma);
      change = Math.max(change, Math.abs(following[s]! - values[s]!));
    }
    [values, following] = [following, values];
    if (change <= enough) return { values, sweeps, converged: true };
  }
  return { values, sweeps: maxSweeps, converged: false };
}
