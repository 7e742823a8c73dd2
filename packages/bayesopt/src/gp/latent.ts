/** What Laplace's approximation approximates: a latent function with a prior, and outcomes that depend on its values. */

import type { Kernel } from '../kernels/kernel.ts';
import type { MeanFunction } from './mean.ts';
import type { Parameter } from './parameter.ts';

/** log p(y | f), a sum of one term an outcome, and the derivatives of each term by its latent value; all [n]. */
export interface LatentSlopes {
  readonly logDensity: number;
  /** g: first derivatives. */
  readonly gradient: Float64Array;
  /** W: second derivatives, negated. */
  readonly curvature: Float64Array;
  /** dW / df. */
  readonly curvatureSlope: Float64Array;
  /** Weights of at least 0 that make a step from here never go down; the curvature itself where log p is concave. */
  readonly safeWeights: Float64Array;
}

/** Derivatives of log p(y | f), g and W by one parameter of the likelihood, on the scale of the fit. */
export interface LatentParameterSlopes {
  readonly logDensity: number;
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
}

/** A likelihood with its outcomes. */
export interface LatentLikelihood {
  readonly parameters: readonly Parameter[];
  withValues(values: ArrayLike<number>): LatentLikelihood;
  at(f: Float64Array): LatentSlopes;
  /** One entry a parameter. */
  parameterSlopes(f: Float64Array): readonly LatentParameterSlopes[];
}

export interface LatentModel {
  readonly kernel: Kernel;
  readonly mean: MeanFunction;
  readonly likelihood: LatentLikelihood;
}

/** Every hyperparameter: the kernel's, the likelihood's, the mean's. */
export const latentParameters = ({ kernel, likelihood, mean }: LatentModel): readonly Parameter[] => [
  ...kernel.parameters,
  ...likelihood.parameters,
  ...mean.parameters,
];

/** The model with other values, in the order of `latentParameters`. */
export function withLatentParameters(model: LatentModel, values: readonly number[]): LatentModel {
  const likelihoodFrom = model.kernel.parameters.length;
  const meanFrom = likelihoodFrom + model.likelihood.parameters.length;
  return {
    kernel: model.kernel.withValues(values.slice(0, likelihoodFrom)),
    likelihood: model.likelihood.withValues(values.slice(likelihoodFrom, meanFrom)),
    mean: model.mean.withValues(values.slice(meanFrom)),
  };
}
