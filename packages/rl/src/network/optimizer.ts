/** Optimisers and single variables in checkpoints. */

import { SkeinError, Type } from '@skein/core';
import { type OptimizerState, optimizerState, tf } from '@skein/nn';

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

/** Sets variables to saved numbers. Throws `CHECKPOINT` if their count or a length differs. */
export function restoreVariables(variables: readonly tf.Variable[], saved: readonly Float32Array[]): void {
  const [expected, found] = [variables.map(({ size }) => size), saved.map(({ length }) => length)];
  if (String(expected) !== String(found)) {
    throw new SkeinError('CHECKPOINT', `learned variables: expected sizes [${expected}], got [${found}]`, {
      advice: 'resume with the algorithm and configuration that wrote the checkpoint',
    });
  }
  tf.tidy(() => {
    for (const [i, variable] of variables.entries()) variable.assign(tf.tensor(saved[i]!, variable.shape));
  });
}
