/**
 * REINFORCE (Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning",
 * 1992), for discrete and continuous actions: the policy gradient from the returns of whole episodes, with a learned
 * baseline or without.
 *
 * Details that change results, marked where they happen; [G1] to [G7] of training/on-policy.ts hold as well:
 * [F1] Episodes are played one after another with the same weights; one gradient step learns from `episodesPerUpdate`.
 * [F2] With `baseline` a critic's value of each observation is taken from its return, and continues episodes that the
 *      time limit cut off; without, such an episode counts as if nothing followed.
 * [F3] Returns, less the baseline, are normalised over the episodes of a step: without a baseline that takes their mean.
 */

import { type Static, Type } from '@skein/core';
import { tf } from '@skein/nn';
import { completeConfig, trainingEnvironment } from '../training/configure.ts';
import { onPolicyPolicy, type PolicyGradient, trainOnPolicy } from '../training/on-policy.ts';
import { onPolicyOptions } from '../training/on-policy-options.ts';
import { logDensityObjective } from '../training/policy-gradient.ts';
import type { Algorithm } from './algorithm.ts';

/** REINFORCE's options. */
export const ReinforceConfig = Type.Object(
  {
    ...onPolicyOptions({ learningRate: 5e-3, gamma: 0.99 }),
    episodesPerUpdate: Type.Integer({ default: 2, minimum: 1, description: 'episodes of one gradient step' }),
    baseline: Type.Boolean({ default: true, description: 'take a learned value of each observation from its return' }),
    normaliseReturns: Type.Boolean({
      default: true,
      description: 'give returns, less the baseline, mean 0 and standard deviation 1',
    }),
  },
  { additionalProperties: false },
);
export type ReinforceConfig = Static<typeof ReinforceConfig>;

/** REINFORCE for discrete and continuous actions. */
export const reinforce = {
  name: 'reinforce',
  summary: 'policy gradient from the returns of whole episodes, for discrete and continuous actions',
  actions: 'both',
  config: ReinforceConfig,
  train: async (options = {}, hooks = {}) => {
    const config = completeConfig('reinforce', ReinforceConfig, options, hooks);
    const definition = trainingEnvironment('reinforce', 'both', config.env, hooks);
    return trainOnPolicy({ algorithm: 'reinforce', config, definition, hooks, gradient: gradient(config) });
  },
  policy: onPolicyPolicy,
} as const satisfies Algorithm<typeof ReinforceConfig>;

/** Steps that an update has room for at first. */
const ROOM = 512;

const gradient = (config: ReinforceConfig): PolicyGradient => ({
  optimizer: tf.train.adam(config.learningRate, 0.9, 0.999, 1e-5),
  rolloutSteps: ROOM,
  rolloutEpisodes: config.episodesPerUpdate, // [F1]
  lambda: 1,
  epochs: 1,
  normalise: config.normaliseReturns, // [F3]
  critic: config.baseline, // [F2]
  clipRange: 0,
  objective: logDensityObjective,
});
