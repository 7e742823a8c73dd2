// Mutations of numbers that are gathered from wherever they stand, and the gaps between the places that mutate.

import { cosinePiLanes, exp2Lanes, log2Lanes, powerLanes, splat } from './math';
import { encrypt, firstUnits, lastUnits } from './random';

/** Two of the four uniform numbers of the latest blocks. */
// @ts-ignore: decorator
@inline
function units(half: i32): v128 {
  return half == 0 ? firstUnits() : lastUnits();
}

/** Numbers of a geometric distribution, floor(log2(1 - u) * scale) with u of block counter + i, as i32. */
export function gaps(out: usize, count: i32, scale: f64, key0: i32, key1: i32, counter: u32): void {
  const scales = splat(scale);
  for (let i = 0; i < count; i += 4) {
    encrypt(key0, key1, counter + i);
    const last = lastUnits();
    const a = f64x2.mul(log2Lanes(f64x2.sub(splat(1), firstUnits())), scales);
    const b = f64x2.mul(log2Lanes(f64x2.sub(splat(1), last)), scales);
    const whole = v128.shuffle<i32>(i32x4.trunc_sat_f64x2_s_zero(a), i32x4.trunc_sat_f64x2_s_zero(b), 0, 1, 4, 5);
    v128.store(out, whole);
    out += 16;
  }
}

/** The step of polynomial mutation at quantile u for a gene at relative position x: x + step stays in [0, 1]. */
// @ts-ignore: decorator
@inline
function polynomialStep(x: v128, u: v128, order: f64): v128 {
  const down = f64x2.lt(u, splat(0.5));
  const v = v128.bitselect(u, f64x2.sub(splat(1), u), down);
  const room = v128.bitselect(f64x2.sub(splat(1), x), x, down);
  const twice = f64x2.add(v, v);
  const base = f64x2.add(twice, f64x2.mul(f64x2.sub(splat(1), twice), powerLanes(room, order)));
  const size = f64x2.sub(exp2Lanes(f64x2.mul(log2Lanes(base), splat(1 / order))), splat(1));
  return v128.bitselect(size, f64x2.neg(size), down);
}

/** Cut at the limits; what is not a number (a range of zero) becomes the lower one. */
// @ts-ignore: decorator
@inline
function storeFitted(at: usize, x: v128, low: v128, high: v128): void {
  v128.store(at, f64x2.pmin(high, f64x2.pmax(low, x)));
}

/** Bounded polynomial mutation of values[i] in [low[i], high[i]], with u of block counter + i. */
export function polynomial(
  values: usize, low: usize, high: usize, count: i32, eta: f64, key0: i32, key1: i32, counter: u32,
): void {
  for (let i = 0; i < count; i += 4) {
    encrypt(key0, key1, counter + i);
    for (let half = 0; half < 2; half++) {
      const at = (<usize>(i + 2 * half)) << 3;
      const x = v128.load(values + at), l = v128.load(low + at), h = v128.load(high + at);
      const range = f64x2.sub(h, l);
      const position = f64x2.div(f64x2.sub(x, l), range);
      const step = polynomialStep(position, units(half), eta + 1);
      storeFitted(values + at, f64x2.add(x, f64x2.mul(step, range)), l, h);
    }
  }
}

/**
 * Adds normal numbers of standard deviation sigma (high[i] - low[i]) to values[i] and cuts at the limits. Box-Muller:
 * the radius from block 2 (counter + i), the angle from the next.
 */
export function gaussian(
  values: usize, low: usize, high: usize, count: i32, sigma: f64, key0: i32, key1: i32, counter: u32,
): void {
  for (let i = 0; i < count; i += 2) {
    encrypt(key0, key1, 2 * <u64>(counter + i));
    const first = firstUnits(), last = lastUnits();
    const forRadius = v128.shuffle<i64>(first, last, 0, 2), forAngle = v128.shuffle<i64>(first, last, 1, 3);
    const at = (<usize>i) << 3;
    const x = v128.load(values + at), l = v128.load(low + at), h = v128.load(high + at);
    const logarithm = log2Lanes(f64x2.sub(splat(1), forRadius));
    const radius = f64x2.sqrt(f64x2.mul(logarithm, splat(-1.3862943611198906)));
    const z = f64x2.mul(radius, cosinePiLanes(f64x2.add(forAngle, forAngle)));
    const step = f64x2.mul(f64x2.mul(splat(sigma), f64x2.sub(h, l)), z);
    storeFitted(values + at, f64x2.add(x, step), l, h);
  }
}
