/** The squared distance of stationary kernels: s = sum over columns of (x_j - z_j)^2 / l_j^2. */

import { SkeinError } from '@skein/core';
import { type Parameter, type ParameterOptions, positiveParameters, withValues } from '../gp/parameter.ts';
import type { ColumnOptions } from './kernel.ts';
import type { Metric } from './stationary-matrices.ts';

export interface LengthscaleOptions extends ParameterOptions, ColumnOptions {
  /** One for all columns, or one a column (automatic relevance determination). Default 1. */
  readonly lengthscale?: number | readonly number[];
  /** Columns whose values are names, not numbers: two different values are at distance 1. */
  readonly categorical?: readonly number[];
}

/** Columns, length scales and the distance that they define. */
export class ScaledDistance {
  readonly parameters: readonly Parameter[];
  readonly #options: LengthscaleOptions;
  readonly #dims: readonly number[] | null;
  /** 1 / l^2 by position, of length 1 if one length scale serves all. */
  readonly #weights: Float64Array;
  readonly #categorical: ReadonlySet<number> | null;

  constructor(options: LengthscaleOptions, parameters?: readonly Parameter[]) {
    this.#options = options;
    this.parameters = parameters ?? positiveParameters('lengthscale', options.lengthscale ?? 1, options);
    this.#dims = options.dims ?? null;
    this.#weights = Float64Array.from(this.parameters, (p) => 1 / (p.value * p.value));
    this.#categorical = options.categorical?.length ? new Set(options.categorical) : null;
    const scales = this.parameters.length;
    if (this.#dims !== null && scales !== 1 && scales !== this.#dims.length) {
      throw new SkeinError('SHAPE', `lengthscale: expected 1 or ${this.#dims.length} values for dims, got ${scales}`);
    }
  }

  withValues(values: ArrayLike<number>): ScaledDistance {
    return new ScaledDistance(this.#options, withValues(this.parameters, values));
  }

  /** Number of columns that take part; throws `SHAPE` if the inputs do not fit the length scales. */
  #columns(d: number): number {
    const count = this.#dims?.length ?? d;
    if (this.#weights.length !== 1 && this.#weights.length !== count) {
      throw new SkeinError(
        'SHAPE',
        `lengthscale: expected ${count} values, one an input column, got ${this.#weights.length}`,
      );
    }
    return count;
  }

  /** The distance as data, for points of `d` columns. */
  metric(d: number): Metric {
    const count = this.#columns(d);
    const isName = (column: number): boolean => this.#categorical?.has(column) ?? false;
    const all = Array.from({ length: count }, (_, i) => ({
      column: this.#dims === null ? i : this.#dims[i]!,
      parameter: this.#weights.length === 1 ? 0 : i,
    }));
    const names = all.filter(({ column }) => isName(column));
    const ordered = [...all.filter(({ column }) => !isName(column)), ...names];
    return {
      columns: ordered.map(({ column }) => column),
      names: names.length,
      weights: Float64Array.from(ordered, ({ parameter }) => this.#weights[parameter]!),
      parameters: ordered.map(({ parameter }) => parameter),
    };
  }

  #difference(x: Float64Array, xo: number, z: Float64Array, zo: number, column: number): number {
    const difference = x[xo + column]! - z[zo + column]!;
    if (this.#categorical === null || !this.#categorical.has(column)) return difference;
    return difference === 0 ? 0 : 1;
  }

  /** s for one pair. */
  squared(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number {
    const count = this.#columns(d);
    const one = this.#weights.length === 1;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const difference = this.#difference(x, xo, z, zo, this.#dims === null ? i : this.#dims[i]!);
      sum += difference * difference * this.#weights[one ? 0 : i]!;
    }
    return sum;
  }

  /** Writes `slope` ds/dlog(l_i) to `out[at + i]`. `s` is the squared distance of the pair. */
  parameterGradient(
    x: Float64Array,
    xo: number,
    z: Float64Array,
    zo: number,
    s: number,
    slope: number,
    out: Float64Array,
    at: number,
  ): void {
    if (this.#weights.length === 1) {
      out[at] = -2 * slope * s;
      return;
    }
    for (let i = 0; i < this.#weights.length; i++) {
      const difference = this.#difference(x, xo, z, zo, this.#dims === null ? i : this.#dims[i]!);
      out[at + i] = -2 * slope * difference * difference * this.#weights[i]!;
    }
  }

  /** Adds `slope` ds/dx to `out` [d]. Categorical columns have no derivative. */
  addInputGradient(
    x: Float64Array,
    xo: number,
    z: Float64Array,
    zo: number,
    d: number,
    slope: number,
    out: Float64Array,
  ): void {
    const count = this.#columns(d);
    const one = this.#weights.length === 1;
    for (let i = 0; i < count; i++) {
      const column = this.#dims === null ? i : this.#dims[i]!;
      if (this.#categorical?.has(column)) continue;
      out[column]! += 2 * slope * (x[xo + column]! - z[zo + column]!) * this.#weights[one ? 0 : i]!;
    }
  }
}
