// Elementary functions on two f64 lanes: range reduction and minimax polynomials, within about two units in the last
// place of the correctly rounded result. Plain SIMD only, whose operations round alike everywhere: equal inputs give
// equal bits on every machine.
//
// Constants of loops are read from tables: engines build vector constants anew wherever code has them, which costs more
// than arithmetic with them.

// @ts-ignore: decorator
@inline
export function splat(x: f64): v128 {
  return f64x2.splat(x);
}

/** Number k of a table, in both lanes. */
// @ts-ignore: decorator
@inline
export function both(table: usize, k: i32): v128 {
  return v128.load64_splat(table + ((<usize>k) << 3));
}

/** Two numbers from two places. */
// @ts-ignore: decorator
@inline
export function two(first: usize, second: usize): v128 {
  return v128.load64_lane(second, v128.load64_zero(first), 1);
}

/** a * b + c, rounded twice. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  return f64x2.add(f64x2.mul(a, b), c);
}

/** Coefficients of log((1 + s) / (1 - s)) / s in s^2; 1 / log(2), 1, 2, and 2^52 + 1025. */
const LOG = memory.data<f64>([
  2, 0.6666666666666734, 0.3999999999941468, 0.28571428742387506, 0.2222219857319476, 0.18183564325659218,
  0.15314050562476939, 0.14795949608157, 1.4426950408889634, 1, 2, 4503599627371520,
]);
/** The bits of sqrt(1/2) without the last ones, those of 2, of 2^52 and of sign and exponent. */
const BITS = memory.data<u64>([0x3fe6a09e00000000, 0x4000000000000000, 0x4330000000000000, 0xfff0000000000000]);

/** Binary logarithm of positive, normal x; about -1023 at 0. */
// @ts-ignore: decorator
@inline
export function log2Lanes(x: v128): v128 {
  // The mantissa is brought into [sqrt(1/2), sqrt(2)); the exponent is read through the bits of 2^52 + k + 1024.
  const moved = i64x2.add(i64x2.sub(x, both(BITS, 0)), both(BITS, 1));
  const exponent = f64x2.sub(v128.or(i64x2.shr_u(moved, 52), both(BITS, 2)), both(LOG, 11));
  const m = i64x2.sub(x, i64x2.sub(v128.and(moved, both(BITS, 3)), both(BITS, 1)));
  const f = f64x2.sub(m, both(LOG, 9));
  const s = f64x2.div(f, f64x2.add(f, both(LOG, 10)));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  const p01 = fma(both(LOG, 1), z, both(LOG, 0)), p23 = fma(both(LOG, 3), z, both(LOG, 2));
  const p45 = fma(both(LOG, 5), z, both(LOG, 4)), p67 = fma(both(LOG, 7), z, both(LOG, 6));
  const p = fma(fma(p67, z2, p45), f64x2.mul(z2, z2), fma(p23, z2, p01));
  return fma(f64x2.mul(s, p), both(LOG, 8), exponent);
}

/** Coefficients of 4 sin^2(sqrt(s) pi / 4) / s in s, and 4. */
const SINE = memory.data<f64>([
  2.4674011002723395, -0.5073390158020956, 0.04172696152668122, -0.0018385205490881247, 5.040407801319328e-5,
  -9.421355288744339e-7, 1.2658589925219089e-8, 4,
]);

/** 4 sin^2(pi t) for |t| <= 1/2, and near 0 as precise as elsewhere: the angle is doubled twice. */
// @ts-ignore: decorator
@inline
export function sineSquaredLanes(t: v128): v128 {
  const s = f64x2.mul(t, t);
  const s2 = f64x2.mul(s, s);
  const p01 = fma(both(SINE, 1), s, both(SINE, 0)), p23 = fma(both(SINE, 3), s, both(SINE, 2));
  const p45 = fma(both(SINE, 5), s, both(SINE, 4));
  const quarter = f64x2.mul(s, fma(fma(fma(both(SINE, 6), s2, p45), s2, p23), s2, p01));
  const half = f64x2.mul(quarter, f64x2.sub(both(SINE, 7), quarter));
  return f64x2.mul(half, f64x2.sub(both(SINE, 7), half));
}

/** cos(2 pi x) = 1 - 2 sin^2(pi x). */
// @ts-ignore: decorator
@inline
export function cosineTurnsLanes(x: v128): v128 {
  const t = f64x2.sub(x, f64x2.nearest(x));
  return f64x2.sub(splat(1), f64x2.mul(splat(0.5), sineSquaredLanes(t)));
}
