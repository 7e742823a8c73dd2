/**
 * A kernel is a value: a covariance function over one pair of points with its derivatives. Combinators make kernels from
 * kernels, and everything over many points (matrices.ts) is written once, over this interface.
 *
 * Points are rows of flat arrays: x is `x[xo .. xo + d)`. A pair is the same point exactly when array and offset are the
 * same; only then does white noise count.
 */

import type { Parameter } from '../gp/parameter.ts';
import type { KernelMatrices } from './matrices.ts';

export interface Kernel {
  /** For messages and tables: `1.5 * matern52(0.5, 0.8)`. */
  readonly label: string;
  /** Hyperparameters in the order of `gradient`; all are positive and fitted in their logarithms. */
  readonly parameters: readonly Parameter[];
  /** The same kernel with other parameter values (natural, in order). */
  withValues(values: ArrayLike<number>): Kernel;
  /** k(x, z). */
  value(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number;
  /** k(x, z); writes its derivatives by the logarithm of each parameter to `out[at ..]`. */
  gradient(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number, out: Float64Array, at: number): number;
  /** Adds `weight` times the derivative of k(x, z) by x to `out` [d]. */
  addInputGradient(
    x: Float64Array,
    xo: number,
    z: Float64Array,
    zo: number,
    d: number,
    weight: number,
    out: Float64Array,
  ): void;
  /** A faster way to whole matrices than pair by pair, with the same results up to rounding. */
  readonly matrices?: KernelMatrices;
}

/** Which input columns a kernel looks at. */
export interface ColumnOptions {
  /** Columns of the inputs that take part; default all. */
  readonly dims?: readonly number[];
}

/** Values in a label: at most four significant digits. */
export const short = (values: readonly number[]): string => values.map((v) => Number(v.toPrecision(4))).join(', ');
