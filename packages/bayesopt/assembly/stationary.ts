// Stationary kernels of many pairs. A kernel is k = p(r) e^-r of r = sqrt(c s) or s / 2, where s is the squared distance of
// the pair. Points are given twice: `x` row by row, and `z` column by column, so that one row meets four others at a time.
// The first `d` columns are numbers, divided by their length scales; the `names` columns after them are categories, at the
// squared distance `weights` when they differ.

import { lanes, muladd } from './lanes';

const RBF: i32 = 0;
const MATERN12: i32 = 1;
const MATERN32: i32 = 2;

/** Squared distances of four pairs. */
const SQUARED: usize = memory.data(32, 16);
/** Four weights. */
const TAIL: usize = memory.data(32, 16);

const LOG2E: f64 = 1.4426950408889634;
const LN2_HIGH: f64 = 6.93147180369123816490e-01;
const LN2_LOW: f64 = 1.90821492927058770002e-10;
/** 1.5 * 2^52: added to a small number, it leaves the number's integer part in the low bits. */
const ROUNDER: f64 = 6755399441055744.0;

/** a + b x. */
// @ts-ignore: decorator
@inline
function line(a: f64, b: f64, x: v128): v128 {
  return muladd(f64x2.splat(b), x, f64x2.splat(a));
}

/** e^-x for x >= 0: 2^n e^t with |t| <= ln 2 / 2, by Taylor's series of degree 12 in Estrin's order (error below 2e-16). */
// @ts-ignore: decorator
@inline
function expMinus(x: v128): v128 {
  // Beyond 708 the result would be denormal: it is 0.
  const y = f64x2.max(f64x2.neg(x), f64x2.splat(-708));
  const shifted = f64x2.add(f64x2.mul(y, f64x2.splat(LOG2E)), f64x2.splat(ROUNDER));
  const n = f64x2.sub(shifted, f64x2.splat(ROUNDER));
  const high = f64x2.sub(y, f64x2.mul(n, f64x2.splat(LN2_HIGH)));
  const t = f64x2.sub(high, f64x2.mul(n, f64x2.splat(LN2_LOW)));
  const t2 = f64x2.mul(t, t), t4 = f64x2.mul(t2, t2), t8 = f64x2.mul(t4, t4);
  const c0 = muladd(line(0.5, 1.6666666666666666e-1, t), t2, line(1, 1, t));
  const c4 = muladd(line(1.388888888888889e-3, 1.984126984126984e-4, t), t2, line(4.1666666666666664e-2, 8.333333333333333e-3, t));
  const c8 = muladd(line(2.755731922398589e-7, 2.505210838544172e-8, t), t2, line(2.48015873015873e-5, 2.7557319223985893e-6, t));
  const c12 = f64x2.splat(2.08767569878681e-9);
  const sum = muladd(muladd(c12, t4, c8), t8, muladd(c4, t4, c0));
  const power = i64x2.shl(i64x2.add(shifted, i64x2.splat(1023)), 52);
  return v128.andnot(f64x2.mul(sum, power), f64x2.gt(x, f64x2.splat(708)));
}

/** r of s. */
// @ts-ignore: decorator
@inline
function radius(kind: i32, s: v128): v128 {
  if (kind == RBF) return f64x2.mul(s, f64x2.splat(0.5));
  if (kind == MATERN12) return f64x2.sqrt(s);
  return f64x2.sqrt(f64x2.mul(s, f64x2.splat(kind == MATERN32 ? 3 : 5)));
}

/** k of r and e^-r. */
// @ts-ignore: decorator
@inline
function value(kind: i32, r: v128, e: v128): v128 {
  if (kind <= MATERN12) return e;
  const linear = f64x2.add(f64x2.splat(1), r);
  if (kind == MATERN32) return f64x2.mul(linear, e);
  return f64x2.mul(f64x2.add(linear, f64x2.mul(f64x2.mul(r, r), f64x2.splat(1.0 / 3.0))), e);
}

/** dk/ds of r and e^-r. That of Matern 1/2 at 0 does not exist: 0 is the symmetric choice. */
// @ts-ignore: decorator
@inline
function slope(kind: i32, r: v128, e: v128): v128 {
  if (kind == RBF) return f64x2.mul(f64x2.splat(-0.5), e);
  if (kind == MATERN12) {
    return v128.and(f64x2.div(f64x2.mul(f64x2.splat(-0.5), e), r), f64x2.ne(r, f64x2.splat(0)));
  }
  if (kind == MATERN32) return f64x2.mul(f64x2.splat(-1.5), e);
  return f64x2.mul(f64x2.mul(f64x2.splat(-5.0 / 6.0), f64x2.add(f64x2.splat(1), r)), e);
}

/** Squared distances of the point `x` to four points of `z` (whose columns are `ldz` apart) into `SQUARED`. */
// @ts-ignore: decorator
@inline
function distances(x: usize, z: usize, ldz: usize, d: i32, names: i32, weights: usize): void {
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0);
  for (let j = 0; j < d; j++) {
    const here = v128.load64_splat(x);
    const difference0 = f64x2.sub(here, v128.load(z)), difference1 = f64x2.sub(here, v128.load(z, 16));
    s0 = muladd(difference0, difference0, s0);
    s1 = muladd(difference1, difference1, s1);
    x += 8;
    z += ldz;
  }
  for (let j = 0; j < names; j++) {
    const here = v128.load64_splat(x), weight = v128.load64_splat(weights);
    s0 = f64x2.add(s0, v128.and(f64x2.ne(here, v128.load(z)), weight));
    s1 = f64x2.add(s1, v128.and(f64x2.ne(here, v128.load(z, 16)), weight));
    x += 8;
    z += ldz;
    weights += 8;
  }
  v128.store(SQUARED, s0);
  v128.store(SQUARED, s1, 16);
}

/**
 * k of every row of x [m, d + names] with every column of z [d + names, n] into out [m, n]; with `lower`, of row i with
 * the columns up to i. Writes up to three numbers beyond each row's end.
 */
export function fill(
  kind: i32, x: usize, m: i32, z: usize, ldz: usize, n: i32, d: i32, names: i32, weights: usize, out: usize,
  lower: bool,
): void {
  const ldx = <usize>(d + names) << 3;
  for (let i = 0; i < m; i++) {
    const count = lower ? i + 1 : n;
    for (let j = 0; j < count; j += 4) {
      distances(x, z + (<usize>j << 3), ldz, d, names, weights);
      const r0 = radius(kind, v128.load(SQUARED)), r1 = radius(kind, v128.load(SQUARED, 16));
      const to = out + (<usize>j << 3);
      v128.store(to, value(kind, r0, expMinus(r0)));
      v128.store(to, value(kind, r1, expMinus(r1)), 16);
    }
    x += ldx;
    out += <usize>n << 3;
  }
}

/**
 * Sums over the pairs i >= j of pairs [n, n] times k and times its derivatives: out[0] is that of k, out[1 + c] that of
 * dk/ds times what column c adds to s. `slopes` is scratch, two numbers a column.
 */
export function contract(
  kind: i32, x: usize, z: usize, ldz: usize, n: i32, d: i32, names: i32, weights: usize, pairs: usize,
  slopes: usize, out: usize,
): void {
  const columns = d + names;
  const ldx = <usize>columns << 3;
  let total = f64x2.splat(0);
  memory.fill(slopes, 0, <usize>columns << 4);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j += 4) {
      let w = pairs + (<usize>j << 3);
      if (j + 3 > i) w = tail(w, i - j + 1);
      const at = z + (<usize>j << 3);
      distances(x, at, ldz, d, names, weights);
      const r0 = radius(kind, v128.load(SQUARED)), r1 = radius(kind, v128.load(SQUARED, 16));
      const e0 = expMinus(r0), e1 = expMinus(r1);
      const w0 = v128.load(w), w1 = v128.load(w, 16);
      total = muladd(w0, value(kind, r0, e0), total);
      total = muladd(w1, value(kind, r1, e1), total);
      const g0 = f64x2.mul(w0, slope(kind, r0, e0)), g1 = f64x2.mul(w1, slope(kind, r1, e1));
      addSlopes(slopes, x, at, ldz, d, names, weights, g0, g1);
    }
    x += ldx;
    pairs += <usize>n << 3;
  }
  store<f64>(out, lanes(total));
  for (let c = 0; c < columns; c++) {
    const sums = v128.load(slopes + (<usize>c << 4));
    store<f64>(out + (<usize>(c + 1) << 3), lanes(sums));
  }
}

/** The first `count` of four numbers, and zeros. */
function tail(from: usize, count: i32): usize {
  for (let c = 0; c < 4; c++) {
    const at: usize = <usize>c << 3;
    store<f64>(TAIL + at, c < count ? load<f64>(from + at) : 0);
  }
  return TAIL;
}

// @ts-ignore: decorator
@inline
function addSlopes(
  to: usize, x: usize, z: usize, ldz: usize, d: i32, names: i32, weights: usize, g0: v128, g1: v128,
): void {
  for (let j = 0; j < d; j++) {
    const here = v128.load64_splat(x);
    const difference0 = f64x2.sub(here, v128.load(z)), difference1 = f64x2.sub(here, v128.load(z, 16));
    const first = muladd(f64x2.mul(g0, difference0), difference0, v128.load(to));
    v128.store(to, muladd(f64x2.mul(g1, difference1), difference1, first));
    x += 8;
    z += ldz;
    to += 16;
  }
  for (let j = 0; j < names; j++) {
    const here = v128.load64_splat(x), weight = v128.load64_splat(weights);
    const first = f64x2.mul(g0, v128.and(f64x2.ne(here, v128.load(z)), weight));
    const second = f64x2.mul(g1, v128.and(f64x2.ne(here, v128.load(z, 16)), weight));
    v128.store(to, f64x2.add(v128.load(to), f64x2.add(first, second)));
    x += 8;
    z += ldz;
    to += 16;
    weights += 8;
  }
}
