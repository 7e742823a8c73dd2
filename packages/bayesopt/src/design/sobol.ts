/**
 * Sobol's sequence with Joe and Kuo's direction numbers, and Owen's nested uniform scrambling.
 *
 * Notation. x_i: point i, whose bits in each dimension are the exclusive or of the direction numbers v_k at the set bits
 * k of the Gray code of i. A (t, m, s)-net: every dyadic box of volume 2^(t - m) holds 2^t of the first 2^m points.
 */

import { type Rng, SkeinError } from '@skein/core';
import { JOE_KUO } from './joe-kuo.ts';

const BITS = 32;

/** Dimensions for which direction numbers are known. */
export const SOBOL_DIMENSIONS = JOE_KUO.split(' ').length;

/** Direction numbers of the first `d` dimensions, 32 each. */
function directionNumbers(d: number): Uint32Array {
  const table = new Uint32Array(d * BITS);
  const entries = JOE_KUO.split(' ', d);
  for (let j = 0; j < d; j++) {
    const [polynomial, ...initial] = entries[j]!.split(',').map((text) => Number.parseInt(text, 36));
    table.set(directions(polynomial!, initial), j * BITS);
  }
  return table;
}

/** v_1 ... v_32 of one dimension from its polynomial and m_1 ... m_degree (Bratley and Fox, ACM TOMS 14, 1988). */
function directions(polynomial: number, initial: readonly number[]): Uint32Array {
  const v = new Uint32Array(BITS);
  if (polynomial === 1) return v.map((_, k) => 2 ** (BITS - 1 - k));
  const degree = initial.length;
  for (let k = 0; k < BITS; k++) {
    if (k < degree) {
      v[k] = (initial[k]! << (BITS - 1 - k)) >>> 0;
      continue;
    }
    let bits = v[k - degree]! ^ (v[k - degree]! >>> degree);
    for (let i = 1; i < degree; i++) if ((polynomial >>> (degree - i)) & 1) bits ^= v[k - i]!;
    v[k] = bits;
  }
  return v;
}

/**
 * `count` points of [0, 1)^d, row-major, starting at index `skip`. With `rng` the points are Owen-scrambled: still a net
 * of the same quality, each point uniform. Throws `INPUT` above `SOBOL_DIMENSIONS` dimensions.
 */
export function sobol(
  count: number,
  d: number,
  options: { readonly rng?: Rng; readonly skip?: number } = {},
): Float64Array {
  if (!Number.isInteger(d) || d < 0 || d > SOBOL_DIMENSIONS) {
    throw new SkeinError('INPUT', `sobol: expected 0 to ${SOBOL_DIMENSIONS} dimensions, got ${d}`);
  }
  const table = directionNumbers(d);
  const { rng } = options;
  const seeds = Uint32Array.from({ length: d }, () => rng?.uint32() ?? 0);
  const first = options.skip ?? 0;
  const bits = new Uint32Array(d);
  const gray = (first ^ (first >>> 1)) >>> 0;
  for (let k = 0; k < BITS; k++) if ((gray >>> k) & 1) flip(bits, table, k);
  const out = new Float64Array(count * d);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < d; j++) {
      const scrambled = rng === undefined ? bits[j]! : owenScramble(bits[j]!, seeds[j]!);
      out[i * d + j] = scrambled * 2 ** -BITS;
    }
    // The Gray code of the next index differs in the bit of the lowest zero of this one.
    flip(bits, table, 31 - Math.clz32(~(first + i) & (first + i + 1)));
  }
  return out;
}

function flip(bits: Uint32Array, table: Uint32Array, k: number): void {
  for (let j = 0; j < bits.length; j++) bits[j]! ^= table[j * BITS + k]!;
}

/** Flips each bit by a coin that depends on the seed and on all bits above it (Owen 1995), as 32 hashed coins. */
function owenScramble(bits: number, seed: number): number {
  let flips = 0;
  for (let k = 0; k < BITS; k++) {
    // The bits above bit k, with a leading one that tells prefixes of different lengths apart.
    const prefix = k === 0 ? 1 : (bits >>> (BITS - k)) | (k < 31 ? 1 << k : 0);
    flips |= (hash(prefix ^ Math.imul(k, 0x9e3779b9), seed) & 1) << (BITS - 1 - k);
  }
  return (bits ^ flips) >>> 0;
}

/** Murmur3's mixer over a keyed word. */
function hash(word: number, key: number): number {
  let h = Math.imul(word ^ key, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ (key >>> 7), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x27d4eb2f);
  return (h ^ (h >>> 15)) >>> 0;
}
