/** Iterative policy evaluation (Sutton and Barto, section 4.1): the values of a policy. */

import { SkeinError } from '@skein/core';
import type { TransitionTable } from '../env/transitions.ts';
import { actionValue, type PlannedValues, type PlanningOptions, sweep, type TabularPolicy } from './bellman.ts';

/** v_pi: v(s) <- sum over a of pi(a | s) q(s, a). Throws `SHAPE` if the policy is of another table's size. */
export function policyEvaluation(
  table: TransitionTable,
  policy: TabularPolicy,
  options: PlanningOptions = {},
): PlannedValues {
  const { states, actions } = table;
  const expected = policy instanceof Int32Array ? states : states * actions;
  if (policy.length !== expected) {
    throw new SkeinError('SHAPE', `policy: expected ${expected} numbers, got ${policy.length}`);
  }
  if (policy instanceof Int32Array) {
    return sweep(states, options, (s, v, gamma) => actionValue(table, s * actions + policy[s]!, v, gamma));
  }
  return sweep(states, options, (s, v, gamma) => {
    let value = 0;
    for (let pair = s * actions; pair < (s + 1) * actions; pair++) {
      if (policy[pair]! > 0) value += policy[pair]! * actionValue(table, pair, v, gamma);
    }
    return value;
  });
}
