/** Orders of n things: tours, schedules, rankings. */

import { SkeinError, show } from '@skein/core';
import { symbolDiversity } from './diversity.ts';
import { type Encoding, uniformLimits } from './encoding.ts';
import { checkedLength } from './strings.ts';

/** Permutations of 0, 1, ..., n-1. */
export function permutations(n: number): Encoding<Int32Array, Int32Array> {
  const label = `permutations(${n})`;
  checkedLength(n, label);
  return {
    kind: 'permutation',
    label,
    length: n,
    ...uniformLimits(n, 0, n - 1),
    allocate: (count) => new Int32Array(count),
    sample: (genes, rng) => {
      for (let j = 0; j < n; j++) genes[j] = j;
      rng.shuffle(genes);
    },
    decode: (genes) => genes,
    encode: (value) => {
      if (isPermutation(value, n)) return Int32Array.from(value);
      throw new SkeinError('INPUT', `${label}: expected each of 0..${n - 1} once, got ${show([...value])}`);
    },
    diversity: (population) => symbolDiversity(population, n),
  };
}

/** True if every number of 0..n-1 occurs once. */
export function isPermutation(value: ArrayLike<number>, n: number): boolean {
  const seen = new Set<number>();
  for (let j = 0; j < value.length; j++) {
    const x = value[j] as number;
    if (Number.isInteger(x) && x >= 0 && x < n) seen.add(x);
  }
  return value.length === n && seen.size === n;
}
