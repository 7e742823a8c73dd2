/**
 * Numbers written as bit strings, most significant bit first, in the plain binary or the reflected Gray code. In the
 * Gray code neighbouring numbers differ in one bit, so a mutation can always reach them (plain binary: 15 is 01111, 16
 * is 10000).
 */

import { SkeinError } from '@skein/core';
import type { Population } from '../population.ts';
import type { Encoding } from './encoding.ts';
import { symbols } from './strings.ts';

export type Coding = 'binary' | 'gray';
/** 2^53 is the largest power up to which every integer is a float64. */
const MOST_BITS = 53;

/** The number in [0, 2^n) that a string of n bits stands for, most significant bit first; n is at most 53. */
export function decode(string: ArrayLike<number>, coding: Coding = 'binary'): number {
  if (string.length > MOST_BITS) {
    throw new SkeinError('SHAPE', `decode(string): expected at most ${MOST_BITS} bits, got ${string.length}`, {
      advice: 'decode parts of the string (string.subarray(from, to)) into several numbers',
    });
  }
  let value = 0;
  let previous = 0;
  for (let j = 0; j < string.length; j++) {
    previous = coding === 'gray' ? previous ^ (string[j] as number) : (string[j] as number);
    value = value * 2 + previous;
  }
  return value;
}

/** The string of `length` bits that stands for an integer in [0, 2^length): the inverse of `decode`. */
export function encode(value: number, length: number, coding: Coding = 'binary'): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || length > MOST_BITS || value >= 2 ** length) {
    throw new SkeinError('INPUT', `encode(value, ${length}): expected an integer in [0, 2^${length}), got ${value}`);
  }
  const string = new Uint8Array(length);
  let rest = value;
  for (let j = length - 1; j >= 0; j--, rest = Math.floor(rest / 2)) string[j] = rest % 2;
  if (coding === 'gray') for (let j = length - 1; j > 0; j--) string[j]! ^= string[j - 1]!;
  return string;
}

/** What `binaryReals` takes. */
export interface BinaryRealsOptions {
  /** How many numbers. */
  readonly count: number;
  /** The range of every number, both ends included. */
  readonly low: number;
  readonly high: number;
  /** Bits a number, at most 53: the grid has 2^bits points. */
  readonly bits: number;
  readonly coding?: Coding;
}

/** Real numbers on a grid of 2^bits points in [low, high], each written as a bit string. */
export function binaryReals(options: BinaryRealsOptions): Encoding<Float64Array, Uint8Array> {
  const { count, low, high, bits, coding = 'gray' } = options;
  const label = `binaryReals(${count} in [${low}, ${high}], ${bits} bits, ${coding})`;
  if (!(low < high) || !Number.isFinite(high - low) || bits > MOST_BITS) {
    throw new SkeinError('INPUT', `${label}: expected finite low < high and at most ${MOST_BITS} bits a number`);
  }
  const step = (high - low) / (2 ** bits - 1);
  const base = symbols(count * bits, 2, label);
  return {
    ...base,
    diversity: (population: Population<Uint8Array>) => base.diversity(population),
    decode: (genes) =>
      Float64Array.from({ length: count }, (_, i) => {
        return low + step * decode(genes.subarray(i * bits, (i + 1) * bits), coding);
      }),
    encode: (value) => {
      if (value.length !== count)
        throw new SkeinError('SHAPE', `${label}: expected ${count} numbers, got ${value.length}`);
      const genes = new Uint8Array(count * bits);
      value.forEach((x, i) => {
        genes.set(encode(Math.round((x - low) / step), bits, coding), i * bits);
      });
      return genes;
    },
  };
}
