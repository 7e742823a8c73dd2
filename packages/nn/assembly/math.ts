// Elementary functions on four lanes: range reduction and minimax polynomials after Cephes (S. Moshier), which stay
// within about 2 units in the last place of the correctly rounded result.

import { splat } from './lanes';

/** Adding 1.5 * 2^23 to a smaller number leaves it rounded to an integer in the low bits of the sum. */
const ROUND: f32 = 12582912;

/** exp(x): x = n ln 2 + r, a degree-5 polynomial in r, times 2^n in two factors so that the ends of the range hold. */
export function exp4(x: v128): v128 {
  // These compare once, and leave NaN alone because it comes first; min and max would take eight instructions each.
  const clamped = f32x4.pmin(f32x4.pmax(x, splat(-104)), splat(89));
  const rounded = f32x4.add(f32x4.mul(clamped, splat(1.44269504088896341)), splat(ROUND));
  const n = f32x4.sub(rounded, splat(ROUND));
  let r = f32x4.sub(clamped, f32x4.mul(n, splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, splat(2.12194440e-4)));
  let y = splat(1.9875691500e-4);
  y = f32x4.add(f32x4.mul(y, r), splat(1.3981999507e-3));
  y = f32x4.add(f32x4.mul(y, r), splat(8.3334519073e-3));
  y = f32x4.add(f32x4.mul(y, r), splat(4.1665795894e-2));
  y = f32x4.add(f32x4.mul(y, r), splat(1.6666665459e-1));
  y = f32x4.add(f32x4.mul(y, r), splat(5.0000001201e-1));
  y = f32x4.add(f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), r), splat(1));
  const whole = i32x4.sub(rounded, splat(ROUND));
  const half = i32x4.shr_s(whole, 1);
  const bias = i32x4.splat(127);
  const first = i32x4.shl(i32x4.add(half, bias), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(whole, half), bias), 23);
  return f32x4.mul(f32x4.mul(y, first), second);
}

/** Natural logarithm: mantissa in [sqrt(1/2), sqrt(2)) and exponent; -inf at 0, NaN below. */
export function log4(x: v128): v128 {
  const tiny = f32x4.lt(x, splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, splat(8388608)), x, tiny);
  let e = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(scaled, 23), i32x4.splat(126)));
  e = f32x4.sub(e, v128.and(tiny, splat(23)));
  let m = v128.or(v128.and(scaled, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000));
  const low = f32x4.lt(m, splat(0.707106781186547524));
  e = f32x4.sub(e, v128.and(low, splat(1)));
  m = f32x4.sub(f32x4.add(m, v128.and(low, m)), splat(1));
  const z = f32x4.mul(m, m);
  let y = splat(7.0376836292e-2);
  y = f32x4.add(f32x4.mul(y, m), splat(-1.1514610310e-1));
  y = f32x4.add(f32x4.mul(y, m), splat(1.1676998740e-1));
  y = f32x4.add(f32x4.mul(y, m), splat(-1.2420140846e-1));
  y = f32x4.add(f32x4.mul(y, m), splat(1.4249322787e-1));
  y = f32x4.add(f32x4.mul(y, m), splat(-1.6668057665e-1));
  y = f32x4.add(f32x4.mul(y, m), splat(2.0000714765e-1));
  y = f32x4.add(f32x4.mul(y, m), splat(-2.4999993993e-1));
  y = f32x4.add(f32x4.mul(y, m), splat(3.3333331174e-1));
  y = f32x4.mul(f32x4.mul(y, m), z);
  y = f32x4.add(y, f32x4.mul(e, splat(-2.12194440e-4)));
  y = f32x4.sub(y, f32x4.mul(z, splat(0.5)));
  let result = f32x4.add(f32x4.add(m, y), f32x4.mul(e, splat(0.693359375)));
  result = v128.bitselect(splat(f32.NEGATIVE_INFINITY), result, f32x4.eq(x, splat(0)));
  result = v128.bitselect(x, result, v128.or(f32x4.eq(x, splat(f32.POSITIVE_INFINITY)), f32x4.ne(x, x)));
  return v128.bitselect(splat(f32.NaN), result, f32x4.lt(x, splat(0)));
}

/** tanh: an odd polynomial below 0.625, 1 - 2 / (exp(2|x|) + 1) above, with the sign put back. */
export function tanh4(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const a = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = splat(-5.70498872745e-3);
  p = f32x4.add(f32x4.mul(p, z), splat(2.06390887954e-2));
  p = f32x4.add(f32x4.mul(p, z), splat(-5.37397155531e-2));
  p = f32x4.add(f32x4.mul(p, z), splat(1.33314422036e-1));
  p = f32x4.add(f32x4.mul(p, z), splat(-3.33332819422e-1));
  const small = f32x4.add(f32x4.mul(f32x4.mul(p, z), x), x);
  const e = exp4(f32x4.add(a, a));
  const big = f32x4.sub(splat(1), f32x4.div(splat(2), f32x4.add(e, splat(1))));
  return v128.bitselect(small, v128.or(big, sign), f32x4.lt(a, splat(0.625)));
}

/** 1 / (1 + exp(-x)). */
export function sigmoid4(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp4(f32x4.neg(x))));
}

/** exp(x) - 1 without cancellation near zero. */
export function expm14(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, x), splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, x), splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, x), splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, x), splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, x), splat(5.0000001201e-1));
  const small = f32x4.add(f32x4.mul(p, z), x);
  return v128.bitselect(small, f32x4.sub(exp4(x), splat(1)), f32x4.lt(f32x4.abs(x), splat(0.34657359)));
}

/** log(1 + x) without cancellation near zero: log(u) x / (u - 1) with u = 1 + x rounded (Kahan). */
export function log1p4(x: v128): v128 {
  const u = f32x4.add(splat(1), x);
  const d = f32x4.sub(u, splat(1));
  const exact = v128.or(f32x4.eq(d, splat(0)), f32x4.eq(u, splat(f32.POSITIVE_INFINITY)));
  const y = f32x4.mul(log4(u), f32x4.div(x, d));
  return v128.bitselect(x, y, exact);
}

/** log(1 + exp(x)), with tfjs's thresholds where one of the terms vanishes in single precision. */
export function softplus4(x: v128): v128 {
  const threshold: f32 = 13.942385;
  const e = exp4(x);
  let y = log1p4(e);
  y = v128.bitselect(x, y, f32x4.gt(x, splat(threshold)));
  return v128.bitselect(e, y, f32x4.lt(x, splat(-threshold)));
}
