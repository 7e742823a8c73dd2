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

const STEPS = memory.data<u32>([0, 1, 2, 3]);

/** The keys to add, each in four lanes: to the first words and to the second ones, initially and after every four rounds. */
const SCHEDULE = memory.data(12 * 16, 16);

// @ts-ignore: decorator
@inline
function schedule(k: usize, key: i32): void {
  v128.store(SCHEDULE + 16 * k, i32x4.splat(key));
}

/** Sets the key of `encrypt`. */
export function useKey(key0: i32, key1: i32): void {
  const key2 = key0 ^ key1 ^ 0x1bd11bda;
  schedule(0, key0);
  schedule(1, key1);
  schedule(2, key1);
  schedule(3, key2 + 1);
  schedule(4, key2);
  schedule(5, key0 + 2);
  schedule(6, key0);
  schedule(7, key1 + 3);
  schedule(8, key1);
  schedule(9, key2 + 4);
  schedule(10, key2);
  schedule(11, key0 + 5);
}

// @ts-ignore: decorator
@inline
function plusKey(x: v128, k: usize): v128 {
  return i32x4.add(x, v128.load(SCHEDULE + 16 * k));
}

/** Encrypts the counters c, c+1, c+2, c+3. */
// @ts-ignore: decorator
@inline
export function encrypt(counter: u64): void {
  const low = i32x4.splat(<i32>counter);
  const counters = i32x4.add(low, v128.load(STEPS));
  const carry = i32x4.lt_u(counters, low);
  let x0 = plusKey(counters, 0);
  let x1 = plusKey(i32x4.sub(i32x4.splat(<i32>(counter >> 32)), carry), 1);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 13), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 15), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 26), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 6), x0);
  x0 = plusKey(x0, 2);
  x1 = plusKey(x1, 3);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 17), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 29), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 16), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 24), x0);
  x0 = plusKey(x0, 4);
  x1 = plusKey(x1, 5);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 13), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 15), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 26), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 6), x0);
  x0 = plusKey(x0, 6);
  x1 = plusKey(x1, 7);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 17), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 29), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 16), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 24), x0);
  x0 = plusKey(x0, 8);
  x1 = plusKey(x1, 9);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 13), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 15), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 26), x0);
  x0 = i32x4.add(x0, x1);
  x1 = v128.xor(rotate(x1, 6), x0);
  x0 = plusKey(x0, 10);
  x1 = plusKey(x1, 11);
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

/** The words of the first two of the four latest blocks, in order. */
// @ts-ignore: decorator
@inline
export function firstWords(): v128 {
  return v128.shuffle<i32>(word0, word1, 0, 4, 1, 5);
}

/** The same of the last two blocks. */
// @ts-ignore: decorator
@inline
export function lastWords(): v128 {
  return v128.shuffle<i32>(word0, word1, 2, 6, 3, 7);
}

/** Writes the uniform numbers of `count` counters, rounded up to a multiple of four. */
export function uniforms(out: usize, count: i32, key0: i32, key1: i32, counter: u32): void {
  useKey(key0, key1);
  for (let i = 0; i < count; i += 4) {
    encrypt(counter + i);
    v128.store(out, firstUnits());
    v128.store(out, lastUnits(), 16);
    out += 32;
  }
}

/** The upper half of the products of four words with n: uniform integers in [0, n), to n parts in 2^32. */
// @ts-ignore: decorator
@inline
function below(words: v128, n: v128): v128 {
  const first = i64x2.extmul_low_i32x4_u(words, n), last = i64x2.extmul_high_i32x4_u(words, n);
  return v128.shuffle<i32>(first, last, 1, 3, 5, 7);
}

/** Writes `count` integers in [0, n), rounded up to a multiple of eight: the i-th from word i % 2 of block i / 2. */
export function integers(out: usize, count: i32, n: u32, key0: i32, key1: i32): void {
  useKey(key0, key1);
  const bound = i32x4.splat(n);
  for (let i = 0; i < count; i += 8) {
    encrypt(i >> 1);
    v128.store(out, below(firstWords(), bound));
    v128.store(out, below(lastWords(), bound), 16);
    out += 32;
  }
}

/**
 * Shuffles `count` integers (Fisher-Yates): the i-th from the end changes places with one before it or itself, which word
 * i % 2 of block i / 2 chooses.
 */
export function shuffle(values: usize, count: i32, key0: i32, key1: i32): void {
  useKey(key0, key1);
  const eight = memory.data(32, 16);
  for (let rest = count; rest > 1; rest -= 8) {
    encrypt((count - rest) >> 1);
    v128.store(eight, firstWords());
    v128.store(eight, lastWords(), 16);
    for (let i = 0; i < min(8, rest - 1); i++) {
      const last = rest - i;
      const other = values + (<usize>((<u64>load<u32>(eight + (<usize>i << 2)) * <u64>last) >> 32) << 2);
      const end = values + (<usize>(last - 1) << 2);
      const kept = load<i32>(other);
      store<i32>(other, load<i32>(end));
      store<i32>(end, kept);
    }
  }
}
