// Simulated binary crossover of many couples.

import { encrypt, firstUnits, lastUnits, word0, word1 } from './random';
import { exp2Lanes, log2Lanes, powerLanes, splat } from './math';

/**
 * The distribution: eta + 1, its inverse, and the limit beyond which a bound cuts off less than one child in two millions:
 * such a child is put on the bound instead.
 */
let order: f64 = 0;
let inverseOrder: f64 = 0;
let free: f64 = 0;

/** The spread factor at the quantile whose scaled value, in (0, 2), is given. */
// @ts-ignore: decorator
@inline
function spread(scaled: v128): v128 {
  const inner = f64x2.le(scaled, splat(1));
  const w = v128.bitselect(scaled, f64x2.sub(splat(2), scaled), inner);
  const y = f64x2.mul(log2Lanes(w), splat(inverseOrder));
  return exp2Lanes(v128.bitselect(y, f64x2.neg(y), inner));
}

/** The same for a bound that lies `room` away from the mean of parents that lie `half` away from it. */
// @ts-ignore: decorator
@inline
function boundedSpread(u: v128, room: v128, half: v128): v128 {
  const nearness = f64x2.div(half, room);
  const beyond = v128.and(powerLanes(nearness, order), f64x2.gt(nearness, splat(1 / free)));
  return spread(f64x2.mul(u, f64x2.sub(splat(2), beyond)));
}

/** What the genes are: limits, how many unordered categories (0 for numbers; no address without any), whole numbers. */
let lows: usize = 0;
let highs: usize = 0;
let categories: usize = 0;
let whole: bool = false;

/**
 * The genes that take part, one entry of 16 bytes each: the address of the gene of the first mate, the offset of its
 * limits, and 1/2, or -1/2 if the first child lies above the mean.
 */
const ENTRY: usize = 16;

/** Two numbers from two places. */
// @ts-ignore: decorator
@inline
function two(first: usize, second: usize): v128 {
  return v128.load64_lane(second, v128.load64_zero(first), 1);
}

/** Crosses the genes of two entries with the quantiles (words + 1/2) / 2^32 of the two lower lanes. */
// @ts-ignore: decorator
@inline
function crossTwo(entry: usize, bytes: usize, words: v128): void {
  const u = f64x2.mul(f64x2.add(f64x2.convert_low_i32x4_u(words), splat(0.5)), splat(2.3283064365386963e-10));
  const p = load<usize>(entry), q = load<usize>(entry + ENTRY);
  const i = load<usize>(entry, 4), j = load<usize>(entry + ENTRY, 4);
  const a = two(p, q), b = two(p + bytes, q + bytes);
  const low = two(lows + i, lows + j), high = two(highs + i, highs + j);
  const middle = f64x2.mul(f64x2.add(a, b), splat(0.5));
  const halves = f64x2.mul(f64x2.abs(f64x2.sub(a, b)), two(entry + 8, entry + 8 + ENTRY));
  const half = f64x2.abs(halves);
  const below = f64x2.sub(middle, low), above = f64x2.sub(high, middle);
  let spreadA: v128, spreadB: v128;
  if (v128.any_true(f64x2.lt(f64x2.pmin(below, above), f64x2.mul(splat(free), half)))) {
    const upside = f64x2.lt(halves, splat(0));
    spreadA = boundedSpread(u, v128.bitselect(above, below, upside), half);
    spreadB = boundedSpread(u, v128.bitselect(below, above, upside), half);
  } else {
    spreadA = spread(f64x2.add(u, u));
    spreadB = spreadA;
  }
  let childA = f64x2.sub(middle, f64x2.mul(spreadA, halves)), childB = f64x2.add(middle, f64x2.mul(spreadB, halves));
  if (whole) {
    childA = f64x2.nearest(childA);
    childB = f64x2.nearest(childB);
  }
  childA = f64x2.pmin(high, f64x2.pmax(low, childA));
  childB = f64x2.pmin(high, f64x2.pmax(low, childB));
  if (categories != 0) {
    const category = f64x2.gt(two(categories + i, categories + j), splat(0));
    childA = v128.bitselect(b, childA, category);
    childB = v128.bitselect(a, childB, category);
  }
  v128.store64_lane(p, childA, 0);
  v128.store64_lane(q, childA, 1);
  v128.store64_lane(p + bytes, childB, 0);
  v128.store64_lane(q + bytes, childB, 1);
}

/** Appends the genes of a couple that take part and differ, of up to 32 whose coins are given; gives the list's end. */
// @ts-ignore: decorator
@inline
function collect(a: usize, bytes: usize, offset: usize, taking: u32, swapping: u32, end: usize): usize {
  while (taking != 0) {
    const bit = ctz(taking);
    taking &= taking - 1;
    const at = offset + ((<usize>bit) << 3);
    store<usize>(end, a + at);
    store<usize>(end, at, 4);
    // 1/2, with the coin as its sign.
    store<u64>(end, 0x3fe0000000000000 | (<u64>(swapping >> bit) << 63), 8);
    end += abs(load<f64>(a + at) - load<f64>(a + bytes + at)) > 1e-14 ? ENTRY : 0;
  }
  return end;
}

/** Set in the counters of coins with another chance than one half, apart from all others of the same key. */
const BIASED: u64 = 1 << 62;

/** Bits of 32 genes, each 1 with probability `rate`, from the blocks counter, counter + 1, ... */
function biasedCoins(rate: f64, key0: i32, key1: i32, counter: u64): u32 {
  const rates = splat(rate);
  let bits: u32 = 0;
  for (let j = 0; j < 32; j += 4) {
    encrypt(key0, key1, counter + j);
    const first = i64x2.bitmask(f64x2.lt(firstUnits(), rates)), last = i64x2.bitmask(f64x2.lt(lastUnits(), rates));
    bits |= <u32>(first | (last << 2)) << j;
  }
  return bits;
}

/**
 * Writes two words for each group of up to 32 genes of `couples` couples: the bits of the genes that take part, each with
 * probability `rate`, and of those whose children swap sides. Group c uses both words of block counter + c; with another
 * rate than one half, gene j of group c uses block 2^62 + 32 (counter + c) + j for the former.
 */
export function coins(
  out: usize, couples: i32, length: i32, rate: f64, key0: i32, key1: i32, counter: u32,
): void {
  const groups = (length + 31) >> 5, lastMask = <u32>0xffffffff >> (<u32>(-length) & 31);
  for (let c = 0; c < couples * groups; c += 4) {
    encrypt(key0, key1, counter + c);
    const at = out + ((<usize>c) << 3);
    v128.store(at, v128.shuffle<i32>(word0, word1, 0, 4, 1, 5));
    v128.store(at, v128.shuffle<i32>(word0, word1, 2, 6, 3, 7), 16);
  }
  for (let c = 0; c < couples * groups; c++, out += 8) {
    if (rate != 0.5) store<u32>(out, biasedCoins(rate, key0, key1, BIASED + 32 * <u64>(counter + c)));
    if (c % groups == groups - 1) store<u32>(out, load<u32>(out) & lastMask);
  }
}

/** Appends an entry whose genes lie behind the list, `bytes` apart, and are equal: it changes nothing. */
function isolate(end: usize, bytes: usize): void {
  const place = end + ENTRY;
  store<usize>(end, place);
  store<usize>(end, 0, 4);
  store<f64>(end, 0.5, 8);
  store<f64>(place, 0);
  store<f64>(place + bytes, 0);
}

/**
 * Crosses couples in place: rows 2k and 2k + 1 of `length` numbers each, if the byte crossing[k] is 1. `coins` are
 * those of the function of this name. `list` is room for couples * length + 2 entries of 16 bytes
 * and one row. Of the genes that take
 * part, in their order, the i-th uses word i % 2 of block counter + i / 2. Gives how many there were.
 */
export function sbx(
  rows: usize, crossing: usize, couples: i32, length: i32, coins: usize, list: usize,
  low: usize, high: usize, category: usize, rounded: bool,
  eta: f64, key0: i32, key1: i32, counter: u32,
): i32 {
  lows = low;
  highs = high;
  categories = category;
  whole = rounded;
  order = eta + 1;
  inverseOrder = 1 / order;
  free = f64x2.extract_lane(exp2Lanes(splat(21 * inverseOrder)), 0);
  const bytes = (<usize>length) << 3;
  let end = list;
  for (let k = 0; k < couples; k++) {
    const a = rows + 2 * k * bytes;
    for (let j: usize = 0; j < bytes; j += 256) {
      if (load<u8>(crossing + k) != 0) end = collect(a, bytes, j, load<u32>(coins), load<u32>(coins, 4), end);
      coins += 8;
    }
  }
  const count = <i32>((end - list) / ENTRY);
  // A partner for the last gene of an odd number: a copy of the gene, in a place that nobody reads.
  if (count & 1) isolate(end, bytes);
  for (let i = 0; i < count; i += 8) {
    encrypt(key0, key1, counter + (i >> 1));
    const a = word0, b = word1;
    crossTwo(list, bytes, v128.shuffle<i32>(a, b, 0, 4, 0, 4));
    if (i + 2 < count) crossTwo(list + 2 * ENTRY, bytes, v128.shuffle<i32>(a, b, 1, 5, 1, 5));
    if (i + 4 < count) crossTwo(list + 4 * ENTRY, bytes, v128.shuffle<i32>(a, b, 2, 6, 2, 6));
    if (i + 6 < count) crossTwo(list + 6 * ENTRY, bytes, v128.shuffle<i32>(a, b, 3, 7, 3, 7));
    list += 8 * ENTRY;
  }
  return count;
}
