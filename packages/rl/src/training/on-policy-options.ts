/** Options that the policy gradient methods share. */

import { Type } from '@skein/core';
import { type NetworkConfig, networkOptions } from '../network/factory.ts';
import { type TrainingConfig, trainingOptions } from './options.ts';

/** Defaults of `onPolicyOptions` that differ between algorithms. */
export interface OnPolicyDefaults {
  readonly learningRate: number;
  readonly gamma: number;
}

export const onPolicyOptions = (defaults: OnPolicyDefaults) => ({
  ...trainingOptions,
  ...networkOptions,
  steps: Type.Integer({ default: 100_000, minimum: 1, description: 'environment steps to train for' }),
  hiddenUnits: Type.Array(Type.Integer({ minimum: 1 }), {
    default: [64, 64],
    description: 'units of each hidden layer, in actor and critic',
  }),
  learningRate: Type.Number({
    default: defaults.learningRate,
    exclusiveMinimum: 0,
    description: "the optimiser's step size",
  }),
  gamma: Type.Number({
    default: defaults.gamma,
    minimum: 0,
    maximum: 1,
    description: 'discount of the next value',
  }),
  anneal: Type.Boolean({ default: true, description: 'let step size and clip range fall to 0 over the run' }),
  entropyWeight: Type.Number({ default: 0, minimum: 0, description: "weight of the policy's entropy in the loss" }),
  valueWeight: Type.Number({ default: 0.5, minimum: 0, description: "weight of the critic's loss" }),
  boundedMeans: Type.Boolean({
    default: false,
    description:
      'for continuous actions: keep the means within the bounds by tanh, since beyond them nothing is explored',
  }),
  maxGradientNorm: Type.Number({ default: 0.5, minimum: 0, description: 'bound of the gradient norm; 0 for none' }),
});

/** Options of methods whose rollouts are a fixed number of steps. */
export const rolloutOptions = (defaults: { envCount: number; rolloutSteps: number; lambda: number }) => ({
  envCount: Type.Integer({
    default: defaults.envCount,
    minimum: 1,
    description: 'copies of the environment that step together',
  }),
  rolloutSteps: Type.Integer({
    default: defaults.rolloutSteps,
    minimum: 1,
    description: 'steps of every copy between updates',
  }),
  lambda: Type.Number({
    default: defaults.lambda,
    minimum: 0,
    maximum: 1,
    description: 'weight of long over short returns in advantages',
  }),
});

/** The values of `onPolicyOptions`, and the number of environments. */
export interface OnPolicyConfig extends TrainingConfig, NetworkConfig {
  /** 1 if left out. */
  readonly envCount?: number;
  readonly hiddenUnits: readonly number[];
  readonly learningRate: number;
  readonly gamma: number;
  readonly anneal: boolean;
  readonly entropyWeight: number;
  readonly valueWeight: number;
  readonly boundedMeans: boolean;
  readonly maxGradientNorm: number;
}
