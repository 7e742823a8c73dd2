// Lower triangular matrices: factorisation, solves and inverses. What lies above a diagonal is never used.

import { ADD, ASSIGN, finish, PANEL, product, SUBTRACT } from './products';
import { dot, SUMS, tile } from './tiles';

/**
 * Factors the symmetric a [n, n] in place into L with a = L L'. Returns -1, or the first row whose pivot is not positive
 * (the rows from it on are then undefined).
 */
export function factor(a: usize, ld: usize, n: i32): i32 {
  for (let from = 0; from < n; from += PANEL) {
    const rows = min(PANEL, n - from);
    const failed = factorDiagonal(reduced(a, ld, from, rows), ld, rows);
    if (failed >= 0) return from + failed;
  }
  return -1;
}

/** The same, four rows at a time: for blocks that stay in the first-level cache. */
function factorDiagonal(a: usize, ld: usize, n: i32): i32 {
  for (let from = 0; from < n; from += 4) {
    const rows = min(4, n - from);
    const failed = factorTile(reduced(a, ld, from, rows), ld, rows);
    if (failed >= 0) return from + failed;
  }
  return -1;
}

/** Rows `from` .. of L left of their diagonal block, and what remains to be factored in that block, whose address it is. */
function reduced(a: usize, ld: usize, from: i32, rows: i32): usize {
  const row = a + <usize>from * ld;
  const block = row + (<usize>from << 3);
  if (from > 0) {
    solveRows(a, ld, from, row, ld, rows, false);
    product(row, ld, rows, row, ld, rows, from, block, ld, SUBTRACT, true);
  }
  return block;
}

function factorTile(a: usize, ld: usize, n: i32): i32 {
  for (let r = 0; r < n; r++) {
    const row = a + <usize>r * ld;
    for (let c = 0; c < r; c++) {
      const other = a + <usize>c * ld;
      const at = row + (<usize>c << 3);
      store<f64>(at, (load<f64>(at) - dot(row, other, c)) / load<f64>(other + (<usize>c << 3)));
    }
    const at = row + (<usize>r << 3);
    const pivot = load<f64>(at) - dot(row, row, r);
    if (!(pivot > 0)) return r;
    store<f64>(at, Math.sqrt(pivot));
  }
  return -1;
}

/** Columns that are worked on together: six rows of them stay in the first-level cache. */
const BLOCK: i32 = 512;

/**
 * Solves L v = b in place for each of the m rows of b [m, n]. `triangular`: the first i entries of row i are 0, and stay
 * so.
 */
export function solveRows(l: usize, ldl: usize, n: i32, b: usize, ldb: usize, m: i32, triangular: bool): void {
  for (let from = 0; from < m; from += PANEL) {
    const to = min(from + PANEL, m);
    for (let start = triangular ? from : 0; start < n; start += BLOCK) {
      solvePanel(l, ldl, n, b, ldb, from, to, start, min(start + BLOCK, n), triangular);
    }
  }
}

/** Columns `start` .. `end` of some rows, whose earlier columns are done; takes them out of all later columns. */
function solvePanel(
  l: usize, ldl: usize, n: i32, b: usize, ldb: usize, from: i32, to: i32, start: i32, end: i32, triangular: bool,
): void {
  for (let i = start; i < n; i += 2) {
    const columns = min(2, n - i);
    const pivots = l + <usize>i * ldl;
    const last = triangular ? min(to, i + 1) : to;
    for (let q = from; q < last; q += 4) {
      const rows = min(4, to - q);
      const k = triangular ? max(start, q) : start;
      const skip = <usize>k << 3;
      const row = b + <usize>q * ldb;
      tile(row + skip, ldb, rows, pivots + skip, ldl, columns, min(i, end) - k);
      const at = row + (<usize>i << 3);
      if (i < end) eliminate(at, ldb, rows, pivots + (<usize>i << 3), ldl, columns);
      else finish(at, ldb, rows, columns, SUBTRACT);
    }
  }
}

/** One or two entries of up to four rows from what `SUMS` says of the entries before them. */
function eliminate(b: usize, ldb: usize, rows: i32, pivots: usize, ldl: usize, columns: i32): void {
  const p = load<f64>(pivots);
  const below = columns == 2 ? load<f64>(pivots + ldl) : 0;
  const q = columns == 2 ? load<f64>(pivots + ldl, 8) : 1;
  for (let r = 0; r < rows; r++) {
    const first = (load<f64>(b) - load<f64>(SUMS + (r << 4))) / p;
    store<f64>(b, first);
    if (columns == 2) store<f64>(b, (load<f64>(b, 8) - load<f64>(SUMS + (r << 4), 8) - below * first) / q, 8);
    b += ldb;
  }
}

/** Lower triangle of (L L')^-1 into `out` [n, n]; `scratch` [n, n] becomes the transposed inverse of L. */
export function invert(l: usize, ld: usize, n: i32, scratch: usize, out: usize): void {
  memory.fill(scratch, 0, <usize>n * ld);
  for (let i = 0; i < n; i++) store<f64>(scratch + <usize>i * (ld + 8), 1);
  solveRows(l, ld, n, scratch, ld, n, true);
  for (let from = 0; from < n; from += PANEL) {
    for (let start = from; start < n; start += BLOCK) addSquare(scratch, ld, n, out, from, start);
  }
}

/** Adds what columns `start` .. of the upper triangular t contribute to some rows of t t'. */
function addSquare(t: usize, ld: usize, n: i32, out: usize, from: i32, start: i32): void {
  const to = min(from + PANEL, n);
  const end = min(start + BLOCK, n);
  for (let j = 0; j < to; j += 2) {
    const columns = min(2, n - j);
    for (let i = max(from, j & ~3); i < to; i += 4) {
      const rows = min(4, to - i);
      const k = max(i, start);
      const skip = <usize>k << 3;
      tile(t + <usize>i * ld + skip, ld, rows, t + <usize>j * ld + skip, ld, columns, end - k);
      finish(out + <usize>i * ld + (<usize>j << 3), ld, rows, columns, start == from ? ASSIGN : ADD);
    }
  }
}
