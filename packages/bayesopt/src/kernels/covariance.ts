/** Kernels over many points: written once, over the pair interface. */

import type { Points } from '../linalg/points.ts';
import type { Kernel } from './kernel.ts';

/** Lower triangle of K(X, X) into `out` [n, n]. */
export function covariance(kernel: Kernel, x: Points, out: Float64Array = new Float64Array(x.n * x.n)): Float64Array {
  const { data, n, d } = x;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) out[i * n + j] = kernel.value(data, i * d, data, j * d, d);
  }
  return out;
}

/** K(A, B) [a.n, b.n]. */
export function crossCovariance(kernel: Kernel, a: Points, b: Points): Float64Array {
  const { d } = a;
  const out = new Float64Array(a.n * b.n);
  for (let i = 0; i < a.n; i++) {
    for (let j = 0; j < b.n; j++) out[i * b.n + j] = kernel.value(a.data, i * d, b.data, j * d, d);
  }
  return out;
}

/** k(x_i, x_i) for every point. */
export function diagonal(kernel: Kernel, x: Points): Float64Array {
  const { data, d } = x;
  return Float64Array.from({ length: x.n }, (_, i) => kernel.value(data, i * d, data, i * d, d));
}

/**
 * Contracts a symmetric weight with every parameter's derivative of K(X, X): out[p] = sum over i, j of
 * weight(i, j) dK_ij / dlog(theta_p). `weight` is asked for i >= j only.
 */
export function contractGradient(
  kernel: Kernel,
  x: Points,
  weight: (i: number, j: number) => number,
  out: Float64Array,
): void {
  const { data, n, d } = x;
  const count = kernel.parameters.length;
  const derivative = new Float64Array(count);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      kernel.gradient(data, i * d, data, j * d, d, derivative, 0);
      const w = i === j ? weight(i, i) : 2 * weight(i, j);
      for (let p = 0; p < count; p++) out[p]! += w * derivative[p]!;
    }
  }
}
