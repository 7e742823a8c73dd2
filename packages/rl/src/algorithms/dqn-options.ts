/** Options of DQN and of its presets. */

import { type Static, Type } from '@skein/core';
import { networkOptions } from '../network/factory.ts';
import { NOISY_DEFAULTS } from '../network/noisy-dense.ts';
import { categoricalHead, meanHead, quantileHead, type ValueHead } from '../network/value-head.ts';
import { trainingOptions } from '../training/options.ts';
import { type ReplayDefaults, replayOptions } from '../training/replay-learner.ts';

/** Defaults that differ between DQN and its presets. */
export interface DqnDefaults extends ReplayDefaults {
  readonly nSteps: number;
  readonly prioritised: boolean;
  readonly learningRate: number;
  readonly targetUpdateEvery: number;
  readonly doubleDqn: boolean;
  readonly dueling: boolean;
  readonly noisy: boolean;
  readonly distribution: 'none' | 'categorical' | 'quantile';
}

const dqnOptions = (defaults: DqnDefaults) => ({
  ...trainingOptions,
  ...replayOptions(defaults),
  ...networkOptions,
  hiddenUnits: Type.Array(Type.Integer({ minimum: 1 }), {
    default: [64, 64],
    description: 'units of each hidden layer',
  }),
  learningRate: Type.Number({ default: defaults.learningRate, exclusiveMinimum: 0, description: "Adam's step size" }),
  targetUpdateEvery: Type.Integer({
    default: defaults.targetUpdateEvery,
    minimum: 1,
    description: 'gradient steps between updates of the target network',
  }),
  targetUpdateRate: Type.Number({
    default: 1,
    exclusiveMinimum: 0,
    maximum: 1,
    description: 'part of the way that an update moves the target network; 1 copies',
  }),
  epsilonStart: Type.Number({ default: 1, minimum: 0, maximum: 1, description: 'first share of random actions' }),
  epsilonEnd: Type.Number({ default: 0.04, minimum: 0, maximum: 1, description: 'last share of random actions' }),
  explorationFraction: Type.Number({
    default: 0.16,
    minimum: 0,
    maximum: 1,
    description: 'part of the run over which the share of random actions falls',
  }),
  noisy: Type.Boolean({
    default: defaults.noisy,
    description: 'explore by learned noise on weights instead of random actions',
  }),
  noisySigma: Type.Number({
    default: NOISY_DEFAULTS.sigma,
    minimum: 0,
    description: 'for noisy networks: first size of the noise, times the square root of the inputs',
  }),
  distribution: Type.Union([Type.Literal('none'), Type.Literal('categorical'), Type.Literal('quantile')], {
    default: defaults.distribution,
    description: 'what is learned of returns: their mean, probabilities of fixed returns (C51), or quantiles (QR-DQN)',
  }),
  atoms: Type.Integer({ default: 51, minimum: 2, description: 'for categorical: returns that have a probability' }),
  valueLow: Type.Number({ default: -100, description: 'for categorical: the smallest discounted return' }),
  valueHigh: Type.Number({ default: 100, description: 'for categorical: the largest discounted return' }),
  quantiles: Type.Integer({ default: 25, minimum: 1, description: 'for quantile: returns of equal probability' }),
  loss: Type.Union([Type.Literal('mse'), Type.Literal('huber')], {
    default: 'mse',
    description: 'for means: squared error, or Huber loss (linear beyond an error of 1)',
  }),
  maxGradientNorm: Type.Number({ default: 10, minimum: 0, description: 'bound of the gradient norm; 0 for none' }),
  doubleDqn: Type.Boolean({ default: defaults.doubleDqn, description: 'choose next actions with the online network' }),
  dueling: Type.Boolean({ default: defaults.dueling, description: 'give value and advantages heads of their own' }),
});

/** The schema of the options with given defaults. */
export const dqnSchema = (defaults: DqnDefaults) => Type.Object(dqnOptions(defaults), { additionalProperties: false });
export type DqnSchema = ReturnType<typeof dqnSchema>;
export type DqnConfig = Static<DqnSchema>;

/** What the network says about an action under the options. */
export function valueHead(config: DqnConfig): ValueHead {
  const { distribution, atoms, valueLow: low, valueHigh: high } = config;
  switch (distribution) {
    case 'none':
      return meanHead(config.loss);
    case 'categorical':
      return categoricalHead({ atoms, low, high });
    case 'quantile':
      return quantileHead(config.quantiles);
    default:
      return distribution satisfies never;
  }
}
