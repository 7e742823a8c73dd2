// Elementary functions on four f32 lanes: range reduction and minimax polynomials, with relative errors of about 1e-7.
// Plain SIMD only, constants from tables, like math.ts.

// @ts-ignore: decorator
@inline
export function splat4(x: f32): v128 {
  return f32x4.splat(x);
}

/** Number k of a table, in all lanes. */
// @ts-ignore: decorator
@inline
export function all(table: usize, k: i32): v128 {
  return v128.load32_splat(table + ((<usize>k) << 2));
}

/** a * b + c, rounded twice. */
// @ts-ignore: decorator
@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Coefficients of log2((1 + s) / (1 - s)) / s in s^2; 1, and 2. */
const LOG = memory.data<f32>([2.88539008, 0.96179885, 0.57671438, 0.43173588, 1, 2]);
/** The bits of sqrt(1/2) and of a mantissa. */
const BITS = memory.data<u32>([0x3f3504f3, 0x007fffff]);
/** The exponent k of x = 2^k (1 + f), where 1 + f is in [sqrt(1/2), sqrt(2)). */
let exponent: v128 = f32x4.splat(0);

/** Sets it, and gives f. */
// @ts-ignore: decorator
@inline
function fraction(x: v128): v128 {
  const moved = i32x4.sub(x, all(BITS, 0));
  exponent = f32x4.convert_i32x4_s(i32x4.shr_s(moved, 23));
  return f32x4.sub(i32x4.add(v128.and(moved, all(BITS, 1)), all(BITS, 0)), all(LOG, 4));
}

/** The logarithm of 2^exponent (1 + f). */
// @ts-ignore: decorator
@inline
function logarithm(f: v128): v128 {
  const s = f32x4.div(f, f32x4.add(f, all(LOG, 5)));
  const z = f32x4.mul(s, s);
  const p01 = fma(all(LOG, 1), z, all(LOG, 0)), p23 = fma(all(LOG, 3), z, all(LOG, 2));
  return fma(s, fma(p23, f32x4.mul(z, z), p01), exponent);
}

/** Binary logarithm of positive, normal x; near x = 1 as precise as elsewhere. */
// @ts-ignore: decorator
@inline
export function log2Singles(x: v128): v128 {
  return logarithm(fraction(x));
}

/** Binary logarithm of 1 + x, near x = 0 as precise as elsewhere; some -127 at x = -1. */
// @ts-ignore: decorator
@inline
export function log2OnePlusSingles(x: v128): v128 {
  const f = fraction(f32x4.add(x, all(LOG, 4)));
  return logarithm(v128.bitselect(x, f, f32x4.eq(exponent, f32x4.splat(0))));
}

/** Coefficients of (2^r - 1) / r in r, 1, and 1.5 * 2^23, beyond which the bits count whole numbers. */
const EXP = memory.data<f32>([
  0.693147188, 0.240226498, 0.0555035743, 9.6182375e-3, 1.33907355e-3, 1.54035123e-4, 1, 12582912,
]);
/** 2 to the power of the nearest whole number of y. */
let scale: v128 = f32x4.splat(0);

/** Sets it, and gives 2 to the power of the rest, less 1, near 0 as precise as elsewhere. */
// @ts-ignore: decorator
@inline
function reduced(y: v128): v128 {
  const moved = f32x4.add(y, all(EXP, 7));
  const r = f32x4.sub(y, f32x4.sub(moved, all(EXP, 7)));
  const r2 = f32x4.mul(r, r);
  const p01 = fma(all(EXP, 1), r, all(EXP, 0)), p23 = fma(all(EXP, 3), r, all(EXP, 2));
  const p45 = fma(all(EXP, 5), r, all(EXP, 4));
  scale = i32x4.add(i32x4.shl(moved, 23), all(EXP, 6));
  return f32x4.mul(r, fma(fma(p45, r2, p23), r2, p01));
}

/** 2^y for |y| <= 126. */
// @ts-ignore: decorator
@inline
export function exp2Singles(y: v128): v128 {
  const more = reduced(y);
  return fma(more, scale, scale);
}

/** 2^y - 1 for |y| <= 126, near y = 0 as precise as elsewhere. */
// @ts-ignore: decorator
@inline
export function exp2MinusOneSingles(y: v128): v128 {
  const more = reduced(y);
  return fma(more, scale, f32x4.sub(scale, all(EXP, 6)));
}

/** The same function of one number. */
export function exp2Single(y: f32): f32 {
  return f32x4.extract_lane(exp2Singles(splat4(y)), 0);
}

/** 2^-32 and 2^-31. */
const HALF_STEP = memory.data<f32>([2.3283064365386963e-10, 4.656612873077393e-10]);

/** (k + 1/2) / 2^31 with the upper 31 bits k of each word. */
// @ts-ignore: decorator
@inline
export function quantiles(words: v128): v128 {
  return fma(f32x4.convert_i32x4_s(i32x4.shr_u(words, 1)), all(HALF_STEP, 1), all(HALF_STEP, 0));
}

/** n if that is a whole number up to 64, else 0. */
export function wholePower(n: f32): i32 {
  return n == nearest(n) && n <= 64 ? <i32>n : 0;
}

/** x^n for x in [0, 1], n >= 1, at least about 2^-30: by repeated squaring with whole = wholePower(n), else through logarithms. */
// @ts-ignore: decorator
@inline
export function powerSingles(x: v128, n: f32, whole: i32): v128 {
  if (whole == 0) return exp2Singles(f32x4.mul(log2Singles(x), splat4(n)));
  let square = x, rest = whole;
  for (; (rest & 1) == 0; rest >>= 1) square = f32x4.mul(square, square);
  let result = square;
  for (rest >>= 1; rest > 0; rest >>= 1) {
    square = f32x4.mul(square, square);
    if (rest & 1) result = f32x4.mul(result, square);
  }
  return result;
}

/** How many square roots make the root of order n, if that is a power of two up to 64, else -1. */
export function squareRoots(n: f32): i32 {
  const whole = wholePower(n);
  return whole != 0 && popcnt(whole) == 1 ? ctz(whole) : -1;
}

/** x^(1 / n) of positive, normal x: with roots = squareRoots(n) that many square roots, without them through logarithms. */
// @ts-ignore: decorator
@inline
export function rootSingles(x: v128, inverse: v128, roots: i32): v128 {
  if (roots < 0) return exp2Singles(f32x4.mul(log2Singles(x), inverse));
  for (let i = 0; i < roots; i++) x = f32x4.sqrt(x);
  return x;
}
