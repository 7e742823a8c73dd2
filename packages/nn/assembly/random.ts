// Random numbers from a counter: Threefry-2x32 with 20 rounds (Salmon et al., SC 2011), four blocks at a time.

import { log4 } from './math';
import { splat } from './lanes';

/** 32 bytes for the last, partial group of numbers. */
const EDGE: usize = memory.data(32, 16);

// @ts-ignore: decorator
@inline
function rotate(x: v128, r: i32): v128 {
  return v128.or(i32x4.shl(x, r), i32x4.shr_u(x, 32 - r));
}

// The two words of the four blocks being encrypted.
let x0: v128 = i32x4.splat(0);
let x1: v128 = i32x4.splat(0);

// @ts-ignore: decorator
@inline
function fourRounds(a: i32, b: i32, c: i32, d: i32, key0: i32, key1: i32): void {
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, a), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, b), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, c), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, d), x0);
  x0 = i32x4.add(x0, i32x4.splat(key0));
  x1 = i32x4.add(x1, i32x4.splat(key1));
}

/** Encrypts the counters low..low+3 (with carry into high) into x0 and x1. */
function encrypt(key0: i32, key1: i32, low: i32, high: i32): void {
  const key2 = key0 ^ key1 ^ 0x1bd11bda;
  const counters = i32x4.add(i32x4.splat(low), i32x4(0, 1, 2, 3));
  const carry = i32x4.lt_u(counters, i32x4.splat(low));
  x0 = i32x4.add(counters, i32x4.splat(key0));
  x1 = i32x4.add(i32x4.sub(i32x4.splat(high), carry), i32x4.splat(key1));
  fourRounds(13, 15, 26, 6, key1, key2 + 1);
  fourRounds(17, 29, 16, 24, key2, key0 + 2);
  fourRounds(13, 15, 26, 6, key0, key1 + 3);
  fourRounds(17, 29, 16, 24, key1, key2 + 4);
  fourRounds(13, 15, 26, 6, key2, key0 + 5);
}

/** The upper 24 bits as a number in [0, 1). */
// @ts-ignore: decorator
@inline
function toUnit(words: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(words, 8)), splat(5.9604644775390625e-8));
}

/** Sine of an angle within a quarter turn around zero. */
// @ts-ignore: decorator
@inline
function sinReduced(x: v128, z: v128): v128 {
  let y = splat(-1.9515295891e-4);
  y = f32x4.add(f32x4.mul(y, z), splat(8.3321608736e-3));
  y = f32x4.add(f32x4.mul(y, z), splat(-1.6666654611e-1));
  return f32x4.add(f32x4.mul(f32x4.mul(y, z), x), x);
}

// @ts-ignore: decorator
@inline
function cosReduced(z: v128): v128 {
  let y = splat(2.443315711809948e-5);
  y = f32x4.add(f32x4.mul(y, z), splat(-1.388731625493765e-3));
  y = f32x4.add(f32x4.mul(y, z), splat(4.166664568298827e-2));
  return f32x4.add(f32x4.sub(f32x4.mul(f32x4.mul(y, z), z), f32x4.mul(z, splat(0.5))), splat(1));
}

/** Stores the numbers of four blocks: a0 b0 a1 b1 and so on. */
// @ts-ignore: decorator
@inline
function storePairs(out: usize, a: v128, b: v128): void {
  v128.store(out, v128.shuffle<i32>(a, b, 0, 4, 1, 5));
  v128.store(out, v128.shuffle<i32>(a, b, 2, 6, 3, 7), 16);
}

/** Box-Muller on the unit numbers of each block. */
function storeNormals(out: usize): void {
  const radius = f32x4.sqrt(f32x4.mul(splat(-2), log4(f32x4.sub(splat(1), toUnit(x0)))));
  const turn = f32x4.mul(toUnit(x1), splat(4));
  const quarter = f32x4.nearest(turn);
  const angle = f32x4.mul(f32x4.sub(turn, quarter), splat(1.57079632679489662));
  const z = f32x4.mul(angle, angle);
  const s = sinReduced(angle, z), c = cosReduced(z);
  const q = i32x4.trunc_sat_f32x4_s(quarter);
  const odd = i32x4.ne(v128.and(q, i32x4.splat(1)), i32x4.splat(0));
  const sineSign = i32x4.shl(v128.and(q, i32x4.splat(2)), 30);
  const cosineSign = i32x4.shl(v128.and(i32x4.add(q, i32x4.splat(1)), i32x4.splat(2)), 30);
  const sine = v128.xor(v128.bitselect(c, s, odd), sineSign);
  const cosine = v128.xor(v128.bitselect(s, c, odd), cosineSign);
  storePairs(out, f32x4.mul(radius, cosine), f32x4.mul(radius, sine));
}

// @ts-ignore: decorator
@inline
function storeGroup(out: usize, kind: i32): void {
  if (kind == 0) storePairs(out, toUnit(x0), toUnit(x1));
  else storeNormals(out);
}

/**
 * Uniform (0) or standard normal (1) numbers, two per counter.
 * Words: out, new state, state (key words, counter low and high), count, kind.
 */
export function random(p: usize): void {
  let out = load<usize>(p);
  const next = load<usize>(p, 4), state = load<usize>(p, 8);
  const count = load<i32>(p, 12), kind = load<i32>(p, 16);
  const key0 = load<i32>(state), key1 = load<i32>(state, 4);
  let counter = load<u64>(state, 8);
  store<u64>(next, load<u64>(state));
  store<u64>(next, counter + <u64>((count + 1) >> 1), 8);
  let left = count;
  for (; left >= 8; left -= 8) {
    encrypt(key0, key1, <i32>counter, <i32>(counter >> 32));
    storeGroup(out, kind);
    counter += 4;
    out += 32;
  }
  if (left > 0) {
    encrypt(key0, key1, <i32>counter, <i32>(counter >> 32));
    storeGroup(EDGE, kind);
    memory.copy(out, EDGE, <usize>left << 2);
  }
}
