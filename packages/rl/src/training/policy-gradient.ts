/** The losses of policy gradient methods on a minibatch, for use inside of compiled functions. */

import { tf } from '@skein/nn';
import type { ActionDistribution } from '../network/distribution.ts';
import { applyNetwork } from '../network/factory.ts';

/**
 * What a policy maximises, for each row: log densities now and those when acting, advantages, all `[rows]`; the clip range
 * `[1]`.
 */
export type Objective = (
  logDensity: tf.Tensor,
  before: tf.Tensor,
  advantages: tf.Tensor,
  clipRange: tf.Tensor,
) => tf.Tensor;

/** The policy gradient itself: log densities, weighted by advantages. */
export const logDensityObjective: Objective = (logDensity, _before, advantages) => tf.mul(logDensity, advantages);

/** PPO's: the ratio of probabilities counts within the clip range, or where it makes the objective smaller. */
export const clippedObjective: Objective = (logDensity, before, advantages, clipRange) => {
  const ratio = tf.exp(tf.sub(logDensity, before));
  const clipped = tf.minimum(tf.maximum(ratio, tf.sub(1, clipRange)), tf.add(1, clipRange));
  return tf.minimum(tf.mul(ratio, advantages), tf.mul(clipped, advantages));
};

/** What learns. */
export interface PolicyGradientNetworks {
  readonly actor: tf.LayersModel;
  readonly critic: tf.LayersModel | null;
  readonly distribution: ActionDistribution;
}

/** A minibatch: columns of rows. */
export interface PolicyGradientBatch {
  readonly observations: tf.Tensor;
  readonly actions: tf.Tensor;
  readonly logDensities: tf.Tensor;
  readonly advantages: tf.Tensor;
  readonly returns: tf.Tensor;
  /** How much each row counts. */
  readonly weights: tf.Tensor;
  readonly clipRange: tf.Tensor;
  /** Legal actions, where some are not. */
  readonly legal: tf.Tensor | undefined;
}

/** The losses as functions, so that gradients can be taken. */
export interface PolicyGradientLosses {
  /** The losses of policy and critic (a mean square), and the entropy. */
  parts(): tf.Tensor[];
  /** What is minimised: policy + valueWeight * critic - entropyWeight * entropy. */
  total(): tf.Scalar;
}

/** The losses of a minibatch. */
export function policyGradientLosses(
  { actor, critic, distribution }: PolicyGradientNetworks,
  objective: Objective,
  { valueWeight, entropyWeight }: { readonly valueWeight: number; readonly entropyWeight: number },
  batch: PolicyGradientBatch,
): PolicyGradientLosses {
  const { observations, actions, logDensities, advantages, returns, weights, clipRange, legal } = batch;
  const mean = (x: tf.Tensor) => tf.div(tf.sum(tf.mul(x, weights)), tf.sum(weights));
  const policy = (): tf.Tensor => {
    const logDensity = distribution.logDensity(applyNetwork(actor, observations), actions, legal);
    return tf.neg(mean(objective(logDensity, logDensities, advantages, clipRange)));
  };
  const value = (): tf.Tensor =>
    critic === null ? tf.scalar(0) : mean(tf.square(tf.sub(returns, valuesOf(critic, observations))));
  const entropy = (): tf.Tensor => mean(distribution.entropy(applyNetwork(actor, observations), legal));
  return {
    parts: () => [policy(), value(), entropy()],
    total: () => {
      const both = critic === null ? policy() : tf.add(policy(), tf.mul(value(), valueWeight));
      return (entropyWeight === 0 ? both : tf.sub(both, tf.mul(entropy(), entropyWeight))) as tf.Scalar;
    },
  };
}

/** Values `[rows]` of observations. */
export const valuesOf = (critic: tf.LayersModel, observations: tf.Tensor): tf.Tensor =>
  tf.squeeze(applyNetwork(critic, observations), [1]);
