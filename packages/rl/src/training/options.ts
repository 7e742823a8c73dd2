/** Options that every training run has; each algorithm's configuration adds its own. */

import { Type } from '@skein/core';

export const trainingOptions = {
  env: Type.String({ default: 'CartPole-v1', description: 'environment to train on' }),
  preset: Type.Union([Type.Literal('tuned'), Type.Literal('none')], {
    default: 'tuned',
    description:
      "what options are that you do not give: tuned for the environment if it is known, or this help's defaults",
  }),
  seed: Type.Integer({
    default: 0,
    minimum: 0,
    description: 'seed of everything random; equal seeds give equal runs',
  }),
  steps: Type.Integer({ default: 50_000, minimum: 1, description: 'environment steps to train for' }),
  normalizeObservations: Type.Boolean({
    default: false,
    description: 'standardise observations by means and variances that are gathered and saved with the agent',
  }),
  normalizeRewards: Type.Boolean({
    default: false,
    description: 'divide the rewards that are learned from by the spread of their discounted sums',
  }),
  evaluateEvery: Type.Integer({
    default: 2_000,
    minimum: 1,
    description: 'environment steps between evaluations on an environment of their own',
  }),
  evaluationEpisodes: Type.Integer({ default: 20, minimum: 1, description: 'episodes of one evaluation' }),
  stopAtReturn: Type.Optional(
    Type.Number({
      description: 'stop once an evaluation reaches this mean return and 100 further episodes confirm it',
    }),
  ),
  checkpointEvery: Type.Integer({
    default: 10_000,
    minimum: 1,
    description: 'environment steps between checkpoints',
  }),
  reportEvery: Type.Integer({ default: 1_000, minimum: 1, description: 'environment steps between rows of metrics' }),
};

/** Episodes that must confirm `stopAtReturn`. */
export const CONFIRMATION_EPISODES = 100;

/** The values of `trainingOptions`. */
export interface TrainingConfig {
  readonly env: string;
  readonly preset: 'tuned' | 'none';
  readonly seed: number;
  readonly steps: number;
  readonly normalizeObservations: boolean;
  readonly normalizeRewards: boolean;
  readonly evaluateEvery: number;
  readonly evaluationEpisodes: number;
  readonly stopAtReturn?: number;
  readonly checkpointEvery: number;
  readonly reportEvery: number;
}
