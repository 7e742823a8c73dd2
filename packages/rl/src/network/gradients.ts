/** Gradient steps with a bound on the gradient's length. */

import { tf } from '@skein/nn';

/** The trainable variables of a model. */
export function trainableVariables(model: tf.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}

/**
 * One optimiser step on `loss` over the variables of all groups; the gradient of each group is shortened to `maxNorm` where
 * it is longer (0: never). Returns the loss before the step, a scalar.
 */
export function clippedStep(
  optimizer: tf.Optimizer,
  loss: () => tf.Scalar,
  groups: readonly (readonly tf.Variable[])[],
  maxNorm: number,
): tf.Scalar {
  const { value, grads } = tf.variableGrads(loss, groups.flat());
  const ofGroup = (group: readonly tf.Variable[]) =>
    Object.fromEntries(group.map(({ name }) => [name, grads[name]!] as const));
  const clipped = () => groups.map((group) => clipByGlobalNorm(ofGroup(group), maxNorm));
  optimizer.applyGradients(maxNorm > 0 ? Object.assign({}, ...clipped()) : grads);
  return value;
}

/** Gradients scaled by min(1, maxNorm / their common Euclidean norm). */
export function clipByGlobalNorm(gradients: tf.NamedTensorMap, maxNorm: number): tf.NamedTensorMap {
  const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.sqrt(tf.addN(squares));
  const scale = tf.minimum(1, tf.div(maxNorm, tf.add(norm, 1e-6)));
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, scale)]));
}

/** Mean of squared errors, each times its weight; both `[rows]`. */
export function weightedSquares(errors: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  return tf.mean(tf.mul(weights, tf.square(errors)));
}
