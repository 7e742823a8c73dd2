/**
 * Kernels over many points at once. A kernel is defined over one pair of points; what covers all pairs is written here
 * once, over that definition. Kernels that know a faster way (`Kernel.matrices`) take it.
 */

import type { Points } from '../linalg/points.ts';
import type { Kernel } from './kernel.ts';

/** The pairs of a kernel, all together. */
export interface KernelMatrices {
  /**
   * k(a_i, b_j) into `out` [a.n, b.n]. With `lower`, `a` and `b` are the same points and only the entries with j <= i
   * count; those above the diagonal have no meaning.
   */
  fill(a: Points, b: Points, lower: boolean, out: Float64Array): void;
  /**
   * Adds sum over i >= j of weights[i, j] dk(x_i, x_j) / dlog(theta_p) to out[at + p] for every parameter, and returns
   * the sum of weights[i, j] k(x_i, x_j). Weights above the diagonal are not read.
   */
  contract(x: Points, weights: Float64Array, out: Float64Array, at: number): number;
}

/** The matrices of a kernel, by its own way or pair by pair. */
export const matricesOf = (kernel: Kernel): KernelMatrices => kernel.matrices ?? pairwise(kernel);

/** The definition over pairs. */
export const pairwise = (kernel: Kernel): KernelMatrices => ({
  fill: (a, b, lower, out) => {
    const { d } = a;
    for (let i = 0; i < a.n; i++) {
      const count = lower ? i + 1 : b.n;
      for (let j = 0; j < count; j++) out[i * b.n + j] = kernel.value(a.data, i * d, b.data, j * d, d);
    }
  },
  contract: ({ data, n, d }, weights, out, at) => {
    const count = kernel.parameters.length;
    const derivative = new Float64Array(count);
    let total = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const weight = weights[i * n + j]!;
        total += weight * kernel.gradient(data, i * d, data, j * d, d, derivative, 0);
        for (let p = 0; p < count; p++) out[at + p]! += weight * derivative[p]!;
      }
    }
    return total;
  },
});

/** Those of variance * kernel, whose first parameter is the variance. */
export const scaledMatrices = (variance: number, kernel: Kernel): KernelMatrices => ({
  fill: (a, b, lower, out) => {
    matricesOf(kernel).fill(a, b, lower, out);
    for (let i = 0; i < out.length; i++) out[i]! *= variance;
  },
  contract: (x, weights, out, at) => {
    const part = new Float64Array(kernel.parameters.length);
    const total = variance * matricesOf(kernel).contract(x, weights, part, 0);
    out[at]! += total;
    for (let p = 0; p < part.length; p++) out[at + 1 + p]! += variance * part[p]!;
    return total;
  },
});

/** Those of a sum, the parameters of `a` first. */
export const sumMatrices = (a: Kernel, b: Kernel): KernelMatrices => ({
  fill: (x, z, lower, out) => {
    const other = new Float64Array(out.length);
    matricesOf(a).fill(x, z, lower, out);
    matricesOf(b).fill(x, z, lower, other);
    for (let i = 0; i < out.length; i++) out[i]! += other[i]!;
  },
  contract: (x, weights, out, at) =>
    matricesOf(a).contract(x, weights, out, at) + matricesOf(b).contract(x, weights, out, at + a.parameters.length),
});

/** Those of a product, the parameters of `a` first. */
export const productMatrices = (a: Kernel, b: Kernel): KernelMatrices => ({
  fill: (x, z, lower, out) => {
    const other = new Float64Array(out.length);
    matricesOf(a).fill(x, z, lower, out);
    matricesOf(b).fill(x, z, lower, other);
    for (let i = 0; i < out.length; i++) out[i]! *= other[i]!;
  },
  contract: (x, weights, out, at) => {
    const weighted = new Float64Array(x.n * x.n);
    matricesOf(b).fill(x, x, true, weighted);
    for (let i = 0; i < weighted.length; i++) weighted[i]! *= weights[i]!;
    const total = matricesOf(a).contract(x, weighted, out, at);
    matricesOf(a).fill(x, x, true, weighted);
    for (let i = 0; i < weighted.length; i++) weighted[i]! *= weights[i]!;
    matricesOf(b).contract(x, weighted, out, at + a.parameters.length);
    return total;
  },
});
