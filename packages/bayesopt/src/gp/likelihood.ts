/**
 * The log marginal likelihood and its gradient (Rasmussen and Williams, sections 2.2 and 5.4.1).
 *
 * Notation. X: inputs [n, d]. r = y - m(X): residuals [n]. K = k(X, X) + noise [n, n]. L: its Cholesky factor.
 * alpha = K^-1 r [n].  log p(y | X) = -r'alpha / 2 - sum log L_ii - n log(2 pi) / 2.
 * d log p / d theta = tr((alpha alpha' - K^-1) dK / d theta) / 2, and sum alpha_i dm_i / d theta for the mean.
 */

import { contractGradient, covariance } from '../kernels/covariance.ts';
import { type Cholesky, type CholeskyFailure, cholesky } from '../linalg/cholesky.ts';
import { dot } from '../linalg/dot.ts';
import type { Points } from '../linalg/points.ts';
import { type Model, noiseAt, parametersOf } from './model.ts';

/** A model conditioned on data: all that prediction needs. */
export interface Factored {
  readonly model: Model;
  readonly x: Points;
  readonly y: Float64Array;
  readonly factor: Cholesky;
  /** y - m(X). */
  readonly residual: Float64Array;
  /** K^-1 residual. */
  readonly alpha: Float64Array;
}

/** Square buffers that a fit uses again and again. */
export interface Workspace {
  readonly gram: Float64Array;
  readonly factor: Float64Array;
}

export const createWorkspace = (n: number): Workspace => ({
  gram: new Float64Array(n * n),
  factor: new Float64Array(n * n),
});

/** Factors the covariance of the data. With a workspace, the result is only good until its next use. */
export function factorModel(
  model: Model,
  x: Points,
  y: Float64Array,
  workspace?: Workspace,
): Factored | CholeskyFailure {
  const gram = covariance(model.kernel, x, workspace?.gram);
  for (let i = 0; i < x.n; i++) gram[i * x.n + i]! += noiseAt(model.noise, i);
  const factor = cholesky(gram, x.n, undefined, workspace?.factor);
  if (!factor.ok) return factor;
  const residual = residuals(model, x, y);
  return { model, x, y, factor, residual, alpha: factor.solve(residual) };
}

/** y - m(X). */
export const residuals = (model: Model, x: Points, y: Float64Array): Float64Array =>
  y.map((v, i) => v - model.mean.value(x.data, i * x.d, x.d));

/** log p(y | X). */
export function logMarginalLikelihood({ residual, alpha, factor }: Factored): number {
  const n = residual.length;
  return -0.5 * dot(residual, 0, alpha, 0, n) - 0.5 * factor.logDeterminant() - 0.5 * n * Math.log(2 * Math.PI);
}

/** Gradient of `logMarginalLikelihood` by all parameters, on the scale of the fit, in the order of `parametersOf`. */
export function likelihoodGradient(at: Factored, workspace?: Workspace): Float64Array {
  const { model, x, alpha, factor } = at;
  const { n, d } = x;
  const inverse = factor.inverseLower(workspace?.gram);
  const gradient = new Float64Array(parametersOf(model).length);
  contractGradient(model.kernel, x, (i, j) => 0.5 * (alpha[i]! * alpha[j]! - inverse[i * n + j]!), gradient);
  let next = model.kernel.parameters.length;
  if (model.noise.kind === 'shared') {
    let trace = 0;
    for (let i = 0; i < n; i++) trace += alpha[i]! * alpha[i]! - inverse[i * n + i]!;
    gradient[next++] = 0.5 * trace * model.noise.parameter.value;
  }
  const slope = new Float64Array(model.mean.parameters.length);
  for (let i = 0; i < n && slope.length > 0; i++) {
    model.mean.gradient(x.data, i * d, d, slope);
    for (let p = 0; p < slope.length; p++) gradient[next + p]! += alpha[i]! * slope[p]!;
  }
  return gradient;
}
