/**
 * Triangular algebra on flat row-major matrices. L: lower triangular [n, n]; what lies above its diagonal is never
 * read. Blocks of four rows go through `dotTile`; the last n mod 4 rows through `dot`.
 */

import { dot, dotTile, TILE } from './tiles.ts';

/**
 * Factors the lower triangle of `a` [n, n] in place into L with a = L L'. Returns -1, or the first row whose pivot is
 * not positive (the rows from it on are then undefined).
 */
export function factorInPlace(a: Float64Array, n: number): number {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    for (let j = 0; j < i; j += 4) reduceBlock(a, n, i, j);
    const failed = factorRows(a, n, i, i, i + 4);
    if (failed >= 0) return failed;
  }
  return factorRows(a, n, 0, i, n);
}

/** Rows i..i+3 of L, columns j..j+3, given all columns before j. */
function reduceBlock(a: Float64Array, n: number, i: number, j: number): void {
  dotTile(a, i * n, n, a, j * n, n, j);
  for (let r = 0; r < 4; r++) {
    const row = (i + r) * n + j;
    for (let c = 0; c < 4; c++) {
      const pivotRow = (j + c) * n + j;
      let sum = a[row + c]! - TILE[4 * r + c]!;
      for (let k = 0; k < c; k++) sum -= a[row + k]! * a[pivotRow + k]!;
      a[row + c] = sum / a[pivotRow + c]!;
    }
  }
}

/** Rows `from`..`to`-1 of L by plain dot products, from column `firstColumn` on. */
function factorRows(a: Float64Array, n: number, firstColumn: number, from: number, to: number): number {
  for (let r = from; r < to; r++) {
    const row = r * n;
    for (let c = firstColumn; c < r; c++) a[row + c] = (a[row + c]! - dot(a, row, a, c * n, c)) / a[c * n + c]!;
    const pivot = a[row + r]! - dot(a, row, a, row, r);
    if (!(pivot > 0)) return r;
    a[row + r] = Math.sqrt(pivot);
  }
  return -1;
}

/** Solves L v = b in place. */
export function solveLower(l: Float64Array, n: number, b: Float64Array, offset = 0): void {
  for (let i = 0; i < n; i++) b[offset + i] = (b[offset + i]! - dot(l, i * n, b, offset, i)) / l[i * n + i]!;
}

/** Solves L' v = b in place. */
export function solveUpper(l: Float64Array, n: number, b: Float64Array, offset = 0): void {
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const x = b[offset + i]! / l[row + i]!;
    b[offset + i] = x;
    for (let k = 0; k < i; k++) b[offset + k]! -= l[row + k]! * x;
  }
}

/** Solves L v = b in place for each of the m rows of `b` [m, n]. */
export function solveLowerRows(l: Float64Array, n: number, b: Float64Array, m: number): void {
  let q = 0;
  for (; q + 4 <= m; q += 4) solveFourRows(l, n, b, q);
  for (; q < m; q++) solveLower(l, n, b, q * n);
}

function solveFourRows(l: Float64Array, n: number, b: Float64Array, q: number): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    dotTile(b, q * n, n, l, i * n, n, i);
    for (let r = 0; r < 4; r++) {
      const row = (q + r) * n + i;
      for (let c = 0; c < 4; c++) {
        const pivotRow = (i + c) * n + i;
        let sum = b[row + c]! - TILE[4 * r + c]!;
        for (let k = 0; k < c; k++) sum -= b[row + k]! * l[pivotRow + k]!;
        b[row + c] = sum / l[pivotRow + c]!;
      }
    }
  }
  for (; i < n; i++) {
    for (let r = q; r < q + 4; r++) {
      b[r * n + i] = (b[r * n + i]! - dot(l, i * n, b, r * n, i)) / l[i * n + i]!;
    }
  }
}

/** The inverse of L, transposed: `out[j, i]` is (L^-1)[i, j] for i >= j, and 0 elsewhere. */
export function inverseTransposed(l: Float64Array, n: number, out: Float64Array): void {
  out.fill(0);
  for (let j = 0; j < n; j++) out[j * n + j] = 1 / l[j * n + j]!;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    for (let j = 0; j < i; j += 4) inverseBlock(l, n, out, i, j);
    inverseColumns(l, n, out, i, i, i + 4);
  }
  inverseColumns(l, n, out, 0, i, n);
}

/** Entries (i..i+3, j..j+3) of L^-1 for j + 4 <= i. */
function inverseBlock(l: Float64Array, n: number, out: Float64Array, i: number, j: number): void {
  dotTile(l, i * n + j, n, out, j * n + j, n, i - j);
  for (let r = 0; r < 4; r++) {
    const row = (i + r) * n + i;
    for (let c = 0; c < 4; c++) {
      const column = (j + c) * n + i;
      let sum = TILE[4 * r + c]!;
      for (let k = 0; k < r; k++) sum += l[row + k]! * out[column + k]!;
      out[column + r] = -sum / l[row + r]!;
    }
  }
}

/** Rows `from`..`to`-1 of L^-1, columns from `firstColumn`, by plain dot products. */
function inverseColumns(
  l: Float64Array,
  n: number,
  out: Float64Array,
  firstColumn: number,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    for (let j = firstColumn; j < i; j++) {
      out[j * n + i] = -dot(l, i * n + j, out, j * n + j, i - j) / l[i * n + i]!;
    }
  }
}

/** Lower triangle of (L L')^-1 from `t`, the output of `inverseTransposed`. */
export function symmetricFromInverse(t: Float64Array, n: number, out: Float64Array): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    for (let j = 0; j <= i; j += 4) {
      dotTile(t, i * n + i, n, t, j * n + i, n, n - i);
      for (let r = 0; r < 4; r++) {
        for (let c = 0; c < 4; c++) out[(i + r) * n + j + c] = TILE[4 * r + c]!;
      }
    }
  }
  for (; i < n; i++) {
    for (let j = 0; j <= i; j++) out[i * n + j] = dot(t, i * n + i, t, j * n + i, n - i);
  }
}
