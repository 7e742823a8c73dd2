/** Kernels with more structure than a distance: linear, polynomial, periodic, and over names. */

import {
  type Parameter,
  type ParameterOptions,
  positiveParameter,
  positiveParameters,
  withValues,
} from '../gp/parameter.ts';
import type { LengthscaleOptions } from './distance.ts';
import { type ColumnOptions, type Kernel, short } from './kernel.ts';
import { rbf } from './stationary.ts';

const valuesOf = (parameters: readonly Parameter[]): number[] => parameters.map((p) => p.value);

export interface LinearOptions extends ParameterOptions, ColumnOptions {
  /** Variance of the slopes: one for all columns, or one a column. Default 1. */
  readonly variance?: number | readonly number[];
}

/** Linear: sum of variance_j x_j z_j. Straight lines through the origin; add `constant` for an offset. */
export const linear = (options: LinearOptions = {}): Kernel =>
  new Linear(positiveParameters('variance', options.variance ?? 1, options), options.dims ?? null);

class Linear implements Kernel {
  readonly parameters: readonly Parameter[];
  readonly #dims: readonly number[] | null;

  constructor(parameters: readonly Parameter[], dims: readonly number[] | null) {
    this.parameters = parameters;
    this.#dims = dims;
  }

  get label(): string {
    return `linear(${short(valuesOf(this.parameters))})`;
  }

  withValues(values: ArrayLike<number>): Kernel {
    return new Linear(withValues(this.parameters, values), this.#dims);
  }

  #variance(i: number): number {
    return this.parameters[this.parameters.length === 1 ? 0 : i]!.value;
  }

  #column(i: number): number {
    return this.#dims === null ? i : this.#dims[i]!;
  }

  value(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number {
    let sum = 0;
    for (let i = 0; i < (this.#dims?.length ?? d); i++) {
      const c = this.#column(i);
      sum += this.#variance(i) * x[xo + c]! * z[zo + c]!;
    }
    return sum;
  }

  gradient(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number, out: Float64Array, at: number): number {
    const k = this.value(x, xo, z, zo, d);
    if (this.parameters.length === 1) out[at] = k;
    else {
      for (let i = 0; i < this.parameters.length; i++) {
        const c = this.#column(i);
        out[at + i] = this.#variance(i) * x[xo + c]! * z[zo + c]!;
      }
    }
    return k;
  }

  addInputGradient(
    _x: Float64Array,
    _xo: number,
    z: Float64Array,
    zo: number,
    d: number,
    weight: number,
    out: Float64Array,
  ): void {
    for (let i = 0; i < (this.#dims?.length ?? d); i++) {
      const c = this.#column(i);
      out[c]! += weight * this.#variance(i) * z[zo + c]!;
    }
  }
}

export interface PolynomialOptions extends ParameterOptions, ColumnOptions {
  /** A whole number of at least 1. */
  readonly degree: number;
  /** Added to the product of the points. Default 1. */
  readonly offset?: number;
}

/** Polynomial: (x . z + offset)^degree. */
export const polynomial = (options: PolynomialOptions): Kernel =>
  new Polynomial(
    linear(options.dims === undefined ? {} : { dims: options.dims }),
    positiveParameter('offset', options.offset ?? 1, options),
    options.degree,
  );

class Polynomial implements Kernel {
  readonly parameters: readonly Parameter[];
  readonly #product: Kernel;
  readonly #offset: Parameter;
  readonly #degree: number;

  constructor(product: Kernel, offset: Parameter, degree: number) {
    this.#product = product;
    this.#offset = offset;
    this.#degree = degree;
    this.parameters = [offset];
  }

  get label(): string {
    return `polynomial(${this.#degree}, ${short([this.#offset.value])})`;
  }

  withValues(values: ArrayLike<number>): Kernel {
    return new Polynomial(this.#product, { ...this.#offset, value: values[0]! }, this.#degree);
  }

  #base(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number {
    return this.#product.value(x, xo, z, zo, d) + this.#offset.value;
  }

  value(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number {
    return this.#base(x, xo, z, zo, d) ** this.#degree;
  }

  gradient(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number, out: Float64Array, at: number): number {
    const base = this.#base(x, xo, z, zo, d);
    out[at] = this.#degree * base ** (this.#degree - 1) * this.#offset.value;
    return base ** this.#degree;
  }

  addInputGradient(
    x: Float64Array,
    xo: number,
    z: Float64Array,
    zo: number,
    d: number,
    weight: number,
    out: Float64Array,
  ): void {
    const slope = this.#degree * this.#base(x, xo, z, zo, d) ** (this.#degree - 1);
    this.#product.addInputGradient(x, xo, z, zo, d, weight * slope, out);
  }
}

export interface PeriodicOptions extends ParameterOptions, ColumnOptions {
  /** Distance after which functions repeat, in every column. Default 1. */
  readonly period?: number;
  readonly periodOptions?: ParameterOptions;
  /** Length scale relative to the period's circle. Default 1. */
  readonly lengthscale?: number;
}

/** Periodic: exp(-2 sum_j sin^2(pi (x_j - z_j) / period) / l^2) (MacKay 1998). Parameters: length scale, period. */
export const periodic = (options: PeriodicOptions = {}): Kernel =>
  new Periodic(
    positiveParameter('lengthscale', options.lengthscale ?? 1, options),
    positiveParameter('period', options.period ?? 1, options.periodOptions),
    options.dims ?? null,
  );

class Periodic implements Kernel {
  readonly parameters: readonly [lengthscale: Parameter, period: Parameter];
  readonly #dims: readonly number[] | null;

  constructor(lengthscale: Parameter, period: Parameter, dims: readonly number[] | null) {
    this.parameters = [lengthscale, period];
    this.#dims = dims;
  }

  get label(): string {
    return `periodic(${short(valuesOf(this.parameters))})`;
  }

  withValues(values: ArrayLike<number>): Kernel {
    const [lengthscale, period] = withValues(this.parameters, values);
    return new Periodic(lengthscale!, period!, this.#dims);
  }

  /** Differences by column, as angles pi (x_j - z_j) / period. */
  #eachAngle(
    x: Float64Array,
    xo: number,
    z: Float64Array,
    zo: number,
    d: number,
    visit: (angle: number, column: number) => void,
  ): void {
    for (let i = 0; i < (this.#dims?.length ?? d); i++) {
      const c = this.#dims === null ? i : this.#dims[i]!;
      visit((Math.PI * (x[xo + c]! - z[zo + c]!)) / this.parameters[1].value, c);
    }
  }

  value(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number {
    let sum = 0;
    this.#eachAngle(x, xo, z, zo, d, (angle) => {
      sum += Math.sin(angle) ** 2;
    });
    return Math.exp((-2 * sum) / this.parameters[0].value ** 2);
  }

  gradient(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number, out: Float64Array, at: number): number {
    const factor = 2 / this.parameters[0].value ** 2;
    let squares = 0;
    let turns = 0;
    this.#eachAngle(x, xo, z, zo, d, (angle) => {
      squares += Math.sin(angle) ** 2;
      turns += Math.sin(2 * angle) * angle;
    });
    const k = Math.exp(-factor * squares);
    out[at] = 2 * factor * squares * k;
    out[at + 1] = factor * turns * k;
    return k;
  }

  addInputGradient(
    x: Float64Array,
    xo: number,
    z: Float64Array,
    zo: number,
    d: number,
    weight: number,
    out: Float64Array,
  ): void {
    const [lengthscale, period] = this.parameters;
    const factor = (-2 * Math.PI * this.value(x, xo, z, zo, d) * weight) / (lengthscale.value ** 2 * period.value);
    this.#eachAngle(x, xo, z, zo, d, (angle, c) => {
      out[c]! += factor * Math.sin(2 * angle);
    });
  }
}

/**
 * Hamming: exp(-sum of [x_j differs from z_j] / (2 l_j^2)) over the columns `dims`, which hold names: the squared
 * exponential kernel at distances of 0 and 1. Multiply or add it to a kernel of the other columns for mixed inputs.
 */
export const hamming = (options: LengthscaleOptions & { readonly dims: readonly number[] }): Kernel =>
  rbf({ ...options, categorical: options.dims });
