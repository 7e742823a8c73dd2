// Dot products of rows: what every algorithm here is made of, because rows are contiguous. Lanes are summed last, in one
// order.

import { lanes, muladd } from './lanes';

/** Sums of the last tile: entry 2 r + c is row r of `a` with row c of `b`. */
export const SUMS: usize = memory.data(64, 16);

/** The dot product of `k` numbers. */
export function dot(a: usize, b: usize, k: i32): f64 {
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= k; i += 4) {
    s0 = muladd(v128.load(a), v128.load(b), s0);
    s1 = muladd(v128.load(a, 16), v128.load(b, 16), s1);
    a += 32;
    b += 32;
  }
  let sum = lanes(f64x2.add(s0, s1));
  for (; i < k; i++) {
    sum += load<f64>(a) * load<f64>(b);
    a += 8;
    b += 8;
  }
  return sum;
}

/** Dot products of up to four rows of `a` with up to two rows of `b` into `SUMS`; full tiles are fast. */
export function tile(a: usize, lda: usize, rows: i32, b: usize, ldb: usize, columns: i32, k: i32): void {
  if (rows == 4 && columns == 2) {
    fullTile(a, lda, b, ldb, k);
  } else {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        store<f64>(SUMS + ((2 * r + c) << 3), dot(a + <usize>r * lda, b + <usize>c * ldb, k));
      }
    }
  }
}

function fullTile(a: usize, lda: usize, b: usize, ldb: usize, k: i32): void {
  let a1 = a + lda, a2 = a1 + lda, a3 = a2 + lda;
  let b1 = b + ldb;
  let s00 = f64x2.splat(0), s01 = f64x2.splat(0), s10 = f64x2.splat(0), s11 = f64x2.splat(0);
  let s20 = f64x2.splat(0), s21 = f64x2.splat(0), s30 = f64x2.splat(0), s31 = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= k; i += 4) {
    let p = v128.load(b), q = v128.load(b1);
    let x = v128.load(a);
    s00 = muladd(x, p, s00); s01 = muladd(x, q, s01);
    x = v128.load(a1);
    s10 = muladd(x, p, s10); s11 = muladd(x, q, s11);
    x = v128.load(a2);
    s20 = muladd(x, p, s20); s21 = muladd(x, q, s21);
    x = v128.load(a3);
    s30 = muladd(x, p, s30); s31 = muladd(x, q, s31);
    p = v128.load(b, 16);
    q = v128.load(b1, 16);
    x = v128.load(a, 16);
    s00 = muladd(x, p, s00); s01 = muladd(x, q, s01);
    x = v128.load(a1, 16);
    s10 = muladd(x, p, s10); s11 = muladd(x, q, s11);
    x = v128.load(a2, 16);
    s20 = muladd(x, p, s20); s21 = muladd(x, q, s21);
    x = v128.load(a3, 16);
    s30 = muladd(x, p, s30); s31 = muladd(x, q, s31);
    a += 32; a1 += 32; a2 += 32; a3 += 32;
    b += 32; b1 += 32;
  }
  let t00 = lanes(s00), t01 = lanes(s01), t10 = lanes(s10), t11 = lanes(s11);
  let t20 = lanes(s20), t21 = lanes(s21), t30 = lanes(s30), t31 = lanes(s31);
  for (; i < k; i++) {
    const p = load<f64>(b), q = load<f64>(b1);
    let x = load<f64>(a);
    t00 += x * p; t01 += x * q;
    x = load<f64>(a1);
    t10 += x * p; t11 += x * q;
    x = load<f64>(a2);
    t20 += x * p; t21 += x * q;
    x = load<f64>(a3);
    t30 += x * p; t31 += x * q;
    a += 8; a1 += 8; a2 += 8; a3 += 8;
    b += 8; b1 += 8;
  }
  store<f64>(SUMS, t00); store<f64>(SUMS, t01, 8); store<f64>(SUMS, t10, 16); store<f64>(SUMS, t11, 24);
  store<f64>(SUMS, t20, 32); store<f64>(SUMS, t21, 40); store<f64>(SUMS, t30, 48); store<f64>(SUMS, t31, 56);
}
