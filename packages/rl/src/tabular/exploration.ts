/** Exploration rules as values: each turns the action values of one state into probabilities of its legal actions. */

import type { Schedule } from '../schedule.ts';
import type { ActionValues } from './action-values.ts';

/** Writes the probabilities of the actions in `state` after `step` steps. */
export type Exploration = (q: ActionValues, state: number, step: number, out: Float64Array) => void;

/** A random action with probability epsilon, else a best one; equally good ones are equally likely. */
export function epsilonGreedy(epsilon: Schedule): Exploration {
  return (q, state, step, out) => {
    const best = q.max(state);
    let ties = 0;
    let legal = 0;
    for (let a = 0; a < q.actions; a++) {
      if (!q.isLegal(state, a)) continue;
      legal++;
      if (q.get(state, a) === best) ties++;
    }
    const random = epsilon(step) / legal;
    const greedy = (1 - epsilon(step)) / ties;
    for (let a = 0; a < q.actions; a++) {
      out[a] = q.isLegal(state, a) ? random + (q.get(state, a) === best ? greedy : 0) : 0;
    }
  };
}

/** Boltzmann's distribution: probabilities in proportion to exp(Q / temperature). */
export function softmax(temperature: Schedule): Exploration {
  return (q, state, step, out) => {
    const best = q.max(state);
    const t = temperature(step);
    let sum = 0;
    for (let a = 0; a < q.actions; a++) {
      out[a] = q.isLegal(state, a) ? Math.exp((q.get(state, a) - best) / t) : 0;
      sum += out[a]!;
    }
    for (let a = 0; a < q.actions; a++) out[a] = out[a]! / sum;
  };
}

/** The probabilities of all pairs after `step` steps, [states * actions]: a policy that can be evaluated exactly. */
export function explorationPolicy(q: ActionValues, exploration: Exploration, step = 0): Float64Array {
  const policy = new Float64Array(q.values.length);
  for (let s = 0; s < q.states; s++) {
    exploration(q, s, step, policy.subarray(s * q.actions, (s + 1) * q.actions));
  }
  return policy;
}
