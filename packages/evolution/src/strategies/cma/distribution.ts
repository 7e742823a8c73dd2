/**
 * The normal distribution that CMA-ES samples from and adapts.
 * Notation (tutorial). m: mean [n]. C: covariance [n, n], or its diagonal [n]. C = B D^2 B^T with B's columns the axes
 * and D their lengths. z: standard normal. y = B D z. p_c, p_sigma: evolution paths. Points are m + sigma y.
 */

import { symmetricEigen } from '../../linalg/symmetric-eigen.ts';
import type { CmaParameters, CovarianceModel } from './parameters.ts';

/** Plain state of the distribution. */
export interface CmaDistribution {
  readonly model: CovarianceModel;
  sigma: number;
  readonly mean: Float64Array;
  /** C: [n, n] row-major, or [n] for the separable model. */
  readonly covariance: Float64Array;
  /** D, [n]: ascending for the full model, in the order of the coordinates for the separable one. */
  lengths: Float64Array;
  /** The axes by rows (B transposed), [n, n]; empty for the separable model. */
  axes: Float64Array;
  readonly pathC: Float64Array;
  readonly pathSigma: Float64Array;
  /** Generation of the latest eigendecomposition. */
  eigenGeneration: number;
}

/** The isotropic distribution at the start. */
export function firstDistribution(model: CovarianceModel, mean: Float64Array, sigma: number): CmaDistribution {
  const n = mean.length;
  const identity = Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));
  return {
    model,
    sigma,
    mean: mean.slice(),
    covariance: model === 'full' ? identity : new Float64Array(n).fill(1),
    lengths: new Float64Array(n).fill(1),
    axes: model === 'full' ? identity.slice() : new Float64Array(0),
    pathC: new Float64Array(n),
    pathSigma: new Float64Array(n),
    eigenGeneration: 0,
  };
}

/** y = B D z. */
export function shape({ model, lengths, axes }: CmaDistribution, z: Float64Array, y: Float64Array): void {
  const n = lengths.length;
  if (model === 'separable') {
    for (let j = 0; j < n; j++) y[j] = lengths[j]! * z[j]!;
    return;
  }
  y.fill(0);
  for (let i = 0; i < n; i++) {
    const along = lengths[i]! * z[i]!;
    const row = i * n;
    for (let j = 0; j < n; j++) y[j]! += along * axes[row + j]!;
  }
}

/** The samples of a generation, best first: z and y = B D z, each [n]. */
export interface RankedSamples {
  readonly z: readonly Float64Array[];
  readonly y: readonly Float64Array[];
}

/** Moves mean, paths, covariance and step size by one generation (tutorial, equations 41 to 48). */
export function adapt(d: CmaDistribution, { z, y }: RankedSamples, p: CmaParameters, generation: number): void {
  const n = d.mean.length;
  const meanZ = weightedSum(z, p.weights, p.mu, n);
  const meanY = weightedSum(y, p.weights, p.mu, n);
  for (let j = 0; j < n; j++) d.mean[j]! += d.sigma * meanY[j]!;
  updateSigmaPath(d, meanZ, p);
  const squares = squaredNorm(d.pathSigma);
  const stalled = squares / (1 - (1 - p.cSigma) ** (2 * generation)) / n >= 2 + 4 / (n + 1);
  updateCovariancePath(d, meanY, p, stalled);
  updateCovariance(d, z, y, p, stalled);
  d.sigma *= Math.exp(Math.min(1, (p.cSigma / p.dSigma) * (Math.sqrt(squares) / p.chiN - 1)));
}

function weightedSum(rows: readonly Float64Array[], weights: Float64Array, count: number, n: number): Float64Array {
  const sum = new Float64Array(n);
  for (let k = 0; k < count; k++) {
    const row = rows[k]!;
    for (let j = 0; j < n; j++) sum[j]! += weights[k]! * row[j]!;
  }
  return sum;
}

/** C^(-1/2) y = B z for a weighted sum of samples: the mean's step made isotropic. */
function updateSigmaPath(d: CmaDistribution, meanZ: Float64Array, p: CmaParameters): void {
  const n = meanZ.length;
  const gain = Math.sqrt(p.cSigma * (2 - p.cSigma) * p.muEff);
  for (let j = 0; j < n; j++) d.pathSigma[j]! *= 1 - p.cSigma;
  for (let i = 0; i < n; i++) {
    const along = gain * meanZ[i]!;
    if (d.model === 'separable') d.pathSigma[i]! += along;
    else for (let j = 0; j < n; j++) d.pathSigma[j]! += along * d.axes[i * n + j]!;
  }
}

function updateCovariancePath(d: CmaDistribution, meanY: Float64Array, p: CmaParameters, stalled: boolean): void {
  const gain = stalled ? 0 : Math.sqrt(p.cc * (2 - p.cc) * p.muEff);
  for (let j = 0; j < meanY.length; j++) d.pathC[j] = (1 - p.cc) * d.pathC[j]! + gain * meanY[j]!;
}

function updateCovariance(
  d: CmaDistribution,
  z: readonly Float64Array[],
  y: readonly Float64Array[],
  p: CmaParameters,
  stalled: boolean,
): void {
  const n = d.mean.length;
  const c1Adjusted = p.c1 * (1 - (stalled ? p.cc * (2 - p.cc) : 0));
  const weightSum = p.weights.reduce((sum, w) => sum + w, 0);
  const decay = 1 - c1Adjusted - p.cMu * weightSum;
  for (let k = 0; k < d.covariance.length; k++) d.covariance[k]! *= decay;
  addOuter(d, d.pathC, p.c1);
  for (let k = 0; k < p.weights.length; k++) {
    const w = p.weights[k]!;
    // Long bad steps are shortened to length sqrt(n), which keeps C positive definite.
    const length = w < 0 ? n / (squaredNorm(z[k]!) + 1e-9) : 1;
    if (w !== 0) addOuter(d, y[k]!, p.cMu * w * length);
  }
}

/** C += weight v v^T. */
function addOuter({ model, covariance }: CmaDistribution, v: Float64Array, weight: number): void {
  const n = v.length;
  if (model === 'separable') {
    for (let j = 0; j < n; j++) covariance[j]! += weight * v[j]! * v[j]!;
    return;
  }
  for (let i = 0; i < n; i++) {
    const scaled = weight * v[i]!;
    const row = i * n;
    for (let j = 0; j <= i; j++) covariance[row + j]! += scaled * v[j]!;
  }
}

const squaredNorm = (v: Float64Array): number => {
  let sum = 0;
  for (let j = 0; j < v.length; j++) sum += v[j]! * v[j]!;
  return sum;
};

/** Brings axes and lengths up to date with the covariance when enough generations have passed. */
export function decompose(d: CmaDistribution, p: CmaParameters, generation: number): void {
  if (generation < d.eigenGeneration + p.eigenGap || generation === d.eigenGeneration) return;
  d.eigenGeneration = generation;
  if (d.model === 'separable') {
    d.lengths = d.covariance.map(rootOfPositive);
    return;
  }
  const { values, vectors } = symmetricEigen(d.covariance, d.mean.length);
  d.lengths = values.map(rootOfPositive);
  d.axes = vectors;
}

/** Rounding can make the smallest eigenvalue negative; the condition limit then stops the run. */
const rootOfPositive = (value: number): number => Math.sqrt(Math.max(value, Number.MIN_VALUE));

/** Roots of the diagonal of C, [n]. */
export function deviations({ model, covariance, mean }: CmaDistribution): Float64Array {
  const n = mean.length;
  return Float64Array.from({ length: n }, (_, j) => Math.sqrt(covariance[model === 'full' ? j * n + j : j]!));
}
