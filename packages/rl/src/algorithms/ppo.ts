/**
 * PPO (Schulman et al., "Proximal policy optimization algorithms", arXiv:1707.06347), the clipped form, for discrete and
 * continuous actions.
 *
 * Details that change results, marked where they happen; [G1] to [G7] of training/on-policy.ts hold as well:
 * [P1] The ratio of probabilities counts only within the clip range, and only where that makes the objective smaller.
 * [P2] Advantages are normalised in every minibatch.
 * [P3] Adam's epsilon is 1e-5.
 */

import { type Static, Type } from '@skein/core';
import { tf } from '@skein/nn';
import { completeConfig, trainingEnvironment } from '../training/configure.ts';
import { onPolicyPolicy, type PolicyGradient, trainOnPolicy } from '../training/on-policy.ts';
import { onPolicyOptions, rolloutOptions } from '../training/on-policy-options.ts';
import { clippedObjective } from '../training/policy-gradient.ts';
import type { Algorithm } from './algorithm.ts';

/** PPO's options. */
export const PpoConfig = Type.Object(
  {
    ...onPolicyOptions({ learningRate: 1e-3, gamma: 0.98 }),
    ...rolloutOptions({ envCount: 8, rolloutSteps: 32, lambda: 0.8 }),
    batchSize: Type.Integer({ default: 256, minimum: 1, description: 'steps of one minibatch' }),
    epochs: Type.Integer({ default: 20, minimum: 1, description: 'times that every rollout is learned from' }),
    clipRange: Type.Number({
      default: 0.2,
      exclusiveMinimum: 0,
      description: 'change of probability that still counts',
    }),
  },
  { additionalProperties: false },
);
export type PpoConfig = Static<typeof PpoConfig>;

/** PPO for discrete and continuous actions. */
export const ppo = {
  name: 'ppo',
  summary: 'clipped policy gradient from fresh rollouts, for discrete and continuous actions',
  actions: 'both',
  config: PpoConfig,
  train: async (options = {}, hooks = {}) => {
    const config = completeConfig('ppo', PpoConfig, options, hooks);
    const definition = trainingEnvironment('ppo', 'both', config.env, hooks);
    return trainOnPolicy({ algorithm: 'ppo', config, definition, hooks, gradient: gradient(config) });
  },
  policy: onPolicyPolicy,
} as const satisfies Algorithm<typeof PpoConfig>;

const gradient = (config: PpoConfig): PolicyGradient => ({
  ...config,
  optimizer: tf.train.adam(config.learningRate, 0.9, 0.999, 1e-5), // [P3]
  normalise: true, // [P2]
  critic: true,
  objective: clippedObjective, // [P1]
});
