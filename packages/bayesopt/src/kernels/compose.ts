/** Kernels from kernels: scale, sum and product; and the two kernels that only make sense in a composition. */

import { type Parameter, type ParameterOptions, positiveParameter } from '../gp/parameter.ts';
import { type Kernel, short } from './kernel.ts';
import { type KernelMatrices, productMatrices, scaledMatrices, sumMatrices } from './matrices.ts';

export interface VarianceOptions extends ParameterOptions {
  /** Default 1. */
  readonly variance?: number;
}

const varianceOf = (given: number | VarianceOptions): Parameter =>
  typeof given === 'number'
    ? positiveParameter('variance', given)
    : positiveParameter('variance', given.variance ?? 1, given);

/** variance * kernel. Parameters: the variance, then the kernel's. */
export const scale = (kernel: Kernel, variance: number | VarianceOptions = {}): Kernel =>
  new Scaled(varianceOf(variance), kernel);

/** The sum of kernels. Parameters: the terms', in order. */
export const sum = (first: Kernel, ...others: Kernel[]): Kernel => others.reduce((a, b) => new Sum(a, b), first);

/** The product of kernels. Parameters: the factors', in order. */
export const product = (first: Kernel, ...others: Kernel[]): Kernel =>
  others.reduce((a, b) => new Product(a, b), first);

/** The same covariance for every pair: an uncertain constant offset. */
export const constant = (variance: number | VarianceOptions = {}): Kernel => new Constant(varianceOf(variance));

/** Variance at a point with itself only: noise as part of the kernel. */
export const white = (variance: number | VarianceOptions = {}): Kernel => new White(varianceOf(variance));

class Scaled implements Kernel {
  readonly #variance: Parameter;
  readonly #kernel: Kernel;
  readonly parameters: readonly Parameter[];

  constructor(variance: Parameter, kernel: Kernel) {
    this.#variance = variance;
    this.#kernel = kernel;
    this.parameters = [variance, ...kernel.parameters];
  }

  get matrices(): KernelMatrices {
    return scaledMatrices(this.#variance.value, this.#kernel);
  }

  get label(): string {
    return `${short([this.#variance.value])} * ${this.#kernel.label}`;
  }

  withValues(values: ArrayLike<number>): Kernel {
    const rest = Array.from(values).slice(1);
    return new Scaled({ ...this.#variance, value: values[0]! }, this.#kernel.withValues(rest));
  }

  value(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number {
    return this.#variance.value * this.#kernel.value(x, xo, z, zo, d);
  }

  gradient(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number, out: Float64Array, at: number): number {
    const variance = this.#variance.value;
    const k = variance * this.#kernel.gradient(x, xo, z, zo, d, out, at + 1);
    out[at] = k;
    for (let i = at + 1; i < at + this.parameters.length; i++) out[i]! *= variance;
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
    this.#kernel.addInputGradient(x, xo, z, zo, d, weight * this.#variance.value, out);
  }
}

class Sum implements Kernel {
  readonly #a: Kernel;
  readonly #b: Kernel;
  readonly parameters: readonly Parameter[];

  constructor(a: Kernel, b: Kernel) {
    this.#a = a;
    this.#b = b;
    this.parameters = [...a.parameters, ...b.parameters];
  }

  get matrices(): KernelMatrices {
    return sumMatrices(this.#a, this.#b);
  }

  get label(): string {
    return `(${this.#a.label} + ${this.#b.label})`;
  }

  withValues(values: ArrayLike<number>): Kernel {
    const [a, b] = splitValues(values, this.#a.parameters.length);
    return new Sum(this.#a.withValues(a), this.#b.withValues(b));
  }

  value(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number {
    return this.#a.value(x, xo, z, zo, d) + this.#b.value(x, xo, z, zo, d);
  }

  gradient(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number, out: Float64Array, at: number): number {
    const a = this.#a.gradient(x, xo, z, zo, d, out, at);
    return a + this.#b.gradient(x, xo, z, zo, d, out, at + this.#a.parameters.length);
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
    this.#a.addInputGradient(x, xo, z, zo, d, weight, out);
    this.#b.addInputGradient(x, xo, z, zo, d, weight, out);
  }
}

class Product implements Kernel {
  readonly #a: Kernel;
  readonly #b: Kernel;
  readonly parameters: readonly Parameter[];

  constructor(a: Kernel, b: Kernel) {
    this.#a = a;
    this.#b = b;
    this.parameters = [...a.parameters, ...b.parameters];
  }

  get matrices(): KernelMatrices {
    return productMatrices(this.#a, this.#b);
  }

  get label(): string {
    return `${this.#a.label} * ${this.#b.label}`;
  }

  withValues(values: ArrayLike<number>): Kernel {
    const [a, b] = splitValues(values, this.#a.parameters.length);
    return new Product(this.#a.withValues(a), this.#b.withValues(b));
  }

  value(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number {
    return this.#a.value(x, xo, z, zo, d) * this.#b.value(x, xo, z, zo, d);
  }

  gradient(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number, out: Float64Array, at: number): number {
    const middle = at + this.#a.parameters.length;
    const a = this.#a.gradient(x, xo, z, zo, d, out, at);
    const b = this.#b.gradient(x, xo, z, zo, d, out, middle);
    for (let i = at; i < middle; i++) out[i]! *= b;
    for (let i = middle; i < at + this.parameters.length; i++) out[i]! *= a;
    return a * b;
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
    this.#a.addInputGradient(x, xo, z, zo, d, weight * this.#b.value(x, xo, z, zo, d), out);
    this.#b.addInputGradient(x, xo, z, zo, d, weight * this.#a.value(x, xo, z, zo, d), out);
  }
}

function splitValues(values: ArrayLike<number>, at: number): readonly [number[], number[]] {
  const all = Array.from(values);
  return [all.slice(0, at), all.slice(at)];
}

class Constant implements Kernel {
  readonly #variance: Parameter;
  readonly parameters: readonly Parameter[];

  constructor(variance: Parameter) {
    this.#variance = variance;
    this.parameters = [variance];
  }

  get label(): string {
    return `constant(${short([this.#variance.value])})`;
  }

  withValues(values: ArrayLike<number>): Kernel {
    return new Constant({ ...this.#variance, value: values[0]! });
  }

  value(): number {
    return this.#variance.value;
  }

  gradient(_x: Float64Array, _xo: number, _z: Float64Array, _zo: number, _d: number, out: Float64Array, at: number) {
    out[at] = this.#variance.value;
    return this.#variance.value;
  }

  addInputGradient(): void {}
}

class White implements Kernel {
  readonly #variance: Parameter;
  readonly parameters: readonly Parameter[];

  constructor(variance: Parameter) {
    this.#variance = variance;
    this.parameters = [variance];
  }

  get label(): string {
    return `white(${short([this.#variance.value])})`;
  }

  withValues(values: ArrayLike<number>): Kernel {
    return new White({ ...this.#variance, value: values[0]! });
  }

  value(x: Float64Array, xo: number, z: Float64Array, zo: number): number {
    return x === z && xo === zo ? this.#variance.value : 0;
  }

  gradient(x: Float64Array, xo: number, z: Float64Array, zo: number, _d: number, out: Float64Array, at: number) {
    out[at] = this.value(x, xo, z, zo);
    return out[at]!;
  }

  addInputGradient(): void {}
}
