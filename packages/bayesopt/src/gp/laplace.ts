/**
 * Laplace's approximation of the posterior of latent values (Rasmussen and Williams, algorithms 3.1, 3.2 and 5.1), for
 * likelihoods that need not be log-concave (Vanhatalo, Jylanki and Vehtari, "Gaussian process regression with Student-t
 * likelihood", NIPS 2009).
 *
 * Notation. m: prior mean, f = m + K a: latent values [n]. g: gradient of log p(y | f), equal to a at the mode. W: its
 * curvature. R = (K + W^-1)^-1. log Z = log p(y | f) - a'K a / 2 - log det(I + K W) / 2 at the mode.
 */

import { contractGradient, covariance, crossCovariance, diagonal } from '../kernels/covariance.ts';
import { type CholeskyFailure, choleskyFailure } from '../linalg/cholesky.ts';
import { dot } from '../linalg/dot.ts';
import type { Points } from '../linalg/points.ts';
import { type FitOptions, fitParameters, freeSlopes, freeValues } from './fit.ts';
import { type LatentModel, type LatentSlopes, latentParameters, withLatentParameters } from './latent.ts';
import { logPrior } from './model.ts';
import type { Prediction } from './posterior.ts';
import {
  applyPrecision,
  type Precision,
  precisionForms,
  precisionMatrix,
  precisionOf,
  symmetric,
} from './precision.ts';

/** Where the search for the mode stands. */
interface Ascent {
  /** K^-1 (f - m). */
  readonly a: Float64Array;
  readonly f: Float64Array;
  readonly slopes: LatentSlopes;
  /** log p(y | f) - a'K a / 2. */
  readonly objective: number;
}

/** The posterior's mode and what prediction needs. */
export interface LaplaceMode extends Ascent {
  readonly model: LatentModel;
  readonly x: Points;
  /** K, both triangles. */
  readonly gram: Float64Array;
  readonly precision: Precision;
  /** Approximate log marginal likelihood. */
  readonly logMarginalLikelihood: number;
}

const MAX_STEPS = 100;
/** Of the objective, which is flat at the mode: the last of Newton's steps is taken whatever rounding makes of its gain. */
const TOLERANCE = 1e-10;

/** Climbs from the prior mean to a mode of p(f | X, y). */
export function laplaceMode(model: LatentModel, x: Points): LaplaceMode | CholeskyFailure {
  const gram = symmetric(covariance(model.kernel, x), x.n);
  const prior = priorMean(model, x);
  const climb = (a: Float64Array): Ascent => {
    const h = times(gram, a);
    const f = h.map((v, i) => v + prior[i]!);
    const slopes = model.likelihood.at(f);
    return { a, f, slopes, objective: slopes.logDensity - 0.5 * dot(a, 0, h, 0, x.n) };
  };
  let at = climb(new Float64Array(x.n));
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = stepUp(at, gram, prior, climb);
    if (!('f' in next)) return next;
    const gain = next.objective - at.objective;
    if (gain >= -TOLERANCE) at = next;
    if (!(gain > TOLERANCE)) break;
  }
  const precision = precisionAt(gram, at.slopes);
  if (!precision.ok) return precision;
  return { ...at, model, x, gram, precision, logMarginalLikelihood: at.objective - 0.5 * precision.logDeterminant };
}

const priorMean = ({ mean }: LatentModel, { data, n, d }: Points): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => mean.value(data, i * d, d));

/** Newton's step; where it does not exist or goes down, that of the safe weights. */
function stepUp(
  at: Ascent,
  gram: Float64Array,
  prior: Float64Array,
  climb: (a: Float64Array) => Ascent,
): Ascent | CholeskyFailure {
  const { curvature, safeWeights } = at.slopes;
  const newton = precisionOf(gram, curvature);
  const next = newton.ok ? climb(stepOf(at, gram, prior, curvature, newton)) : null;
  if (next !== null && (next.objective >= at.objective - TOLERANCE || curvature === safeWeights)) return next;
  const safe = precisionOf(gram, safeWeights);
  return safe.ok ? climb(stepOf(at, gram, prior, safeWeights, safe)) : safe;
}

/** a after a step of weights w: with b = w (f - m) + g, f becomes m + (K^-1 + w)^-1 b. */
function stepOf(
  { f, slopes }: Ascent,
  gram: Float64Array,
  prior: Float64Array,
  w: Float64Array,
  precision: Precision,
): Float64Array {
  const b = f.map((v, i) => w[i]! * (v - prior[i]!) + slopes.gradient[i]!);
  const known = applyPrecision(precision, times(gram, b));
  return b.map((v, i) => v - known[i]!);
}

/** Of the curvature; of the safe weights at a saddle, between outcomes that contradict each other equally. */
function precisionAt(gram: Float64Array, { curvature, safeWeights }: LatentSlopes): Precision | CholeskyFailure {
  const precision = precisionOf(gram, curvature);
  return precision.ok ? precision : precisionOf(gram, safeWeights);
}

/** A v for a square A. */
const times = (a: Float64Array, v: Float64Array): Float64Array => v.map((_, i) => dot(a, i * v.length, v, 0, v.length));

/** Gradient of the approximate log marginal likelihood by all parameters on the scale of the fit, as `latentParameters`. */
export function laplaceGradient(mode: LaplaceMode): Float64Array {
  const { model, x, gram, f, slopes, precision } = mode;
  const { gradient: g, curvatureSlope } = slopes;
  const { n } = x;
  const r = precisionMatrix(precision);
  // Diagonal of (K^-1 + W)^-1 = K - K R K.
  const spread = Float64Array.from({ length: n }, (_, i) => {
    const row = gram.subarray(i * n, (i + 1) * n);
    return row[i]! - dot(times(r, row), 0, row, 0, n);
  });
  // u = (I - R K) dlogZ/df: the mode moves with the parameters.
  const s = spread.map((v, i) => -0.5 * v * curvatureSlope[i]!);
  const moved = times(r, times(gram, s));
  const u = s.map((v, i) => v - moved[i]!);
  const byKernel = new Float64Array(model.kernel.parameters.length);
  const weight = (i: number, j: number): number =>
    0.5 * (g[i]! * g[j]! - r[i * n + j]! + u[i]! * g[j]! + u[j]! * g[i]!);
  contractGradient(model.kernel, x, weight, byKernel);
  const reach = times(gram, u);
  const byLikelihood = model.likelihood
    .parameterSlopes(f)
    .map((by) => by.logDensity + dot(reach, 0, by.gradient, 0, n) - 0.5 * dot(spread, 0, by.curvature, 0, n));
  return Float64Array.of(
    ...byKernel,
    ...byLikelihood,
    ...byMean(
      mode,
      g.map((v, i) => v + u[i]!),
    ),
  );
}

/** By the mean's parameters, from the derivatives by the prior mean at each point. */
function byMean({ model, x }: LaplaceMode, byPrior: Float64Array): Float64Array {
  const out = new Float64Array(model.mean.parameters.length);
  const slope = new Float64Array(out.length);
  for (let i = 0; i < x.n && out.length > 0; i++) {
    model.mean.gradient(x.data, i * x.d, x.d, slope);
    for (let p = 0; p < out.length; p++) out[p]! += byPrior[i]! * slope[p]!;
  }
  return out;
}

/** Mean and variance of the latent function at new points. */
export function laplacePredict({ model, x, a, precision }: LaplaceMode, points: Points): Prediction {
  const cross = crossCovariance(model.kernel, points, x);
  const mean = priorMean(model, points).map((v, i) => v + dot(cross, i * x.n, a, 0, x.n));
  const known = precisionForms(precision, cross, points.n);
  return { mean, variance: diagonal(model.kernel, points).map((k, i) => Math.max(0, k - known[i]!)) };
}

/**
 * The mode of the model, after fitting its hyperparameters if the options say so. Throws `NUMERIC` if the covariance of the
 * latent values cannot be factored.
 */
export function conditionLatent(model: LatentModel, x: Points, options: FitOptions): LaplaceMode {
  const mode = laplaceMode(options.optimise ? fitLatent(model, x, options) : model, x);
  if ('gram' in mode) return mode;
  throw choleskyFailure(mode, 'covariance of the latent values');
}

/** The model whose free parameters make the approximate log marginal likelihood plus the log priors largest. */
function fitLatent(model: LatentModel, x: Points, options: FitOptions): LatentModel {
  const free = latentParameters(model).filter((p) => !p.fixed);
  if (free.length === 0) return model;
  const at = (theta: ArrayLike<number>): LatentModel =>
    withLatentParameters(model, freeValues(latentParameters(model), theta));
  const best = fitParameters(
    free,
    (theta, gradient) => {
      const mode = laplaceMode(at(theta), x);
      if (!('gram' in mode)) return Infinity;
      const parameters = latentParameters(mode.model);
      gradient.set(freeSlopes(parameters, laplaceGradient(mode)).map((v) => -v));
      return -(mode.logMarginalLikelihood + logPrior(parameters));
    },
    options,
  );
  return at(best.theta);
}
