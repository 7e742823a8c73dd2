/** Vectors of real numbers or of integers within bounds; one gene a number. */

import { type Rng, SkeinError } from '@skein/core';
import { spreadDiversity } from './diversity.ts';
import type { Encoding } from './encoding.ts';
import { checkedLength } from './strings.ts';

/** One bound for all numbers or one a number. */
export type Bound = number | ArrayLike<number>;

/** Vectors of `length` real numbers in [low, high]. */
export function reals(length: number, low: Bound, high: Bound): Encoding<Float64Array, Float64Array> {
  const label = `reals(${length})`;
  const limits = checkedLimits(length, low, high, label, Number.isFinite);
  return {
    kind: 'reals',
    label,
    length,
    ...limits,
    allocate: (count) => new Float64Array(count),
    sample: (genes, rng) => {
      for (let j = 0; j < length; j++) genes[j] = limits.low[j]! + rng.uniform() * (limits.high[j]! - limits.low[j]!);
    },
    decode: (genes) => genes,
    encode: (value) => Float64Array.from(checkedNumbers(value, limits, label, Number.isFinite)),
    diversity: (population) => spreadDiversity(population, limits.low, limits.high),
  };
}

/** Vectors of `length` integers in [low, high], both included; at most 32 bits with sign. */
export function integers(length: number, low: Bound, high: Bound): Encoding<Int32Array, Int32Array> {
  const label = `integers(${length})`;
  const limits = checkedLimits(length, low, high, label, (x) => x === (x | 0));
  return {
    kind: 'integers',
    label,
    length,
    ...limits,
    allocate: (count) => new Int32Array(count),
    sample: (genes: Int32Array, rng: Rng) => {
      for (let j = 0; j < length; j++) genes[j] = limits.low[j]! + rng.integer(limits.high[j]! - limits.low[j]! + 1);
    },
    decode: (genes) => genes,
    encode: (value) => Int32Array.from(checkedNumbers(value, limits, label, Number.isInteger)),
    diversity: (population) => spreadDiversity(population, limits.low, limits.high),
  };
}

interface Limits {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

function checkedLimits(length: number, low: Bound, high: Bound, label: string, fits: (x: number) => boolean): Limits {
  checkedLength(length, label);
  const limits = { low: expand(low, length, `${label}: low`), high: expand(high, length, `${label}: high`) };
  for (let j = 0; j < length; j++) {
    const [l, h] = [limits.low[j]!, limits.high[j]!];
    if (fits(l) && fits(h) && l <= h) continue;
    throw new SkeinError('INPUT', `${label}: gene ${j}: expected low <= high that fit the encoding, got ${l} and ${h}`);
  }
  return limits;
}

/** One bound a number from a bound for all of them. Throws `SHAPE` when the length is another. */
export function expand(bound: Bound, length: number, what: string): Float64Array {
  if (typeof bound === 'number') return new Float64Array(length).fill(bound);
  if (bound.length !== length) {
    throw new SkeinError('SHAPE', `${what}: expected one number or ${length}, got ${bound.length}`);
  }
  return Float64Array.from(bound);
}

function checkedNumbers<A extends ArrayLike<number>>(
  value: A,
  { low, high }: Limits,
  label: string,
  fits: (x: number) => boolean,
): A {
  if (value.length !== low.length) {
    throw new SkeinError('SHAPE', `${label}: expected ${low.length} numbers, got ${value.length}`);
  }
  for (let j = 0; j < low.length; j++) {
    const x = value[j] as number;
    if (fits(x) && x >= low[j]! && x <= high[j]!) continue;
    throw new SkeinError('INPUT', `${label}: number ${j}: expected one in [${low[j]}, ${high[j]}], got ${x}`);
  }
  return value;
}
