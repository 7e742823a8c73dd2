/** Space-filling designs beside Sobol's: Latin hypercubes and Halton's sequence. */

import { type Rng, SkeinError } from '@skein/core';

/**
 * A Latin hypercube: `count` points of [0, 1)^d, row-major, with exactly one point in each of `count` equal slices of
 * every dimension, uniform within its slice.
 */
export function latinHypercube(count: number, d: number, rng: Rng): Float64Array {
  const out = new Float64Array(count * d);
  const slices = new Uint32Array(count);
  for (let j = 0; j < d; j++) {
    for (let i = 0; i < count; i++) slices[i] = i;
    rng.shuffle(slices);
    for (let i = 0; i < count; i++) out[i * d + j] = (slices[i]! + rng.uniform()) / count;
  }
  return out;
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return primes;
}

/** Digits of `i` in `base`, mirrored at the point and permuted. */
function radicalInverse(i: number, base: number, permutation: ArrayLike<number>): number {
  let value = 0;
  let unit = 1 / base;
  for (let rest = i; unit > 1e-17; rest = Math.floor(rest / base)) {
    value += unit * permutation[rest % base]!;
    unit /= base;
  }
  return value;
}

/**
 * Halton's sequence: `count` points of [0, 1)^d from index `skip`, dimension j in the base of prime j. With `rng` the
 * digits of each dimension are permuted at random, which breaks the stripes of the larger bases.
 */
export function halton(
  count: number,
  d: number,
  options: { readonly rng?: Rng; readonly skip?: number } = {},
): Float64Array {
  if (!Number.isInteger(d) || d < 0) throw new SkeinError('INPUT', `halton: expected a number of dimensions, got ${d}`);
  const out = new Float64Array(count * d);
  for (const [j, base] of firstPrimes(d).entries()) {
    const permutation = Array.from({ length: base }, (_, digit) => digit);
    options.rng?.shuffle(permutation);
    for (let i = 0; i < count; i++) out[i * d + j] = radicalInverse(i + (options.skip ?? 0), base, permutation);
  }
  return out;
}
