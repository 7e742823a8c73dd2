/** Random tensors for the cases of kernels. */

import type { Rng } from '@skein/core';
import type { DataType } from '@tensorflow/tfjs-core';

/** A tensor as plain data. */
export interface Plain {
  readonly values: readonly number[] | readonly string[];
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** Inputs as the kernel takes them: by name, or a list. `complex` names a pair of parts. */
export interface KernelCase {
  readonly inputs: Readonly<Record<string, unknown>> | readonly Plain[];
  readonly attrs?: Readonly<Record<string, unknown>>;
}

/** Number of elements. */
export const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

/** Draws tensors. */
export class Draw {
  private readonly rng: Rng;

  constructor(rng: Rng) {
    this.rng = rng;
  }

  private fill(shape: readonly number[], dtype: DataType, one: () => number): Plain {
    return { values: Array.from({ length: size(shape) }, one), shape, dtype };
  }

  /** Numbers of both signs around one. */
  float(...shape: number[]): Plain {
    return this.fill(shape, 'float32', () => Math.fround(this.rng.normal() * 2));
  }

  /** Numbers in (low, high). */
  between(low: number, high: number, ...shape: number[]): Plain {
    return this.fill(shape, 'float32', () => Math.fround(low + (high - low) * this.rng.uniform()));
  }

  int(n: number, ...shape: number[]): Plain {
    return this.fill(shape, 'int32', () => this.rng.integer(n));
  }

  signed(n: number, ...shape: number[]): Plain {
    return this.fill(shape, 'int32', () => this.rng.integer(2 * n + 1) - n);
  }

  bool(...shape: number[]): Plain {
    return this.fill(shape, 'bool', () => this.rng.integer(2));
  }

  of(dtype: DataType, ...shape: number[]): Plain {
    if (dtype === 'bool') return this.bool(...shape);
    return dtype === 'int32' ? this.signed(20, ...shape) : this.float(...shape);
  }

  /** Different numbers, so that orders and maxima are unique. */
  distinct(...shape: number[]): Plain {
    const order = this.rng.shuffle(Array.from({ length: size(shape) }, (_, i) => i));
    return { values: order.map((i) => i * 0.25 - 3), shape, dtype: 'float32' };
  }

  shape(rank: number): number[] {
    return Array.from({ length: rank }, () => 1 + this.rng.integer(6));
  }
}

/** Numbers at which functions go wrong. */
export const EDGES: Plain = {
  values: [
    0,
    -0,
    1,
    -1,
    Number.NaN,
    Infinity,
    -Infinity,
    1e-40,
    1e-20,
    1e20,
    -1e20,
    0.5,
    1.5,
    2.5,
    -0.5,
    88,
    -87,
    1e-4,
    13,
  ],
  shape: [19],
  dtype: 'float32',
};

/** A string vector. */
export const text = (...values: string[]): Plain => ({ values, shape: [values.length], dtype: 'string' });
/** An int32 tensor with these values; a vector unless a shape is given. */
export const ints = (values: readonly number[], ...shape: number[]): Plain => ({
  values,
  shape: shape.length === 0 ? [values.length] : shape,
  dtype: 'int32',
});

/** One case for each of float32, int32 and bool. */
export const everyType =
  (make: (x: Plain, draw: Draw) => KernelCase, ...shape: number[]) =>
  (draw: Draw): KernelCase[] =>
    (['float32', 'int32', 'bool'] as const).map((dtype) => make(draw.of(dtype, ...shape), draw));

/** Cases of kernels by name. */
export type CaseTable = Readonly<Record<string, (draw: Draw) => KernelCase[]>>;
