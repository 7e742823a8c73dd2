/** Options that the actor-critic algorithms with replay share. */

import { type Static, Type } from '@skein/core';
import { networkOptions } from '../network/factory.ts';
import { trainingOptions } from './options.ts';
import { replayOptions } from './replay-learner.ts';

export const actorCriticOptions = {
  ...trainingOptions,
  ...networkOptions,
  env: Type.String({ default: 'Pendulum-v1', description: 'environment with continuous actions to train on' }),
  steps: Type.Integer({ default: 20_000, minimum: 1, description: 'environment steps to train for' }),
  ...replayOptions({
    batchSize: 64,
    bufferSize: 100_000,
    learningStarts: 1_000,
    trainEvery: 1,
    updatesPerRound: 1,
  }),
  gamma: Type.Number({ default: 0.98, minimum: 0, maximum: 1, description: 'discount of the next value' }),
  hiddenUnits: Type.Array(Type.Integer({ minimum: 1 }), {
    default: [64, 64],
    description: 'units of each hidden layer, in actor and critic',
  }),
  actorLearningRate: Type.Number({ default: 1e-3, exclusiveMinimum: 0, description: "Adam's step size of the actor" }),
  criticLearningRate: Type.Number({
    default: 1e-3,
    exclusiveMinimum: 0,
    description: "Adam's step size of the critic",
  }),
  targetUpdateRate: Type.Number({
    default: 0.005,
    exclusiveMinimum: 0,
    maximum: 1,
    description: 'part of the way that target networks move after each gradient step',
  }),
};

/** How exploration's noise hangs together over time. */
export const noiseCorrelation = Type.Number({
  default: 0,
  minimum: 0,
  exclusiveMaximum: 1,
  description: "correlation of exploration's normal noise with that of the step before; 0 is independent noise",
});

/** Options of algorithms whose actor is deterministic: how noise explores. */
export const noiseOptions = {
  noise: Type.Union([Type.Literal('gaussian'), Type.Literal('ornstein-uhlenbeck')], {
    default: 'gaussian',
    description: 'exploration noise: normal, or a random walk that is drawn back to 0',
  }),
  noiseCorrelation,
  noiseStd: Type.Number({ default: 0.1, minimum: 0, description: 'size of the noise on actions scaled to [-1, 1]' }),
};

const ActorCriticConfig = Type.Object({ ...actorCriticOptions, ...noiseOptions });
/** The values of `actorCriticOptions` and `noiseOptions`. */
export type NoisyActorCriticConfig = Static<typeof ActorCriticConfig>;
