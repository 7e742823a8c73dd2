/** Target networks: copies of a network that follow it slowly. */

import { type Compiled, compile, copyWeights, tf } from '@skein/nn';

/** target = (1 - rate) target + rate online, weight by weight; for use inside of compiled functions. */
export function blendWeights(online: tf.LayersModel, target: tf.LayersModel, rate: number): void {
  for (const [i, weight] of target.weights.entries()) {
    const to = weight.read() as tf.Variable;
    to.assign(tf.add(tf.mul(to, 1 - rate), tf.mul(online.weights[i]!.read(), rate)));
  }
}

/** Moves a target network towards the network that it follows. */
export interface TargetUpdate {
  update(): void;
  dispose(): void;
}

/** The update of `target` towards `online` (same architecture) by `rate` of the way; rate 1 copies. */
export function targetUpdate(online: tf.LayersModel, target: tf.LayersModel, rate: number): TargetUpdate {
  if (rate === 1) return { update: () => copyWeights(online, target), dispose: () => {} };
  const blend: Compiled<[], tf.Tensor[]> = compile(
    () => {
      blendWeights(online, target, rate);
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
