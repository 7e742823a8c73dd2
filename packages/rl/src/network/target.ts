/** Target networks: copies of a network that follow it slowly. */

import { type Compiled, compile, copyWeights, tf } from '@skein/nn';

/** Moves a target network towards the network that it follows. */
export interface TargetUpdate {
  /** target = (1 - rate) target + rate online, weight by weight. */
  update(): void;
  dispose(): void;
}

/** The update of `target` towards `online` (same architecture); rate 1 copies. */
export function targetUpdate(online: tf.LayersModel, target: tf.LayersModel, rate: number): TargetUpdate {
  if (rate === 1) return { update: () => copyWeights(online, target), dispose: () => {} };
  const pairs = target.weights.map((weight, i) => {
    return { to: weight.read() as tf.Variable, from: online.weights[i]!.read() as tf.Variable };
  });
  const blend: Compiled<[], tf.Tensor[]> = compile(
    () => {
      for (const { to, from } of pairs) to.assign(tf.add(tf.mul(to, 1 - rate), tf.mul(from, rate)));
      return [];
    },
    { inputs: [] },
  );
  return {
    update: () => {
      blend.run([], []);
    },
    dispose: () => blend.dispose(),
  };
}
