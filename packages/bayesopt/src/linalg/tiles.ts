/**
 * Inner loops of the dense algebra. Every matrix is a flat row-major Float64Array, and every algorithm is arranged so
 * that its work is dot products of rows, which are contiguous in memory.
 */

/** Dot product of a[i .. i+n) and b[j .. j+n). */
export function dot(a: Float64Array, i: number, b: Float64Array, j: number, n: number): number {
  let s0 = 0;
  let s1 = 0;
  let k = 0;
  for (; k + 1 < n; k += 2) {
    s0 += a[i + k]! * b[j + k]!;
    s1 += a[i + k + 1]! * b[j + k + 1]!;
  }
  return k < n ? s0 + s1 + a[i + k]! * b[j + k]! : s0 + s1;
}

/** Sums of the tile that `dotTile` last computed: entry 4 r + c is row r of a with row c of b. */
export const TILE = new Float64Array(16);

/**
 * All 16 dot products of four rows of `a` with four rows of `b` into `TILE`. Rows start at `i` and `j`, are `lda` and
 * `ldb` apart, and `n` numbers of each take part. Two rows of `a` a pass keep the sums in registers.
 */
export function dotTile(
  a: Float64Array,
  i: number,
  lda: number,
  b: Float64Array,
  j: number,
  ldb: number,
  n: number,
): void {
  for (let pair = 0; pair < 2; pair++) {
    const i0 = i + 2 * pair * lda;
    dotPair(a, i0, i0 + lda, b, j, ldb, n, 8 * pair);
  }
}

function dotPair(
  a: Float64Array,
  i0: number,
  i1: number,
  b: Float64Array,
  j: number,
  ldb: number,
  n: number,
  at: number,
): void {
  const j1 = j + ldb;
  const j2 = j1 + ldb;
  const j3 = j2 + ldb;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  for (let k = 0; k < n; k++) {
    const x = a[i0 + k]!;
    const y = a[i1 + k]!;
    const p = b[j + k]!;
    const q = b[j1 + k]!;
    const r = b[j2 + k]!;
    const s = b[j3 + k]!;
    s00 += x * p;
    s01 += x * q;
    s02 += x * r;
    s03 += x * s;
    s10 += y * p;
    s11 += y * q;
    s12 += y * r;
    s13 += y * s;
  }
  TILE[at] = s00;
  TILE[at + 1] = s01;
  TILE[at + 2] = s02;
  TILE[at + 3] = s03;
  TILE[at + 4] = s10;
  TILE[at + 5] = s11;
  TILE[at + 6] = s12;
  TILE[at + 7] = s13;
}
