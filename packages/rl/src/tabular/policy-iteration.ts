/** Policy iteration (Howard, 1960; Sutton and Barto, section 4.3): evaluate, become greedy, until nothing changes. */

import type { TransitionTable } from '../env/transitions.ts';
import { actionValue, type PlanningOptions, planningDefaults } from './bellman.ts';
import { policyEvaluation } from './policy-evaluation.ts';
import type { OptimalPlan } from './value-iteration.ts';

/** An optimal plan and the number of policies that were evaluated on the way. */
export interface PolicyIterationPlan extends OptimalPlan {
  readonly policies: number;
}

/** Improvements smaller than this multiple of the tolerance are errors of the evaluation, not better actions. */
const NOISE = 4;

/** v* by policy iteration. `sweeps` counts those of all evaluations. */
export function policyIteration(table: TransitionTable, options: PlanningOptions = {}): PolicyIterationPlan {
  const { gamma, tolerance } = { ...planningDefaults, ...options };
  const policy = new Int32Array(table.states);
  let from = options.from ?? new Float64Array(table.states);
  let sweeps = 0;
  for (let policies = 1; ; policies++) {
    // The last policy's values are close to those of its improvement.
    const evaluated = policyEvaluation(table, policy, { ...options, from });
    sweeps += evaluated.sweeps;
    from = evaluated.values;
    const improved = improve(table, policy, evaluated.values, gamma, NOISE * tolerance);
    if (!improved || !evaluated.converged) return { ...evaluated, sweeps, policy, policies };
  }
}

/** Makes the policy greedy where that is better by more than `margin`; true if any state changed. */
function improve(
  table: TransitionTable,
  policy: Int32Array,
  values: Float64Array,
  gamma: number,
  margin: number,
): boolean {
  const { states, actions } = table;
  let changed = false;
  for (let s = 0; s < states; s++) {
    let best = actionValue(table, s * actions + policy[s]!, values, gamma) + margin;
    for (let a = 0; a < actions; a++) {
      const value = actionValue(table, s * actions + a, values, gamma);
      if (value <= best) continue;
      best = value;
      policy[s] = a;
      changed = true;
    }
  }
  return changed;
}
