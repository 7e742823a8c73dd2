// Test functions of many individuals at once.

import { fma, sineSquaredLanes, splat } from './math';

/** 4 sin^2(pi x). */
// @ts-ignore: decorator
@inline
function wave(x: v128): v128 {
  return sineSquaredLanes(f64x2.sub(x, f64x2.nearest(x)));
}

/**
 * Rastrigin's function of each row of `length` numbers, the sum of x^2 + 20 sin^2(pi x): both summands, even and odd places
 * apart.
 */
export function rastrigin(rows: usize, count: i32, length: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    let squares = splat(0), waves = splat(0);
    for (let j = 0; j + 1 < length; j += 2) {
      const x = v128.load(rows);
      squares = fma(x, x, squares);
      waves = f64x2.add(waves, wave(x));
      rows += 16;
    }
    if (length & 1) {
      const x = v128.load64_zero(rows);
      squares = fma(x, x, squares);
      waves = f64x2.add(waves, wave(x));
      rows += 8;
    }
    const sums = fma(splat(5), waves, squares);
    store<f64>(out, f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1));
    out += 8;
  }
}
