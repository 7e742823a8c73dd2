/**
 * The collapsed variational bound of a sparse Gaussian process (Titsias, AISTATS 2009), in O(n m^2).
 *
 * Notation. X: inputs [n, d]. Z: inducing points [m, d]. s2: noise variance. Lm: Cholesky factor of K(Z, Z).
 * A = Lm^-1 K(Z, X) / s [m, n], kept as n rows. B = I + A A'. Q = s2 A'A. alpha = (Q + s2 I)^-1 y.
 * bound = log N(y | 0, Q + s2 I) - tr(K(X, X) - Q) / (2 s2).
 */

import { contractGradient, covariance, crossCovariance, diagonal } from '../kernels/covariance.ts';
import type { Kernel } from '../kernels/kernel.ts';
import { type Cholesky, type CholeskyFailure, cholesky } from '../linalg/cholesky.ts';
import { dot } from '../linalg/dot.ts';
import type { Points } from '../linalg/points.ts';
import type { Prediction } from './posterior.ts';

/** Everything that the bound, its gradient and predictions share. */
export interface Variational {
  readonly kernel: Kernel;
  readonly noise: number;
  readonly x: Points;
  readonly y: Float64Array;
  readonly inducing: Points;
  readonly inducingFactor: Cholesky;
  /** A, n rows of m. */
  readonly rows: Float64Array;
  /** Factor of B. */
  readonly factor: Cholesky;
  /** A y / s [m]. */
  readonly projected: Float64Array;
  readonly bound: number;
}

/** Conditions the sparse process on data. */
export function variational(
  kernel: Kernel,
  noise: number,
  x: Points,
  y: Float64Array,
  inducing: Points,
): Variational | CholeskyFailure {
  const { n } = x;
  const m = inducing.n;
  const inducingFactor = cholesky(covariance(kernel, inducing), m);
  if (!inducingFactor.ok) return inducingFactor;
  const rows = inducingFactor.solveLowerRows(crossCovariance(kernel, x, inducing), n);
  const s = Math.sqrt(noise);
  for (let i = 0; i < rows.length; i++) rows[i]! /= s;
  const b = outerSum(rows, n, m);
  let trace = 0;
  for (let k = 0; k < m; k++) {
    trace += b[k * m + k]!;
    b[k * m + k]! += 1;
  }
  const factor = cholesky(b, m);
  if (!factor.ok) return factor;
  const projected = new Float64Array(m);
  for (let i = 0; i < n; i++) for (let k = 0; k < m; k++) projected[k]! += (rows[i * m + k]! * y[i]!) / s;
  const c = factor.solveLower(projected.slice());
  const prior = diagonal(kernel, x).reduce((sum, v) => sum + v, 0);
  const bound =
    -0.5 * (n * Math.log(2 * Math.PI * noise) + factor.logDeterminant()) -
    0.5 * (dot(y, 0, y, 0, n) / noise - dot(c, 0, c, 0, m)) -
    0.5 * (prior / noise - trace);
  return { kernel, noise, x, y, inducing, inducingFactor, rows, factor, projected, bound };
}

/** Lower triangle of the sum of r r' over the rows [n, m]. */
function outerSum(rows: Float64Array, n: number, m: number): Float64Array {
  const out = new Float64Array(m * m);
  for (let i = 0; i < n; i++) {
    const at = i * m;
    for (let k = 0; k < m; k++) {
      const v = rows[at + k]!;
      for (let l = 0; l <= k; l++) out[k * m + l]! += v * rows[at + l]!;
    }
  }
  return out;
}

/**
 * Gradient of the bound by the logarithms of the kernel's parameters, then of the noise. With P = K(Z, Z)^-1 K(Z, X):
 * d bound / d K(Z, X) = (P alpha) alpha' + Lm'^-1 (I - B^-1) A / s,
 * d bound / d K(Z, Z) = -((P alpha)(P alpha)' + Lm'^-1 (B - 2 I + B^-1) Lm^-1) / 2.
 */
export function variationalGradient(at: Variational): Float64Array {
  const { kernel, noise, x, y, inducing, inducingFactor, rows, factor } = at;
  const { n, d } = x;
  const m = inducing.n;
  const s = Math.sqrt(noise);
  const out = new Float64Array(kernel.parameters.length + 1);
  const solvedY = factor.solve(at.projected);
  const alpha = y.map((v, i) => (v - s * dot(rows, i * m, solvedY, 0, m)) / noise);
  const weighted = new Float64Array(m);
  for (let i = 0; i < n; i++) for (let k = 0; k < m; k++) weighted[k]! += s * rows[i * m + k]! * alpha[i]!;
  const pAlpha = inducingFactor.solveUpper(weighted);
  const derivative = new Float64Array(kernel.parameters.length);
  const accumulate = (weight: number): void => {
    for (let p = 0; p < derivative.length; p++) out[p]! += weight * derivative[p]!;
  };
  for (let i = 0; i < n; i++) {
    const row = rows.subarray(i * m, (i + 1) * m);
    const inner = factor.solve(row);
    const weight = inducingFactor.solveUpper(row.map((v, k) => v - inner[k]!));
    for (let k = 0; k < m; k++) {
      kernel.gradient(x.data, i * d, inducing.data, k * d, d, derivative, 0);
      accumulate(pAlpha[k]! * alpha[i]! + weight[k]! / s);
    }
    kernel.gradient(x.data, i * d, x.data, i * d, d, derivative, 0);
    accumulate(-0.5 / noise);
  }
  const { curvature, traceInverse, traceA } = inducingCurvature(at);
  contractGradient(kernel, inducing, (i, j) => -0.5 * (pAlpha[i]! * pAlpha[j]! + curvature[i * m + j]!), out);
  const prior = diagonal(kernel, x).reduce((sum, v) => sum + v, 0);
  const traceSigma = (n - m + traceInverse) / noise;
  out[out.length - 1] = noise * 0.5 * (dot(alpha, 0, alpha, 0, n) - traceSigma) + 0.5 * (prior / noise - traceA);
  return out;
}

/** Lm'^-1 (B - 2 I + B^-1) Lm^-1 (lower triangle), and the traces of B^-1 and of A A'. */
function inducingCurvature({ rows, factor, inducingFactor, x }: Variational) {
  const { n: m } = factor;
  const inverse = factor.inverseLower();
  const middle = outerSum(rows, x.n, m);
  let traceInverse = 0;
  let traceA = 0;
  for (let k = 0; k < m; k++) {
    traceInverse += inverse[k * m + k]!;
    traceA += middle[k * m + k]!;
    for (let l = 0; l <= k; l++) {
      middle[k * m + l]! += inverse[k * m + l]! - (k === l ? 1 : 0);
      middle[l * m + k] = middle[k * m + l]!;
    }
  }
  // Both sides in turn: rows of the symmetric middle, then columns of the result.
  for (let k = 0; k < m; k++) inducingFactor.solveUpper(middle.subarray(k * m, (k + 1) * m));
  const curvature = new Float64Array(m * m);
  const column = new Float64Array(m);
  for (let l = 0; l < m; l++) {
    for (let k = 0; k < m; k++) column[k] = middle[k * m + l]!;
    inducingFactor.solveUpper(column);
    for (let k = 0; k < m; k++) curvature[k * m + l] = column[k]!;
  }
  return { curvature, traceInverse, traceA };
}

/** Mean and variance of the latent function at new points. */
export function variationalPredict(at: Variational, points: Points): Prediction {
  const { kernel, inducing, inducingFactor, factor, projected } = at;
  const m = inducing.n;
  const c = factor.solveLower(projected.slice());
  const a1 = inducingFactor.solveLowerRows(crossCovariance(kernel, points, inducing), points.n);
  const a2 = factor.solveLowerRows(a1.slice(), points.n);
  const prior = diagonal(kernel, points);
  return {
    mean: prior.map((_, i) => dot(a2, i * m, c, 0, m)),
    variance: prior.map((k, i) => Math.max(0, k - dot(a1, i * m, a1, i * m, m) + dot(a2, i * m, a2, i * m, m))),
  };
}
