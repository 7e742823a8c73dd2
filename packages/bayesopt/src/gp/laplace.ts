/**
 * Laplace's approximation for binary classification with the logistic likelihood (Rasmussen and Williams, algorithms
 * 3.1, 3.2 and 5.1).
 *
 * Notation. t: labels 0 or 1 [n]. f: latent values at the mode [n]. pi = 1 / (1 + exp(-f)). g = t - pi: gradient of the
 * log likelihood, equal to K^-1 f at the mode. W = diag(pi (1 - pi)). B = I + W^1/2 K W^1/2 = L L'.
 */

import { contractGradient, covariance } from '../kernels/covariance.ts';
import type { Kernel } from '../kernels/kernel.ts';
import { type Cholesky, type CholeskyFailure, cholesky } from '../linalg/cholesky.ts';
import { dot } from '../linalg/dot.ts';
import type { Points } from '../linalg/points.ts';

/** The posterior's mode and what prediction needs. */
export interface LaplaceMode {
  readonly kernel: Kernel;
  readonly x: Points;
  /** K, both triangles. */
  readonly gram: Float64Array;
  /** g at the mode. */
  readonly gradient: Float64Array;
  readonly probability: Float64Array;
  readonly rootW: Float64Array;
  readonly factor: Cholesky;
  /** Approximate log marginal likelihood. */
  readonly logMarginalLikelihood: number;
}

const MAX_NEWTON_STEPS = 100;
const TOLERANCE = 1e-10;

export const sigmoid = (f: number): number => 1 / (1 + Math.exp(-f));

/** log(1 + exp(v)) without overflow. */
const softplus = (v: number): number => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));

/** Newton's method to the mode of p(f | X, t). */
export function laplaceMode(kernel: Kernel, x: Points, t: Float64Array): LaplaceMode | CholeskyFailure {
  const { n } = x;
  const gram = symmetric(covariance(kernel, x), n);
  let f: Float64Array = new Float64Array(n);
  let best = -Infinity;
  for (let step = 0; ; step++) {
    const probability = f.map(sigmoid);
    const rootW = probability.map((p) => Math.sqrt(p * (1 - p)));
    const factor = factorB(gram, rootW, n);
    if (!factor.ok) return factor;
    const b = f.map((v, i) => rootW[i]! ** 2 * v + t[i]! - probability[i]!);
    const inner = factor.solve(times(gram, b, n).map((v, i) => v * rootW[i]!));
    const a = b.map((v, i) => v - rootW[i]! * inner[i]!);
    f = times(gram, a, n);
    const objective = -0.5 * dot(a, 0, f, 0, n) - f.reduce((sum, v, i) => sum + softplus(t[i] === 1 ? -v : v), 0);
    if (objective - best < TOLERANCE || step === MAX_NEWTON_STEPS) {
      const logMarginalLikelihood = objective - 0.5 * factor.logDeterminant();
      const gradient = t.map((v, i) => v - probability[i]!);
      return { kernel, x, gram, gradient, probability, rootW, factor, logMarginalLikelihood };
    }
    best = objective;
  }
}

function factorB(gram: Float64Array, rootW: Float64Array, n: number): Cholesky | CholeskyFailure {
  const b = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) b[i * n + j] = gram[i * n + j]! * rootW[i]! * rootW[j]! + (i === j ? 1 : 0);
  }
  return cholesky(b, n);
}

function symmetric(lower: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) lower[j * n + i] = lower[i * n + j]!;
  return lower;
}

const times = (a: Float64Array, v: Float64Array, n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => dot(a, i * n, v, 0, n));

/** Gradient of the approximate log marginal likelihood by the logarithms of the kernel's parameters. */
export function laplaceGradient(mode: LaplaceMode): Float64Array {
  const { kernel, x, gram, gradient: g, probability, rootW, factor } = mode;
  const { n } = x;
  // R = W^1/2 B^-1 W^1/2.
  const r = symmetric(factor.inverseLower(), n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) r[i * n + j]! *= rootW[i]! * rootW[j]!;
  // s2 = dlogZ/df: the mode moves with the parameters. (K^-1 + W)^-1 has the diagonal of K - K R K.
  const s2 = Float64Array.from({ length: n }, (_, i) => {
    const row = gram.subarray(i * n, (i + 1) * n);
    const spread = gram[i * n + i]! - dot(times(r, row, n), 0, row, 0, n);
    const p = probability[i]!;
    return -0.5 * spread * p * (1 - p) * (1 - 2 * p);
  });
  const moved = times(r, times(gram, s2, n), n);
  const u = s2.map((v, i) => v - moved[i]!);
  const out = new Float64Array(kernel.parameters.length);
  const weight = (i: number, j: number): number =>
    0.5 * (g[i]! * g[j]! - r[i * n + j]! + u[i]! * g[j]! + u[j]! * g[i]!);
  contractGradient(kernel, x, weight, out);
  return out;
}

/** Mean and variance of the latent function at new points. */
export function laplacePredict(mode: LaplaceMode, cross: Float64Array, prior: Float64Array) {
  const { gradient, rootW, factor } = mode;
  const n = gradient.length;
  const m = prior.length;
  const mean = Float64Array.from({ length: m }, (_, i) => dot(cross, i * n, gradient, 0, n));
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) cross[i * n + j]! *= rootW[j]!;
  factor.solveLowerRows(cross, m);
  const variance = prior.map((k, i) => Math.max(0, k - dot(cross, i * n, cross, i * n, n)));
  return { mean, variance };
}
