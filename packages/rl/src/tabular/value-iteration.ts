/** Value iteration (Sutton and Barto, section 4.4): Bellman's optimality equation as an update. */

import type { TransitionTable } from '../env/transitions.ts';
import {
  actionValue,
  greedyActions,
  type PlannedValues,
  type PlanningOptions,
  planningDefaults,
  sweep,
} from './bellman.ts';

/** Optimal values and an optimal policy. */
export interface OptimalPlan extends PlannedValues {
  /** One action a state; the first among equally good ones. */
  readonly policy: Int32Array;
}

/** v*: v(s) <- max over a of q(s, a). */
export function valueIteration(table: TransitionTable, options: PlanningOptions = {}): OptimalPlan {
  const { states, actions } = table;
  const planned = sweep(states, options, (s, v, gamma) => {
    let best = -Infinity;
    for (let a = 0; a < actions; a++) best = Math.max(best, actionValue(table, s * actions + a, v, gamma));
    return best;
  });
  return { ...planned, policy: greedyActions(table, planned.values, options.gamma ?? planningDefaults.gamma) };
}
