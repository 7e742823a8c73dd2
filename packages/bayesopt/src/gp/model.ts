/** What a Gaussian process assumes: kernel, mean function and noise; and its hyperparameters as one flat list. */

import { SkeinError } from '@skein/core';
import type { Kernel } from '../kernels/kernel.ts';
import type { MeanFunction } from './mean.ts';
import { type Parameter, type ParameterOptions, positiveParameter } from './parameter.ts';

/** Variance of the observation noise: one for all points (fitted unless fixed), or known point by point. */
export type Noise =
  | { readonly kind: 'shared'; readonly parameter: Parameter }
  | { readonly kind: 'perPoint'; readonly variances: Float64Array };

/** Kernel, mean and noise. Immutable: `withParameterValues` makes another. */
export interface Model {
  readonly kernel: Kernel;
  readonly mean: MeanFunction;
  readonly noise: Noise;
}

/** A noise variance that is fitted; its value is where the fit starts (default 0.01, bounds [1e-6, 1e2]). */
export function learnedNoise(options: ParameterOptions & { readonly value?: number } = {}): Noise {
  const bounds = options.bounds ?? [1e-6, 1e2];
  return { kind: 'shared', parameter: positiveParameter('noise', options.value ?? 1e-2, { ...options, bounds }) };
}

/** Noise from what a caller may give: a number is a fixed variance, an array a variance a point. */
export function toNoise(given: number | ArrayLike<number> | Noise): Noise {
  if (typeof given === 'number') {
    const bounds = [given, given] as const;
    return { kind: 'shared', parameter: positiveParameter('noise', given, { bounds, fixed: true }) };
  }
  if ('kind' in given) return given;
  const variances = Float64Array.from(given);
  const bad = variances.findIndex((v) => !(v >= 0 && Number.isFinite(v)));
  if (bad >= 0) {
    throw new SkeinError('INPUT', `noise[${bad}]: expected a variance of at least 0, got ${variances[bad]}`);
  }
  return { kind: 'perPoint', variances };
}

/** Noise variance of training point i. */
export const noiseAt = (noise: Noise, i: number): number =>
  noise.kind === 'shared' ? noise.parameter.value : noise.variances[i]!;

const noiseParameters = (noise: Noise): readonly Parameter[] => (noise.kind === 'shared' ? [noise.parameter] : []);

/** Every hyperparameter: the kernel's, the noise's, the mean's. */
export const parametersOf = (model: Model): readonly Parameter[] => [
  ...model.kernel.parameters,
  ...noiseParameters(model.noise),
  ...model.mean.parameters,
];

/** The model with other values, in the order of `parametersOf`. */
export function withParameterValues(model: Model, values: ArrayLike<number>): Model {
  const all = Array.from(values);
  const kernelCount = model.kernel.parameters.length;
  const meanFrom = kernelCount + noiseParameters(model.noise).length;
  const noise: Noise =
    model.noise.kind === 'shared'
      ? { kind: 'shared', parameter: { ...model.noise.parameter, value: all[kernelCount]! } }
      : model.noise;
  return {
    kernel: model.kernel.withValues(all.slice(0, kernelCount)),
    mean: model.mean.withValues(all.slice(meanFrom)),
    noise,
  };
}

/** Sum of the log prior densities of the parameters that have a prior and are fitted. */
export const logPrior = (parameters: readonly Parameter[]): number =>
  parameters.reduce((sum, p) => sum + (p.prior === null || p.fixed ? 0 : p.prior.logDensity(p.value)), 0);

/** Derivative of the log prior by the parameter on the scale of the fit. */
export function logPriorSlope(parameter: Parameter): number {
  if (parameter.prior === null || parameter.fixed) return 0;
  return parameter.prior.slope(parameter.value) * (parameter.scale === 'log' ? parameter.value : 1);
}
