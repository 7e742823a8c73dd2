/**
 * A2C, the synchronous form of A3C (Mnih et al., "Asynchronous methods for deep reinforcement learning",
 * arXiv:1602.01783), for discrete and continuous actions: a policy gradient with a critic from short rollouts of several
 * environments, each learned from once.
 *
 * Details that change results, marked where they happen; [G1] to [G7] of training/on-policy.ts hold as well:
 * [A1] One gradient step on the whole rollout, whose advantages are normalised. The paper's are not.
 * [A2] The optimiser is Adam, or RMSProp with a decay of 0.99 and an epsilon of 1e-5, as in the paper.
 */

import { type Static, Type } from '@skein/core';
import { tf } from '@skein/nn';
import { completeConfig, trainingEnvironment } from '../training/configure.ts';
import { onPolicyPolicy, type PolicyGradient, trainOnPolicy } from '../training/on-policy.ts';
import { onPolicyOptions, rolloutOptions } from '../training/on-policy-options.ts';
import { logDensityObjective } from '../training/policy-gradient.ts';
import type { Algorithm } from './algorithm.ts';

/** A2C's options. */
export const A2cConfig = Type.Object(
  {
    ...onPolicyOptions({ learningRate: 2e-3, gamma: 0.99 }),
    ...rolloutOptions({ envCount: 8, rolloutSteps: 8, lambda: 0.95 }),
    normaliseAdvantages: Type.Boolean({
      default: true,
      description: 'give the advantages of a rollout mean 0 and standard deviation 1',
    }),
    optimizer: Type.Union([Type.Literal('rmsprop'), Type.Literal('adam')], {
      default: 'adam',
      description: 'how gradients become steps',
    }),
  },
  { additionalProperties: false },
);
export type A2cConfig = Static<typeof A2cConfig>;

/** A2C for discrete and continuous actions. */
export const a2c = {
  name: 'a2c',
  summary: 'policy gradient with a critic from short rollouts, for discrete and continuous actions',
  actions: 'both',
  config: A2cConfig,
  train: async (options = {}, hooks = {}) => {
    const config = completeConfig('a2c', A2cConfig, options, hooks);
    const definition = trainingEnvironment('a2c', 'both', config.env, hooks);
    return trainOnPolicy({ algorithm: 'a2c', config, definition, hooks, gradient: gradient(config) });
  },
  policy: onPolicyPolicy,
} as const satisfies Algorithm<typeof A2cConfig>;

const gradient = ({
  learningRate,
  optimizer,
  rolloutSteps,
  lambda,
  normaliseAdvantages,
}: A2cConfig): PolicyGradient => ({
  optimizer:
    optimizer === 'adam'
      ? tf.train.adam(learningRate, 0.9, 0.999, 1e-5)
      : tf.train.rmsprop(learningRate, 0.99, 0, 1e-5), // [A2]
  rolloutSteps,
  lambda,
  epochs: 1,
  normalise: normaliseAdvantages, // [A1]
  critic: true,
  clipRange: 0,
  objective: logDensityObjective,
});
