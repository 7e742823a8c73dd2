// Simulated binary crossover of many couples.

import { both, splat, two } from './math';
import { encrypt, firstUnits, firstWords, lastUnits, lastWords, useKey } from './random';
import { all, exp2Single, powerSingles, quantiles, rootSingles, squareRoots, wholePower } from './singles';

/**
 * The distribution, to read into all lanes: 1 / (eta + 1), the nearness of a bound below which it cuts off less than one
 * child in two millions (such a child is put on the bound instead); and 1.
 */
const SHAPE = memory.data<f32>([0, 0, 1]);
/** eta + 1, and how powers and roots of this order are made. */
let order: f32 = 0;
let wholeOrder: i32 = 0;
let roots: i32 = 0;

/**
 * The spread factor, where the chances of smaller and of larger factors are proportional to `inner` and to
 * 2 - inner = outer: both are given, as their difference would lose digits.
 */
// @ts-ignore: decorator
@inline
function spread(inner: v128, outer: v128): v128 {
  const smaller = rootSingles(f32x4.pmin(inner, outer), all(SHAPE, 0), roots);
  return v128.bitselect(f32x4.div(all(SHAPE, 2), smaller), smaller, f32x4.gt(inner, outer));
}

/** The same with a bound: `nearness` is the parents' distance from their mean divided by the bound's. */
// @ts-ignore: decorator
@inline
function boundedSpread(u: v128, rest: v128, nearness: v128): v128 {
  // Lower powers are not used, and could be subnormal.
  const limit = all(SHAPE, 1);
  const beyond = v128.and(powerSingles(f32x4.pmax(limit, nearness), order, wholeOrder), f32x4.gt(nearness, limit));
  const cut = f32x4.mul(u, beyond);
  return spread(f32x4.sub(f32x4.add(u, u), cut), f32x4.add(f32x4.add(rest, rest), cut));
}

/** What the genes are: limits, how many unordered categories (0 for numbers; no address without any), whole numbers. */
let lows: usize = 0;
let highs: usize = 0;
let categories: usize = 0;
let whole: bool = false;

/** The genes that take part, an entry of 8 bytes each: the address of the gene of the first mate, the offset of its limits. */
const ENTRY: usize = 8;

const HALF = memory.data<f64>([0.5]);
/** Genes of two couples that cross: the parents' mean, half of their distance, and the room between mean and bounds. */
let middle: v128 = f64x2.splat(0);
let half: v128 = f64x2.splat(0);
let roomBelow: v128 = f64x2.splat(0);
let roomAbove: v128 = f64x2.splat(0);

/** Sets them for two entries. */
// @ts-ignore: decorator
@inline
function loadTwo(entry: usize, bytes: usize): void {
  const p = load<usize>(entry), q = load<usize>(entry + ENTRY);
  const i = load<usize>(entry, 4), j = load<usize>(entry + ENTRY, 4);
  const a = two(p, q), b = two(p + bytes, q + bytes);
  middle = f64x2.mul(f64x2.add(a, b), both(HALF, 0));
  half = f64x2.mul(f64x2.abs(f64x2.sub(a, b)), both(HALF, 0));
  roomBelow = f64x2.sub(middle, two(lows + i, lows + j));
  roomAbove = f64x2.sub(two(highs + i, highs + j), middle);
}

/** Puts the children of two entries in their parents' places; the spread factors are negative if the first lies above. */
// @ts-ignore: decorator
@inline
function storeTwo(entry: usize, bytes: usize, middle: v128, half: v128, spreadA: v128, spreadB: v128): void {
  const p = load<usize>(entry), q = load<usize>(entry + ENTRY);
  const i = load<usize>(entry, 4), j = load<usize>(entry + ENTRY, 4);
  const low = two(lows + i, lows + j), high = two(highs + i, highs + j);
  let childA = f64x2.sub(middle, f64x2.mul(spreadA, half)), childB = f64x2.add(middle, f64x2.mul(spreadB, half));
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

/** a / b of two pairs of lanes, as four. */
// @ts-ignore: decorator
@inline
function ratios(a0: v128, b0: v128, a1: v128, b1: v128): v128 {
  const first = f32x4.demote_f64x2_zero(f64x2.div(a0, b0)), last = f32x4.demote_f64x2_zero(f64x2.div(a1, b1));
  return v128.shuffle<i64>(first, last, 0, 2);
}

/** The upper two lanes, below. */
// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return v128.shuffle<i64>(x, x, 1, 1);
}

/** Crosses the genes of four entries. Of four words the upper 31 bits are quantiles, the lowest puts the first child above. */
// @ts-ignore: decorator
@inline
function crossFour(entry: usize, bytes: usize, words: v128): void {
  loadTwo(entry, bytes);
  const middle0 = middle, half0 = half, below0 = roomBelow, above0 = roomAbove;
  loadTwo(entry + 2 * ENTRY, bytes);
  const u = quantiles(words), rest = quantiles(v128.not(words));
  const below = boundedSpread(u, rest, ratios(half0, below0, half, roomBelow));
  const above = boundedSpread(u, rest, ratios(half0, above0, half, roomAbove));
  const sign = i32x4.shl(words, 31);
  const exchanged = v128.and(v128.xor(below, above), i32x4.shr_s(sign, 31));
  const a = v128.xor(v128.xor(below, exchanged), sign), b = v128.xor(v128.xor(above, exchanged), sign);
  storeTwo(entry, bytes, middle0, half0, f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  const a1 = f64x2.promote_low_f32x4(upper(a)), b1 = f64x2.promote_low_f32x4(upper(b));
  storeTwo(entry + 2 * ENTRY, bytes, middle, half, a1, b1);
}

/** For each byte the offsets of the numbers that its bits choose from eight, one byte each. */
const CHOSEN = memory.data(256 * 8, 16);
for (let bits = 0; bits < 256; bits++) {
  let end = CHOSEN + ((<usize>bits) << 3);
  for (let j = 0; j < 8; j++) {
    store<u8>(end, j << 3);
    end += (bits >> j) & 1;
  }
}

/** Appends those genes of a couple from `offset` on that take part; `taking` has their bits. Gives the list's end. */
// @ts-ignore: decorator
@inline
function collect(a: usize, offset: usize, taking: u32, end: usize): usize {
  for (; taking != 0; taking >>= 8, offset += 64) {
    const bits = taking & 0xff;
    const eight = i16x8.extend_low_i8x16_u(v128.load64_zero(CHOSEN + ((<usize>bits) << 3)));
    const first = i32x4.add(i32x4.extend_low_i16x8_u(eight), i32x4.splat(<i32>offset));
    const last = i32x4.add(i32x4.extend_high_i16x8_u(eight), i32x4.splat(<i32>offset));
    const from = i32x4.splat(<i32>a);
    const at = i32x4.add(first, from), after = i32x4.add(last, from);
    v128.store(end, v128.shuffle<i32>(at, first, 0, 4, 1, 5));
    v128.store(end, v128.shuffle<i32>(at, first, 2, 6, 3, 7), 16);
    v128.store(end, v128.shuffle<i32>(after, last, 0, 4, 1, 5), 32);
    v128.store(end, v128.shuffle<i32>(after, last, 2, 6, 3, 7), 48);
    end += ENTRY * popcnt(bits);
  }
  return end;
}

/** Set in the counters of coins with another chance than one half, apart from all others of the same key. */
const BIASED: u64 = 1 << 62;

/** Bits of 32 genes, each 1 with probability `rate`, from the blocks counter, counter + 1, ... */
function biasedCoins(rate: f64, counter: u64): u32 {
  const rates = splat(rate);
  let bits: u32 = 0;
  for (let j = 0; j < 32; j += 4) {
    encrypt(counter + j);
    const first = i64x2.bitmask(f64x2.lt(firstUnits(), rates)), last = i64x2.bitmask(f64x2.lt(lastUnits(), rates));
    bits |= <u32>(first | (last << 2)) << j;
  }
  return bits;
}

/**
 * Writes a word for each group of up to 32 genes of `couples` couples, rounded up to a multiple of eight: the bits of the
 * genes that take part, each with probability `rate`. Group c uses word c % 2 of block (counter + c) / 2; with another rate
 * than one half, gene j of group c uses block 2^62 + 32 (counter + c) + j. The counter is even.
 */
export function coins(
  out: usize, couples: i32, length: i32, rate: f64, key0: i32, key1: i32, counter: u32,
): void {
  useKey(key0, key1);
  const groups = (length + 31) >> 5, lastMask = <u32>0xffffffff >> (<u32>(-length) & 31);
  for (let c = 0; c < couples * groups; c += 8) {
    encrypt((counter + c) >> 1);
    const at = out + ((<usize>c) << 2);
    v128.store(at, firstWords());
    v128.store(at, lastWords(), 16);
  }
  for (let c = 0; c < couples * groups; c++, out += 4) {
    if (rate != 0.5) store<u32>(out, biasedCoins(rate, BIASED + 32 * <u64>(counter + c)));
    if (c % groups == groups - 1) store<u32>(out, load<u32>(out) & lastMask);
  }
}

/** Appends three entries whose genes lie behind the list, `bytes` apart, and are equal: they change nothing. */
function isolate(end: usize, bytes: usize): void {
  const place = end + 3 * ENTRY;
  for (; end < place; end += ENTRY) {
    store<usize>(end, place);
    store<usize>(end, 0, 4);
  }
  store<f64>(place, 0);
  store<f64>(place + bytes, 0);
}

/**
 * Crosses couples in place: rows 2k and 2k + 1 of `length` numbers each, if the byte crossing[k] is 1. `coins` are
 * those of the function of this name. `list` is room for couples * length + 8 entries of 8 bytes and one row. Of the genes
 * that take part, in their order, the i-th uses word i % 2 of block counter + i / 2. Gives how many there were.
 */
export function sbx(
  rows: usize, crossing: usize, couples: i32, length: i32, coins: usize, list: usize,
  low: usize, high: usize, category: usize, rounded: bool,
  eta: f64, key0: i32, key1: i32, counter: u32,
): i32 {
  useKey(key0, key1);
  lows = low;
  highs = high;
  categories = category;
  whole = rounded;
  order = <f32>(eta + 1);
  wholeOrder = wholePower(order);
  roots = squareRoots(order);
  const inverse = <f32>(1 / (eta + 1));
  store<f32>(SHAPE, inverse);
  store<f32>(SHAPE, exp2Single(-21 * inverse), 4);
  const bytes = (<usize>length) << 3;
  let end = list;
  for (let k = 0; k < couples; k++) {
    const a = rows + 2 * k * bytes;
    for (let j: usize = 0; j < bytes; j += 256) {
      if (load<u8>(crossing + k) != 0) end = collect(a, j, load<u32>(coins), end);
      coins += 4;
    }
  }
  const count = <i32>((end - list) / ENTRY);
  // Partners for the last genes: copies of a gene in a place that nobody reads.
  isolate(end, bytes);
  for (let i = 0; i < count; i += 8) {
    encrypt(counter + (i >> 1));
    const last = lastWords();
    crossFour(list, bytes, firstWords());
    if (i + 4 < count) crossFour(list + 4 * ENTRY, bytes, last);
    list += 8 * ENTRY;
  }
  return count;
}
