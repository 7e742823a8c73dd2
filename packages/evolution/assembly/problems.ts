// Test functions of many individuals at once.

import { sinePiLanes, splat } from './math';

/** One summand of Rastrigin's function: x^2 + 20 sin^2(pi x). */
// @ts-ignore: decorator
@inline
function summand(x: v128): v128 {
  const wave = sinePiLanes(f64x2.sub(x, f64x2.nearest(x)));
  return f64x2.add(f64x2.mul(x, x), f64x2.mul(splat(20), f64x2.mul(wave, wave)));
}

/** Rastrigin's function of each row of `length` numbers: the summands of even and of odd places, then both sums. */
export function rastrigin(rows: usize, count: i32, length: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    let sums = splat(0);
    for (let j = 0; j + 1 < length; j += 2) {
      sums = f64x2.add(sums, summand(v128.load(rows)));
      rows += 16;
    }
    if (length & 1) {
      sums = f64x2.add(sums, summand(f64x2.replace_lane(splat(0), 0, load<f64>(rows))));
      rows += 8;
    }
    store<f64>(out, f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1));
    out += 8;
  }
}
