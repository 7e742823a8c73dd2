// Products of rows with rows.

import { SUMS, tile } from './tiles';

/** Rows that are worked on together: with the rows they meet they stay in the second-level cache. */
export const PANEL: i32 = 48;

/** What becomes of a product: it replaces what is there, is subtracted from it, or added. */
export const ASSIGN: i32 = 0;
export const SUBTRACT: i32 = 1;
export const ADD: i32 = 2;

/**
 * c [m, n] = a b', c - a b' or c + a b', by mode, for a [m, k] and b [n, k]; the entries c[i, j] with j <= i if `lower`
 * (entries of the same tile above the diagonal have no meaning).
 */
export function product(
  a: usize, lda: usize, m: i32, b: usize, ldb: usize, n: i32, k: i32, c: usize, ldc: usize, mode: i32, lower: bool,
): void {
  for (let from = 0; from < m; from += PANEL) {
    const to = min(from + PANEL, m);
    const last = lower ? min(n, to) : n;
    for (let j = 0; j < last; j += 2) {
      const columns = min(2, n - j);
      const first = lower ? max(from, j & ~3) : from;
      for (let i = first; i < to; i += 4) {
        const rows = min(4, to - i);
        tile(a + <usize>i * lda, lda, rows, b + <usize>j * ldb, ldb, columns, k);
        finish(c + <usize>i * ldc + (<usize>j << 3), ldc, rows, columns, mode);
      }
    }
  }
}

/** Puts the sums of a tile where they belong. */
export function finish(c: usize, ldc: usize, rows: i32, columns: i32, mode: i32): void {
  for (let r = 0; r < rows; r++) {
    for (let s = 0; s < columns; s++) {
      const sum = load<f64>(SUMS + ((2 * r + s) << 3));
      const at = c + (<usize>s << 3);
      if (mode == ASSIGN) store<f64>(at, sum);
      else store<f64>(at, mode == SUBTRACT ? load<f64>(at) - sum : load<f64>(at) + sum);
    }
    c += ldc;
  }
}
