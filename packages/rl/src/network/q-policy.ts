/** Action values from a network, and the policy that takes the largest. */

import { type Compiled, compile, modelWeights, setModelWeights, type tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import type { Features } from './features.ts';

/** A network of action values for discrete actions. */
export interface QNetwork {
  readonly model: tf.LayersModel;
  readonly features: Features;
  /** Number of actions. */
  readonly actions: number;
  /** The smallest action. */
  readonly firstAction: number;
}

/** Largest index of row `row` of `values` `[rows, n]`; the first one among equals. */
export function argmaxRow(values: ArrayLike<number>, row: number, n: number): number {
  let best = 0;
  for (let a = 1; a < n; a++) if (values[row * n + a]! > values[row * n + best]!) best = a;
  return best;
}

/** The greedy policy of a network of action values. */
export function greedyPolicy(network: QNetwork): Policy {
  const { model, features, actions, firstAction } = network;
  const forward: Compiled<[tf.Tensor], tf.Tensor> = compile((x: tf.Tensor) => model.apply(x) as tf.Tensor);
  const buffers = new Map<number, { readonly values: Float32Array; readonly chosen: Int32Array }>();
  const buffersFor = (count: number) => {
    let found = buffers.get(count);
    if (found === undefined) {
      forward.prepare({ shape: [count, features.size] });
      found = { values: new Float32Array(count * actions), chosen: new Int32Array(count) };
      buffers.set(count, found);
    }
    return found;
  };
  return {
    act: (observations, count) => {
      const { values, chosen } = buffersFor(count);
      forward.run([features.of(observations, count)], [values]);
      for (let row = 0; row < count; row++) chosen[row] = firstAction + argmaxRow(values, row, actions);
      return chosen;
    },
    weights: () => modelWeights(model),
    setWeights: (weights) => setModelWeights(model, weights),
    dispose: () => {
      forward.dispose();
      model.dispose();
    },
  };
}
