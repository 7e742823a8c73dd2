/**
 * Counter-based random numbers: Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011). A stream is a key and a counter, so its state is three numbers, and `split(label)` derives an
 * independent stream that depends on nothing but the parent's key and the label: an actor's stream is the same
 * however many workers run.
 */

import { SkeinError } from './errors.ts';

/** The whole state of a stream as plain data. `counter` is the number of blocks drawn so far. */
export interface RngState {
  readonly key: readonly [number, number];
  readonly counter: number;
}

/** A stream of random numbers. Create one with `createRng`. */
export interface Rng {
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
  /** Uniform integer in [0, n), without modulo bias. `n` is an integer in [1, 2^53]. */
  integer(n: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** True with probability `p`. */
  bernoulli(p: number): boolean;
  /** One element, uniformly. Throws `INPUT` on an empty array. */
  choice<T>(items: readonly T[]): T;
  /** Shuffles in place (Fisher-Yates) and returns its argument. */
  shuffle<A extends { length: number; [index: number]: unknown }>(items: A): A;
  /** Fills with uniforms in [low, high), default [0, 1), and returns its argument. */
  fillUniform<A extends Float32Array | Float64Array>(out: A, low?: number, high?: number): A;
  /** Fills with standard normals scaled by `std` and moved by `mean`, and returns its argument. */
  fillNormal<A extends Float32Array | Float64Array>(out: A, mean?: number, std?: number): A;
  /** The stream of this label. Independent of how much was drawn from this one and of other labels. */
  split(label: string | number): Rng;
  /** The state as plain data; `restoreRng` continues from it. */
  state(): RngState;
}

/** A stream from a seed: a non-negative safe integer. Equal seeds give equal streams on every machine. */
export function createRng(seed: number): Rng {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new SkeinError('INPUT', `seed: expected an integer in [0, 2^53), got ${seed}`);
  }
  return new ThreefryRng(seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0);
}

/** Continues a stream from the state that `Rng.state` gave. */
export function restoreRng(state: RngState): Rng {
  return new ThreefryRng(state.key[0] >>> 0, state.key[1] >>> 0, state.counter);
}

const KEY_PARITY = 0x1bd11bda;
/** Set in the high counter word of derived keys: no draw's counter can reach it. */
const SPLIT_DOMAIN = 0x80000000;

/**
 * One block of Threefry-2x32-20: encrypts the counter words under the key words into `out[0..1]`. Written out round by
 * round (rotations 13 15 26 6, 17 29 16 24, a key after every four): nearly three times as fast as the loop.
 */
export function threefry2x32(key0: number, key1: number, counter0: number, counter1: number, out: Uint32Array): void {
  const key2 = key0 ^ key1 ^ KEY_PARITY;
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + key1) | 0;
  x1 = (x1 + key2 + 1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + key2) | 0;
  x1 = (x1 + key0 + 2) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + key0) | 0;
  x1 = (x1 + key1 + 3) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + key1) | 0;
  x1 = (x1 + key2 + 4) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + key2) | 0;
  x1 = (x1 + key0 + 5) | 0;
  out[0] = x0;
  out[1] = x1;
}

/** 32-bit FNV-1a over UTF-16 units, finished by murmur3's mixer. */
function hashLabel(label: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < label.length; i++) h = Math.imul(h ^ label.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

class ThreefryRng implements Rng {
  readonly #key0: number;
  readonly #key1: number;
  #counter: number;
  readonly #block = new Uint32Array(2);

  constructor(key0: number, key1: number, counter: number) {
    this.#key0 = key0;
    this.#key1 = key1;
    this.#counter = counter;
  }

  #next(): Uint32Array {
    const c = this.#counter++;
    threefry2x32(this.#key0, this.#key1, c >>> 0, Math.floor(c / 2 ** 32), this.#block);
    return this.#block;
  }

  uint32(): number {
    return this.#next()[0] as number;
  }

  uniform(): number {
    const block = this.#next();
    return (((block[0] as number) >>> 5) * 2 ** 26 + ((block[1] as number) >>> 6)) * 2 ** -53;
  }

  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 53) {
      throw new SkeinError('INPUT', `integer(n): expected n to be an integer in [1, 2^53], got ${n}`);
    }
    if (n > 2 ** 32) return this.#wideInteger(n);
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const word = this.uint32();
      if (word < limit) return word % n;
    }
  }

  #wideInteger(n: number): number {
    const limit = 2 ** 53 - (2 ** 53 % n);
    for (;;) {
      const word = this.uniform() * 2 ** 53;
      if (word < limit) return word % n;
    }
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  bernoulli(p: number): boolean {
    return this.uniform() < p;
  }

  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new SkeinError('INPUT', 'choice(items): expected at least one item, got none');
    return items[this.integer(items.length)] as T;
  }

  shuffle<A extends { length: number; [index: number]: unknown }>(items: A): A {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }

  fillUniform<A extends Float32Array | Float64Array>(out: A, low = 0, high = 1): A {
    for (let i = 0; i < out.length; i++) out[i] = low + (high - low) * this.uniform();
    return out;
  }

  fillNormal<A extends Float32Array | Float64Array>(out: A, mean = 0, std = 1): A {
    for (let i = 0; i < out.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
      const angle = 2 * Math.PI * this.uniform();
      out[i] = mean + std * radius * Math.cos(angle);
      if (i + 1 < out.length) out[i + 1] = mean + std * radius * Math.sin(angle);
    }
    return out;
  }

  split(label: string | number): Rng {
    const text = String(label);
    const derived = new Uint32Array(2);
    const high = (hashLabel(text, 0x9747b28c) | SPLIT_DOMAIN) >>> 0;
    threefry2x32(this.#key0, this.#key1, hashLabel(text, 0x811c9dc5), high, derived);
    return new ThreefryRng(derived[0] as number, derived[1] as number, 0);
  }

  state(): RngState {
    return { key: [this.#key0, this.#key1], counter: this.#counter };
  }
}
