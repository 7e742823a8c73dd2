/** Covariance matrices and their derivatives. */

import type { Points } from '../linalg/points.ts';
import type { Kernel } from './kernel.ts';
import { matricesOf } from './matrices.ts';

/** Lower triangle of K(X, X) into `out` [n, n]; what is above its diagonal has no meaning. */
export function covariance(kernel: Kernel, x: Points, out: Float64Array = new Float64Array(x.n * x.n)): Float64Array {
  matricesOf(kernel).fill(x, x, true, out);
  return out;
}

/** K(A, B) [a.n, b.n]. */
export function crossCovariance(kernel: Kernel, a: Points, b: Points): Float64Array {
  const out = new Float64Array(a.n * b.n);
  matricesOf(kernel).fill(a, b, false, out);
  return out;
}

/** k(x_i, x_i) for every point. */
export function diagonal(kernel: Kernel, x: Points): Float64Array {
  const { data, d } = x;
  return Float64Array.from({ length: x.n }, (_, i) => kernel.value(data, i * d, data, i * d, d));
}

/**
 * Contracts a symmetric weight with every parameter's derivative of K(X, X): out[p] += sum over i, j of
 * weight(i, j) dK_ij / dlog(theta_p). `weight` is asked for i >= j only.
 */
export function contractGradient(
  kernel: Kernel,
  x: Points,
  weight: (i: number, j: number) => number,
  out: Float64Array,
): void {
  const { n } = x;
  const weights = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) weights[i * n + j] = 2 * weight(i, j);
    weights[i * n + i] = weight(i, i);
  }
  matricesOf(kernel).contract(x, weights, out, 0);
}
