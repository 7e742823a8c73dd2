// Random numbers from a key and a counter: Threefry-2x32 with 20 rounds (Salmon et al., SC 2011), four counters at a
// time. The words of a counter are those of the scalar generator of @skein/core.

import { splat } from './math';

/** The two words of the four latest blocks. */
export let word0: v128 = i32x4.splat(0);
export let word1: v128 = i32x4.splat(0);

// @ts-ignore: decorator
@inline
function rotate(x: v128, r: i32): v128 {
  return v128.or(i32x4.shl(x, r), i32x4.shr_u(x, 32 - r));
}

/** Encrypts the counters c, c+1, c+2, c+3 under a key. */
// @ts-ignore: decorator
@inline
export function encrypt(key0: i32, key1: i32, counter: u64): void {
  const key2 = key0 ^ key1 ^ 0x1bd11bda;
  const low = i32x4.splat(<i32>counter);
  const counters = i32x4.add(low, i32x4(0, 1, 2, 3));
  const carry = i32x4.lt_u(counters, low);
  let x0 = i32x4.add(counters, i32x4.splat(key0));
  let x1 = i32x4.add(i32x4.sub(i32x4.splat(<i32>(counter >> 32)), carry), i32x4.splat(key1));
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 13), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 15), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 26), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 6), x0);
  x0 = i32x4.add(x0, i32x4.splat(key1));
  x1 = i32x4.add(x1, i32x4.splat(key2 + 1));
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 17), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 29), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 16), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 24), x0);
  x0 = i32x4.add(x0, i32x4.splat(key2));
  x1 = i32x4.add(x1, i32x4.splat(key0 + 2));
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 13), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 15), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 26), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 6), x0);
  x0 = i32x4.add(x0, i32x4.splat(key0));
  x1 = i32x4.add(x1, i32x4.splat(key1 + 3));
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 17), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 29), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 16), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 24), x0);
  x0 = i32x4.add(x0, i32x4.splat(key1));
  x1 = i32x4.add(x1, i32x4.splat(key2 + 4));
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 13), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 15), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 26), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 6), x0);
  x0 = i32x4.add(x0, i32x4.splat(key2));
  x1 = i32x4.add(x1, i32x4.splat(key0 + 5));
  word0 = x0;
  word1 = x1;
}

// @ts-ignore: decorator
@inline
function unit(high: v128, low: v128): v128 {
  const upper = f64x2.mul(f64x2.convert_low_i32x4_s(high), splat(67108864));
  return f64x2.mul(f64x2.add(upper, f64x2.convert_low_i32x4_s(low)), splat(1.1102230246251565e-16));
}

/** Uniform numbers in [0, 1) with 53 bits, of the first two of the four latest blocks. */
// @ts-ignore: decorator
@inline
export function firstUnits(): v128 {
  return unit(i32x4.shr_u(word0, 5), i32x4.shr_u(word1, 6));
}

/** The same of the last two blocks. */
// @ts-ignore: decorator
@inline
export function lastUnits(): v128 {
  const a = v128.shuffle<i32>(word0, word0, 2, 3, 2, 3);
  const b = v128.shuffle<i32>(word1, word1, 2, 3, 2, 3);
  return unit(i32x4.shr_u(a, 5), i32x4.shr_u(b, 6));
}

/** Writes the uniform numbers of `count` counters, rounded up to a multiple of four. */
export function uniforms(out: usize, count: i32, key0: i32, key1: i32, counter: u32): void {
  for (let i = 0; i < count; i += 4) {
    encrypt(key0, key1, counter + i);
    v128.store(out, firstUnits());
    v128.store(out, lastUnits(), 16);
    out += 32;
  }
}
