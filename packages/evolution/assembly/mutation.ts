// Mutations of numbers at chosen places, and the choice of the places by the gaps between them.

import { cosineTurnsLanes, log2Lanes, splat, two } from './math';
import { encrypt, firstUnits, firstWords, lastUnits, lastWords, useKey } from './random';
import { all, exp2MinusOneSingles, log2OnePlusSingles, quantiles } from './singles';

/** What lies at the latest two places: their addresses, the numbers, and the limits of the genes. */
let firstAt: usize = 0;
let secondAt: usize = 0;
let x: v128 = f64x2.splat(0);
let low: v128 = f64x2.splat(0);
let high: v128 = f64x2.splat(0);

/** The genes: their address, how many an individual has, their limits, and whether they are whole numbers. */
let genes: usize = 0;
let length: i32 = 0;
let lows: usize = 0;
let highs: usize = 0;
let whole: bool = false;

/** A number that nobody reads. */
const SPARE = memory.data(8, 8);

/** Sets what the genes are, and adds seven places behind the chosen ones: those of a number that nobody reads. */
function begin(address: usize, count: i32, low: usize, high: usize, rounded: bool, end: usize): void {
  genes = address;
  length = count;
  lows = low;
  highs = high;
  whole = rounded;
  const spare = <i32>(SPARE - genes) >> 3;
  for (let i = 0; i < 7; i++) store<i32>(end + (<usize>i << 2), spare);
}

/** Loads what lies at the places places[0] and places[1]. */
// @ts-ignore: decorator
@inline
function loadTwo(places: usize): void {
  const p = load<u32>(places), q = load<u32>(places, 4);
  firstAt = genes + ((<usize>p) << 3);
  secondAt = genes + ((<usize>q) << 3);
  x = two(firstAt, secondAt);
  const i = (<usize>(p % length)) << 3, j = (<usize>(q % length)) << 3;
  low = two(lows + i, lows + j);
  high = two(highs + i, highs + j);
}

/** Stores numbers there, cut at the limits; what is not a number (a range of zero) becomes the lower one. */
// @ts-ignore: decorator
@inline
function storeTwo(x: v128): void {
  if (whole) x = f64x2.nearest(x);
  const fitted = f64x2.pmin(high, f64x2.pmax(low, x));
  v128.store64_lane(firstAt, fitted, 0);
  v128.store64_lane(secondAt, fitted, 1);
}

/**
 * Writes the places after `place` and before `total` that are chosen, up to `count`, a multiple of four: gaps are of a
 * geometric distribution, floor(log2(1 - u) * scale) with u of block counter + i. Gives how many there are.
 */
export function chosen(
  out: usize, count: i32, place: i32, total: i32, scale: f64, key0: i32, key1: i32, counter: u32,
): i32 {
  useKey(key0, key1);
  const scales = splat(scale);
  for (let i = 0; i < count; i += 4) {
    encrypt(counter + i);
    const last = lastUnits();
    const a = f64x2.mul(log2Lanes(f64x2.sub(splat(1), firstUnits())), scales);
    const b = f64x2.mul(log2Lanes(f64x2.sub(splat(1), last)), scales);
    const whole = v128.shuffle<i32>(i32x4.trunc_sat_f64x2_s_zero(a), i32x4.trunc_sat_f64x2_s_zero(b), 0, 1, 4, 5);
    v128.store(out + ((<usize>i) << 2), whole);
    for (let j = i; j < i + 4; j++) {
      const at = out + ((<usize>j) << 2);
      const gap = load<i32>(at);
      if (gap >= total - 1 - place) return j;
      place += 1 + gap;
      store<i32>(at, place);
    }
  }
  return count;
}

/** Distribution of polynomial mutation: eta + 1, its inverse, and the logarithm below which powers count as 0. */
const SHAPE = memory.data<f32>([0, 0, -60]);

/**
 * How far genes move towards a bound at relative distance d, negative: (1 - u (1 - (1 - d)^n))^(1 / n) - 1 with n = eta + 1,
 * for small d as precise as elsewhere. It is never more than d.
 */
// @ts-ignore: decorator
@inline
function polynomialSteps(d: v128, u: v128): v128 {
  const power = f32x4.pmax(f32x4.mul(log2OnePlusSingles(f32x4.neg(d)), all(SHAPE, 0)), all(SHAPE, 2));
  const base = log2OnePlusSingles(f32x4.mul(u, exp2MinusOneSingles(power)));
  return exp2MinusOneSingles(f32x4.mul(base, all(SHAPE, 1)));
}

/** Sets what lies at two places, and gives the relative distance to the upper bound where `up`, else to the lower one. */
// @ts-ignore: decorator
@inline
function distances(places: usize, up: v128): v128 {
  loadTwo(places);
  const distance = v128.bitselect(f64x2.sub(high, x), f64x2.sub(x, low), up);
  return f32x4.demote_f64x2_zero(f64x2.div(distance, f64x2.sub(high, low)));
}

/** Moves what lies at two places by relative steps. */
// @ts-ignore: decorator
@inline
function moveTwo(places: usize, steps: v128): void {
  loadTwo(places);
  storeTwo(f64x2.add(x, f64x2.mul(f64x2.promote_low_f32x4(steps), f64x2.sub(high, low))));
}

/** Mutates the numbers at four places. Of four words the upper 31 bits are quantiles, the lowest chooses the upper bound. */
// @ts-ignore: decorator
@inline
function mutateFour(places: usize, words: v128): void {
  const sign = i32x4.shl(words, 31), up = i32x4.shr_s(sign, 31);
  const first = distances(places, i64x2.extend_low_i32x4_s(up));
  const last = distances(places + 8, i64x2.extend_high_i32x4_s(up));
  const sizes = polynomialSteps(v128.shuffle<i64>(first, last, 0, 2), quantiles(words));
  const steps = v128.xor(sizes, sign);
  moveTwo(places, steps);
  moveTwo(places + 8, v128.shuffle<i64>(steps, steps, 1, 1));
}

/**
 * Bounded polynomial mutation of the genes at `places`, the i-th with word i % 2 of block (counter + i) / 2; the counter is
 * even. There is room for seven more places.
 */
export function polynomial(
  address: usize, length: i32, lows: usize, highs: usize, rounded: bool,
  places: usize, count: i32, eta: f64, key0: i32, key1: i32, counter: u32,
): void {
  useKey(key0, key1);
  begin(address, length, lows, highs, rounded, places + ((<usize>count) << 2));
  store<f32>(SHAPE, <f32>(eta + 1));
  store<f32>(SHAPE, <f32>(1 / (eta + 1)), 4);
  for (let i = 0; i < count; i += 8) {
    encrypt((counter + i) >> 1);
    const last = lastWords();
    mutateFour(places, firstWords());
    mutateFour(places + 16, last);
    places += 32;
  }
}

/**
 * Adds normal numbers of standard deviation sigma times the range to the genes at `places` and cuts at the limits.
 * Box-Muller: the radius from block 2 (counter + i), the angle from the next. There is room for seven more places.
 */
export function gaussian(
  address: usize, length: i32, lows: usize, highs: usize, rounded: bool,
  places: usize, count: i32, sigma: f64, key0: i32, key1: i32, counter: u32,
): void {
  useKey(key0, key1);
  begin(address, length, lows, highs, rounded, places + ((<usize>count) << 2));
  for (let i = 0; i < count; i += 2) {
    encrypt(2 * <u64>(counter + i));
    const first = firstUnits(), last = lastUnits();
    const forRadius = v128.shuffle<i64>(first, last, 0, 2), forAngle = v128.shuffle<i64>(first, last, 1, 3);
    loadTwo(places + ((<usize>i) << 2));
    const logarithm = log2Lanes(f64x2.sub(splat(1), forRadius));
    const radius = f64x2.sqrt(f64x2.mul(logarithm, splat(-1.3862943611198906)));
    const z = f64x2.mul(radius, cosineTurnsLanes(forAngle));
    storeTwo(f64x2.add(x, f64x2.mul(f64x2.mul(splat(sigma), f64x2.sub(high, low)), z)));
  }
}
