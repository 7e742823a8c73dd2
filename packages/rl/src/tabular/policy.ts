/** The greedy policy of a table of action values. */

import { SkeinError } from '@skein/core';
import type { Policy } from '../agent/policy.ts';
import { bestLegalAction } from '../env/action-mask.ts';
import type { ActionValues } from './action-values.ts';
import type { StateIndex } from './states.ts';

/** Takes the best action; its weights are the table, as one array, in which illegal actions are worth -Infinity. */
export function tabularPolicy(q: ActionValues, index: StateIndex, firstAction: number): Policy {
  let chosen = new Int32Array(1);
  return {
    act: (observations, count, masks = null) => {
      if (chosen.length !== count) chosen = new Int32Array(count);
      for (let row = 0; row < count; row++) {
        const state = index.of(observations, row);
        const mask = masks?.subarray(row * q.actions, (row + 1) * q.actions);
        chosen[row] =
          firstAction + (mask === undefined ? q.greedy(state) : bestLegalAction(q.row(state), 0, q.actions, mask));
      }
      return chosen;
    },
    weights: () => [Float32Array.from(q.values, (value, pair) => (q.legal?.[pair] === 0 ? -Infinity : value))],
    setWeights: (weights) => {
      const [values] = weights;
      if (weights.length !== 1 || values?.length !== q.values.length) {
        throw new SkeinError('SHAPE', `table: expected ${q.values.length} action values, got ${values?.length ?? 0}`);
      }
      q.values.set(values);
    },
    dispose: () => {},
  };
}
