/**
 * NumPy's default generator, bit for bit: `SeedSequence` turns a seed into the state of PCG64 (XSL-RR, 128 bits;
 * O'Neill, "PCG: A family of simple fast space-efficient statistically good algorithms for random number generation",
 * 2014). Environments draw from it, so that equal seeds give Gymnasium's starts. Everything else uses core's `Rng`.
 *
 * The state lies in a caller's `Int32Array`, so the generators of a whole vectorised environment are one array:
 * words 0-7 the state and 8-15 the increment, 16 bits a word, lowest first; word 16 is 1 if word 17 holds the unused
 * half of a 64-bit draw.
 */

import { SkeinError } from '@skein/core';

/** Length of one generator's state in an `Int32Array`. */
export const NUMPY_RANDOM_WORDS = 18;

const INCREMENT = 8;
const HAS_HALF = 16;
const HALF = 17;

/** PCG64's multiplier 0x2360ed051fc65da44385df649fccf645, 16 bits a digit, lowest first. */
const M0 = 0xf645;
const M1 = 0x9fcc;
const M2 = 0xdf64;
const M3 = 0x4385;
const M4 = 0x5da4;
const M5 = 0x1fc6;
const M6 = 0xed05;
const M7 = 0x2360;

/** The draws of `numpy.random.Generator` that environments need. */
export class NumpyRandom {
  readonly #words: Int32Array;
  /** The last 64-bit draw. */
  #low = 0;
  #high = 0;

  /** `words` holds the state and is changed by every draw; all zeros until `seed` was called. */
  constructor(words: Int32Array = new Int32Array(NUMPY_RANDOM_WORDS)) {
    if (words.length !== NUMPY_RANDOM_WORDS) {
      throw new SkeinError('SHAPE', `NumpyRandom: expected ${NUMPY_RANDOM_WORDS} words, got ${words.length}`);
    }
    this.#words = words;
  }

  /** Starts the stream of `numpy.random.default_rng(seed)`. `seed` is an integer in [0, 2^53). */
  seed(seed: number): void {
    const entropy = seedSequence(seed);
    const words = this.#words.fill(0);
    // NumPy reads the words as 64-bit integers and takes the first of each pair as the high half.
    const start = [entropy[2], entropy[3], entropy[0], entropy[1]] as number[];
    const sequence = [entropy[6], entropy[7], entropy[4], entropy[5]] as number[];
    for (let i = 0; i < 4; i++) {
      const shifted = ((sequence[i]! << 1) | (i === 0 ? 1 : sequence[i - 1]! >>> 31)) >>> 0;
      words[INCREMENT + 2 * i] = shifted & 0xffff;
      words[INCREMENT + 2 * i + 1] = shifted >>> 16;
    }
    this.#step();
    let carry = 0;
    for (let i = 0; i < 8; i++) {
      const sum = words[i]! + ((start[i >> 1]! >>> (16 * (i & 1))) & 0xffff) + carry;
      words[i] = sum & 0xffff;
      carry = sum >>> 16;
    }
    this.#step();
  }

  /** Uniform in [0, 1) with 53 bits: `Generator.random()`. */
  random(): number {
    this.#draw();
    return (this.#high * 2 ** 21 + (this.#low >>> 11)) * 2 ** -53;
  }

  /** Uniform in [low, high): `Generator.uniform(low, high)`. */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.random();
  }

  /** Uniform integer in [0, n) for n in [1, 2^32): `Generator.integers(n)` (Lemire's method on 32-bit halves). */
  integer(n: number): number {
    if (n === 1) return 0;
    for (;;) {
      const word = this.#uint32();
      // The 64-bit product word * n as high and low halves.
      const lowPart = (word & 0xffff) * n;
      const sum = (word >>> 16) * n + Math.floor(lowPart / 2 ** 16);
      const low = ((sum & 0xffff) * 2 ** 16 + (lowPart & 0xffff)) >>> 0;
      if (low >= n || low >= (2 ** 32 - n) % n) return Math.floor(sum / 2 ** 16);
    }
  }

  /** The first index whose cumulative probability exceeds one uniform number: the sampling rule of tabular environments. */
  categorical(probabilities: ArrayLike<number>): number {
    const u = this.random();
    let cumulative = 0;
    for (let i = 0; i < probabilities.length; i++) {
      cumulative += probabilities[i]!;
      if (cumulative > u) return i;
    }
    return 0;
  }

  #uint32(): number {
    const words = this.#words;
    if (words[HAS_HALF] === 1) {
      words[HAS_HALF] = 0;
      return words[HALF]! >>> 0;
    }
    this.#draw();
    words[HAS_HALF] = 1;
    words[HALF] = this.#high;
    return this.#low;
  }

  /**
   * state = state * multiplier + increment, modulo 2^128: the columns of long multiplication with 16-bit digits. A column is
   * below 2^36, so doubles hold it exactly; written out because it is most of the cost of short episodes.
   */
  #step(): void {
    const w = this.#words;
    const w0 = w[0]!;
    const w1 = w[1]!;
    const w2 = w[2]!;
    const w3 = w[3]!;
    const w4 = w[4]!;
    const w5 = w[5]!;
    const w6 = w[6]!;
    const w7 = w[7]!;
    const c0 = w[INCREMENT + 0]! + w0 * M0;
    const n0 = c0 & 0xffff;
    const c1 = (c0 - n0) / 65536 + w[INCREMENT + 1]! + w0 * M1 + w1 * M0;
    const n1 = c1 & 0xffff;
    const c2 = (c1 - n1) / 65536 + w[INCREMENT + 2]! + w0 * M2 + w1 * M1 + w2 * M0;
    const n2 = c2 & 0xffff;
    const c3 = (c2 - n2) / 65536 + w[INCREMENT + 3]! + w0 * M3 + w1 * M2 + w2 * M1 + w3 * M0;
    const n3 = c3 & 0xffff;
    const c4 = (c3 - n3) / 65536 + w[INCREMENT + 4]! + w0 * M4 + w1 * M3 + w2 * M2 + w3 * M1 + w4 * M0;
    const n4 = c4 & 0xffff;
    const c5 = (c4 - n4) / 65536 + w[INCREMENT + 5]! + w0 * M5 + w1 * M4 + w2 * M3 + w3 * M2 + w4 * M1 + w5 * M0;
    const n5 = c5 & 0xffff;
    const c6 =
      (c5 - n5) / 65536 + w[INCREMENT + 6]! + w0 * M6 + w1 * M5 + w2 * M4 + w3 * M3 + w4 * M2 + w5 * M1 + w6 * M0;
    const n6 = c6 & 0xffff;
    const c7 =
      (c6 - n6) / 65536 +
      w[INCREMENT + 7]! +
      w0 * M7 +
      w1 * M6 +
      w2 * M5 +
      w3 * M4 +
      w4 * M3 +
      w5 * M2 +
      w6 * M1 +
      w7 * M0;
    const n7 = c7 & 0xffff;
    w[0] = n0;
    w[1] = n1;
    w[2] = n2;
    w[3] = n3;
    w[4] = n4;
    w[5] = n5;
    w[6] = n6;
    w[7] = n7;
  }

  /** Steps, then folds the state to 64 bits and rotates them by its top six bits. */
  #draw(): void {
    this.#step();
    const w = this.#words;
    const low = ((w[1]! ^ w[5]!) << 16) | (w[0]! ^ w[4]!);
    const high = ((w[3]! ^ w[7]!) << 16) | (w[2]! ^ w[6]!);
    const rotation = w[7]! >>> 10;
    const swap = rotation >= 32;
    const a = swap ? high : low;
    const b = swap ? low : high;
    const r = rotation & 31;
    this.#low = r === 0 ? a >>> 0 : ((a >>> r) | (b << (32 - r))) >>> 0;
    this.#high = r === 0 ? b >>> 0 : ((b >>> r) | (a << (32 - r))) >>> 0;
  }
}

const POOL = 4;

/** `numpy.random.SeedSequence(seed).generate_state(8)`: eight 32-bit words from a seed. */
export function seedSequence(seed: number): Uint32Array {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new SkeinError('INPUT', `seed: expected an integer in [0, 2^53), got ${seed}`);
  }
  const pool = mixedPool([seed >>> 0, Math.floor(seed / 2 ** 32)]);
  const out = new Uint32Array(8);
  let hash = 0x8b51f9dd;
  for (let i = 0; i < out.length; i++) {
    let value = pool[i % POOL]! ^ hash;
    hash = Math.imul(hash, 0x58f38ded);
    value = Math.imul(value, hash);
    out[i] = value ^ (value >>> 16);
  }
  return out;
}

/** SeedSequence's entropy pool: every entropy word is hashed into every pool word. */
function mixedPool(entropy: readonly number[]): Uint32Array {
  let constant = 0x43b0d7e5;
  const hashmix = (word: number): number => {
    let value = word ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    value = Math.imul(value, constant);
    return value ^ (value >>> 16);
  };
  const mix = (x: number, y: number): number => {
    const value = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) | 0;
    return value ^ (value >>> 16);
  };
  const pool = Uint32Array.from({ length: POOL }, (_, i) => hashmix(entropy[i] ?? 0));
  for (let from = 0; from < POOL; from++) {
    for (let to = 0; to < POOL; to++) {
      if (from !== to) pool[to] = mix(pool[to]!, hashmix(pool[from]!));
    }
  }
  return pool;
}
