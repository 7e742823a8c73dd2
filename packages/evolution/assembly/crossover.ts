// Simulated binary crossover of many couples.

import { exp2Lanes, splat } from './math';
import { encrypt, firstUnits, lastUnits, word0, word1 } from './random';
import { exp2MinusOneSingles, log2Singles, powerSingles, splat4 } from './singles';

/**
 * The distribution: eta + 1, its inverse, and the limit beyond which a bound cuts off less than one child in two millions:
 * such a child is put on the bound instead.
 */
let order: f32 = 0;
let inverseOrder: f32 = 0;
let free: f64 = 0;

/**
 * The spread factor less 1, where the chances of smaller and of larger factors are proportional to `inner` and to
 * 2 - inner = outer: both are given, as their difference would lose digits.
 */
// @ts-ignore: decorator
@inline
function spread(inner: v128, outer: v128): v128 {
  const y = f32x4.mul(log2Singles(f32x4.pmin(inner, outer)), splat4(inverseOrder));
  return exp2MinusOneSingles(v128.bitselect(y, f32x4.neg(y), f32x4.le(inner, outer)));
}

/** The same with a bound: `nearness` is the parents' distance from their mean divided by the bound's. */
// @ts-ignore: decorator
@inline
function boundedSpread(u: v128, rest: v128, nearness: v128): v128 {
  // Lower powers are not used, and could be subnormal.
  const limit = splat4(<f32>(1 / free));
  const beyond = v128.and(powerSingles(f32x4.pmax(limit, nearness), order), f32x4.gt(nearness, limit));
  const cut = f32x4.mul(u, beyond);
  return spread(f32x4.sub(f32x4.add(u, u), cut), f32x4.add(f32x4.add(rest, rest), cut));
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

/** Genes of two couples that cross: the parents' mean, and half of their distance, negative if the first child lies above. */
let middle: v128 = f64x2.splat(0);
let halves: v128 = f64x2.splat(0);
/** Room between the mean and the bound on the side of the first children, and on that of the second ones. */
let roomA: v128 = f64x2.splat(0);
let roomB: v128 = f64x2.splat(0);

/** Sets them for two entries. */
// @ts-ignore: decorator
@inline
function loadTwo(entry: usize, bytes: usize): void {
  const p = load<usize>(entry), q = load<usize>(entry + ENTRY);
  const i = load<usize>(entry, 4), j = load<usize>(entry + ENTRY, 4);
  const a = two(p, q), b = two(p + bytes, q + bytes);
  middle = f64x2.mul(f64x2.add(a, b), splat(0.5));
  halves = f64x2.mul(f64x2.abs(f64x2.sub(a, b)), two(entry + 8, entry + 8 + ENTRY));
  const below = f64x2.sub(middle, two(lows + i, lows + j)), above = f64x2.sub(two(highs + i, highs + j), middle);
  const upside = f64x2.lt(halves, splat(0));
  roomA = v128.bitselect(above, below, upside);
  roomB = v128.bitselect(below, above, upside);
}

/** Puts the children of two entries in their parents' places, given both spread factors less 1. */
// @ts-ignore: decorator
@inline
function storeTwo(entry: usize, bytes: usize, middle: v128, halves: v128, spreadA: v128, spreadB: v128): void {
  const p = load<usize>(entry), q = load<usize>(entry + ENTRY);
  const i = load<usize>(entry, 4), j = load<usize>(entry + ENTRY, 4);
  const low = two(lows + i, lows + j), high = two(highs + i, highs + j);
  let childA = f64x2.sub(middle, f64x2.mul(f64x2.add(spreadA, splat(1)), halves));
  let childB = f64x2.add(middle, f64x2.mul(f64x2.add(spreadB, splat(1)), halves));
  if (whole) {
    childA = f64x2.nearest(childA);
    childB = f64x2.nearest(childB);
  }
  childA = f64x2.pmin(high, f64x2.pmax(low, childA));
  childB = f64x2.pmin(high, f64x2.pmax(low, childB));
  if (categories != 0) {
    const category = f64x2.gt(two(categories + i, categories + j), splat(0));
    const a = two(p, q);
    childA = v128.bitselect(two(p + bytes, q + bytes), childA, category);
    childB = v128.bitselect(a, childB, category);
  }
  v128.store64_lane(p, childA, 0);
  v128.store64_lane(q, childA, 1);
  v128.store64_lane(p + bytes, childB, 0);
  v128.store64_lane(q + bytes, childB, 1);
}

/** The upper two lanes, below. */
// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 2, 3, 2, 3);
}

/** a / b of two pairs of lanes, as four. */
// @ts-ignore: decorator
@inline
function ratios(a0: v128, b0: v128, a1: v128, b1: v128): v128 {
  const first = f32x4.demote_f64x2_zero(f64x2.div(a0, b0)), last = f32x4.demote_f64x2_zero(f64x2.div(a1, b1));
  return v128.shuffle<i32>(first, last, 0, 1, 4, 5);
}

/** (k + 1/2) / 2^31 with the upper 31 bits k of each word. */
// @ts-ignore: decorator
@inline
function quantiles(words: v128): v128 {
  const half = splat4(2.3283064365386963e-10);
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(words, 1)), f32x4.add(half, half)), half);
}

/** Crosses the genes of four entries with the quantiles of four words. */
// @ts-ignore: decorator
@inline
function crossFour(entry: usize, bytes: usize, words: v128): void {
  const u = quantiles(words), rest = quantiles(v128.not(words));
  loadTwo(entry, bytes);
  const middle0 = middle, halves0 = halves, half0 = f64x2.abs(halves), roomA0 = roomA, roomB0 = roomB;
  loadTwo(entry + 2 * ENTRY, bytes);
  const half1 = f64x2.abs(halves);
  const near0 = f64x2.lt(f64x2.pmin(roomA0, roomB0), f64x2.mul(splat(free), half0));
  const near1 = f64x2.lt(f64x2.pmin(roomA, roomB), f64x2.mul(splat(free), half1));
  let spreadA: v128, spreadB: v128;
  if (v128.any_true(v128.or(near0, near1))) {
    spreadA = boundedSpread(u, rest, ratios(half0, roomA0, half1, roomA));
    spreadB = boundedSpread(u, rest, ratios(half0, roomB0, half1, roomB));
  } else {
    spreadA = spread(f32x4.add(u, u), f32x4.add(rest, rest));
    spreadB = spreadA;
  }
  const a0 = f64x2.promote_low_f32x4(spreadA), b0 = f64x2.promote_low_f32x4(spreadB);
  const a1 = f64x2.promote_low_f32x4(upper(spreadA)), b1 = f64x2.promote_low_f32x4(upper(spreadB));
  const middle1 = middle, halves1 = halves;
  storeTwo(entry, bytes, middle0, halves0, a0, b0);
  storeTwo(entry + 2 * ENTRY, bytes, middle1, halves1, a1, b1);
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

/** Appends three entries whose genes lie behind the list, `bytes` apart, and are equal: they change nothing. */
function isolate(end: usize, bytes: usize): void {
  const place = end + 3 * ENTRY;
  for (; end < place; end += ENTRY) {
    store<usize>(end, place);
    store<usize>(end, 0, 4);
    store<f64>(end, 0.5, 8);
  }
  store<f64>(place, 0);
  store<f64>(place + bytes, 0);
}

/**
 * Crosses couples in place: rows 2k and 2k + 1 of `length` numbers each, if the byte crossing[k] is 1. `coins` are
 * those of the function of this name. `list` is room for couples * length + 4 entries of 16 bytes and one
 * row. Of the genes that take part, in their order, the i-th uses word i % 2 of block counter + i / 2. Gives how many there were.
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
  order = <f32>(eta + 1);
  inverseOrder = <f32>(1 / (eta + 1));
  free = f64x2.extract_lane(exp2Lanes(splat(21 / (eta + 1))), 0);
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
  // Partners for the last genes: copies of a gene in a place that nobody reads.
  isolate(end, bytes);
  for (let i = 0; i < count; i += 8) {
    encrypt(key0, key1, counter + (i >> 1));
    const a = word0, b = word1;
    crossFour(list, bytes, v128.shuffle<i32>(a, b, 0, 4, 1, 5));
    if (i + 4 < count) crossFour(list + 4 * ENTRY, bytes, v128.shuffle<i32>(a, b, 2, 6, 3, 7));
    list += 8 * ENTRY;
  }
  return count;
}
