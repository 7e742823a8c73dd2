/** Optimisers in checkpoints. */

import { Type } from '@skein/core';
import { type OptimizerState, optimizerState, type tf } from '@skein/nn';

/** Schema of an optimiser's state; `setOptimizerState` checks the rest. */
export const OptimizerData = Type.Unsafe<OptimizerState>(
  Type.Object({ type: Type.String(), numbers: Type.Unknown(), variables: Type.Unknown(), slots: Type.Unknown() }),
);

/**
 * An optimiser's state with slots named by their position: tfjs names them after layers, whose numbers depend on how many
 * layers the process has made before.
 */
export function plainOptimizerState(optimizer: tf.Optimizer): OptimizerState {
  const state = optimizerState(optimizer);
  const slots = Object.entries(state.slots).map(([field, tensors]) => {
    return [field, tensors.map((tensor, i) => ({ ...tensor, name: String(i) }))];
  });
  return { ...state, slots: Object.fromEntries(slots) as OptimizerState['slots'] };
}
