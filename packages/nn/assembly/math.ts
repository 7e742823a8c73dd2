// Elementary functions on four lanes: range reduction and minimax polynomials after Cephes (S. Moshier), which stay
// within about 2 units in the last place of the correctly rounded result.
//
// Constants lie in memory. Repeated from there they cost a load; made from the code, as `splat` does, they cost three
// instructions on the one port that shuffles, which is more than the arithmetic.

import { fma, splat } from './lanes';

/** The number at an address in all lanes. */
// @ts-ignore: decorator
@inline
function at(address: usize): v128 {
  return v128.load32_splat(address);
}

const HALF = memory.data<f32>([0.5]);
const ONE = memory.data<f32>([1]);
const TWO = memory.data<f32>([2]);
const INFINITE = memory.data<f32>([Infinity]);

/** Adding 1.5 * 2^23 to a smaller number leaves it rounded to an integer in the low bits of the sum. */
const ROUND = memory.data<f32>([12582912]);

/** ln 2 in two parts, of which the first has few digits, so that its multiples are exact. */
const LN2_HIGH = memory.data<f32>([0.693359375]);
const LN2_LOW = memory.data<f32>([-2.12194440e-4]);

const EXP_LOWEST = memory.data<f32>([-104]);
const EXP_HIGHEST = memory.data<f32>([89]);
const LOG2_E = memory.data<f32>([1.44269504088896341]);
const EXPONENT_BIAS = memory.data<i32>([127]);
/** (exp(r) - 1 - r) / r^2, highest power first. */
const EXP = memory.data<f32>([
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
]);

/** The polynomial of `exp`. */
// @ts-ignore: decorator
@inline
function expTerms(r: v128): v128 {
  let y = fma(at(EXP), r, at(EXP + 4));
  y = fma(y, r, at(EXP + 8));
  y = fma(y, r, at(EXP + 12));
  y = fma(y, r, at(EXP + 16));
  return fma(y, r, at(EXP + 20));
}

/** exp(x): x = n ln 2 + r, a degree-5 polynomial in r, times 2^n in two factors so that the ends of the range hold. */
// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  // These compare once, and leave NaN alone because it comes first; min and max would take eight instructions each.
  const clamped = f32x4.pmin(f32x4.pmax(x, at(EXP_LOWEST)), at(EXP_HIGHEST));
  const round = at(ROUND);
  const rounded = fma(clamped, at(LOG2_E), round);
  const n = f32x4.neg(f32x4.sub(rounded, round));
  const r = fma(n, at(LN2_LOW), fma(n, at(LN2_HIGH), clamped));
  const y = f32x4.add(fma(expTerms(r), f32x4.mul(r, r), r), at(ONE));
  const whole = i32x4.sub(rounded, round);
  const half = i32x4.shr_s(whole, 1);
  const bias = at(EXPONENT_BIAS);
  const first = i32x4.shl(i32x4.add(half, bias), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(whole, half), bias), 23);
  return f32x4.mul(f32x4.mul(y, first), second);
}

/** `exponential` as a function, for generated kernels. */
export function exp4(x: v128): v128 {
  return exponential(x);
}

const SMALLEST_NORMAL = memory.data<f32>([1.17549435e-38]);
const MANTISSA_BITS = memory.data<i32>([0x007fffff]);
const LOG_BIAS = memory.data<i32>([126]);
const TWO_TO_23 = memory.data<f32>([8388608]);
const TWENTY_THREE = memory.data<f32>([23]);
const SQRT_HALF = memory.data<f32>([0.707106781186547524]);
/** (log(1 + m) - m + m^2 / 2) / m^3, highest power first. */
const LOG = memory.data<f32>([
  7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
]);

/** Natural logarithm: mantissa in [sqrt(1/2), sqrt(2)) and exponent; -inf at 0, NaN below. */
export function log4(x: v128): v128 {
  const tiny = f32x4.lt(x, at(SMALLEST_NORMAL));
  const scaled = v128.bitselect(f32x4.mul(x, at(TWO_TO_23)), x, tiny);
  let e = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(scaled, 23), at(LOG_BIAS)));
  e = f32x4.sub(e, v128.and(tiny, at(TWENTY_THREE)));
  let m = v128.or(v128.and(scaled, at(MANTISSA_BITS)), at(HALF));
  const low = f32x4.lt(m, at(SQRT_HALF));
  e = f32x4.sub(e, v128.and(low, at(ONE)));
  m = f32x4.sub(f32x4.add(m, v128.and(low, m)), at(ONE));
  const z = f32x4.mul(m, m);
  let y = fma(at(LOG), m, at(LOG + 4));
  y = fma(y, m, at(LOG + 8));
  y = fma(y, m, at(LOG + 12));
  y = fma(y, m, at(LOG + 16));
  y = fma(y, m, at(LOG + 20));
  y = fma(y, m, at(LOG + 24));
  y = fma(y, m, at(LOG + 28));
  y = fma(y, m, at(LOG + 32));
  y = f32x4.mul(f32x4.mul(y, m), z);
  y = fma(e, at(LN2_LOW), y);
  y = f32x4.sub(y, f32x4.mul(z, at(HALF)));
  let result = fma(e, at(LN2_HIGH), f32x4.add(m, y));
  result = v128.bitselect(f32x4.neg(at(INFINITE)), result, f32x4.eq(x, splat(0)));
  result = v128.bitselect(x, result, v128.or(f32x4.eq(x, at(INFINITE)), f32x4.ne(x, x)));
  return v128.or(result, f32x4.lt(x, splat(0)));
}

const SIGN_BIT = memory.data<i32>([0x80000000]);
/** Below this tanh is a polynomial. */
const TANH_SMALL = memory.data<f32>([0.625]);
/** (tanh(x) - x) / x^3 in x^2, highest power first. */
const TANH = memory.data<f32>([
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
]);

/** tanh: an odd polynomial below 0.625, 1 - 2 / (exp(2|x|) + 1) above, with the sign put back. */
export function tanh4(x: v128): v128 {
  const sign = v128.and(x, at(SIGN_BIT));
  const a = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = fma(at(TANH), z, at(TANH + 4));
  p = fma(p, z, at(TANH + 8));
  p = fma(p, z, at(TANH + 12));
  p = fma(p, z, at(TANH + 16));
  const small = fma(f32x4.mul(p, z), x, x);
  const e = exponential(f32x4.add(a, a));
  const big = f32x4.sub(at(ONE), f32x4.div(at(TWO), f32x4.add(e, at(ONE))));
  return v128.bitselect(small, v128.or(big, sign), f32x4.lt(a, at(TANH_SMALL)));
}

/** 1 / (1 + exp(-x)). */
export function sigmoid4(x: v128): v128 {
  const one = at(ONE);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
}

/** Half of ln 2: below it the polynomial of exp needs no reduction. */
const HALF_LN2 = memory.data<f32>([0.34657359]);

/** exp(x) - 1 without cancellation near zero. */
export function expm14(x: v128): v128 {
  const small = fma(expTerms(x), f32x4.mul(x, x), x);
  return v128.bitselect(small, f32x4.sub(exponential(x), at(ONE)), f32x4.lt(f32x4.abs(x), at(HALF_LN2)));
}

/** log(1 + x) without cancellation near zero: log(u) x / (u - 1) with u = 1 + x rounded (Kahan). */
export function log1p4(x: v128): v128 {
  const u = f32x4.add(at(ONE), x);
  const d = f32x4.sub(u, at(ONE));
  const exact = v128.or(f32x4.eq(d, splat(0)), f32x4.eq(u, at(INFINITE)));
  const y = f32x4.mul(log4(u), f32x4.div(x, d));
  return v128.bitselect(x, y, exact);
}

/** Beyond this and its negative one of the terms of softplus vanishes in single precision, as in tfjs. */
const SOFTPLUS_THRESHOLD = memory.data<f32>([13.942385]);

/** log(1 + exp(x)). */
export function softplus4(x: v128): v128 {
  const threshold = at(SOFTPLUS_THRESHOLD);
  const e = exponential(x);
  let y = log1p4(e);
  y = v128.bitselect(x, y, f32x4.gt(x, threshold));
  return v128.bitselect(e, y, f32x4.lt(x, f32x4.neg(threshold)));
}
