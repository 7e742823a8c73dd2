// Packing of the right matrix of a product into panels of 8 or 16 columns (zero padded), whatever its layout.

import { transpose4 } from './lanes';

/** Columns of a panel of the kernels of matmul.ts, and of a wide one (see src/simd/wide.ts). */
export const NARROW: i32 = 8;
export const WIDE: i32 = 16;

/** Table index of the function that computes wide panels; 0 where they are not used. */
export let wide: i32 = 0;

/** Takes a function for wide panels. */
export function setWide(index: i32): void {
  wide = index;
}

/** Columns of the panel that has the given number of columns left. */
// @ts-ignore: decorator
@inline
export function panelLanes(left: i32): i32 {
  return wide != 0 && left > NARROW ? WIDE : NARROW;
}

/** Packs k rows of B, `[k, n]` or (transposed) `[n, k]` with rows of `stride` numbers, into panels `[k, 8 or 16]`. */
export function packB(dst: usize, b: usize, k: i32, n: i32, stride: i32, transposed: i32): void {
  const row = <usize>stride << 2;
  let j = 0;
  while (j < n) {
    const lanes = panelLanes(n - j);
    const src = b + (transposed ? <usize>j * row : <usize>j << 2);
    if (n - j < lanes) packEdge(dst, src, k, row, n - j, lanes, transposed);
    else if (transposed) packColumns(dst, src, k, row, lanes);
    else packRows(dst, src, k, row, lanes);
    dst += <usize>(k * lanes) << 2;
    j += lanes;
  }
}

function packRows(dst: usize, src: usize, k: i32, row: usize, lanes: i32): void {
  if (lanes == WIDE) {
    for (let kk = 0; kk < k; kk++) {
      v128.store(dst, v128.load(src));
      v128.store(dst, v128.load(src, 16), 16);
      v128.store(dst, v128.load(src, 32), 32);
      v128.store(dst, v128.load(src, 48), 48);
      dst += 64;
      src += row;
    }
    return;
  }
  for (let kk = 0; kk < k; kk++) {
    v128.store(dst, v128.load(src));
    v128.store(dst, v128.load(src, 16), 16);
    dst += 32;
    src += row;
  }
}

/** Packs rows of length k as columns, four by four with register transposes. */
function packColumns(dst: usize, src: usize, k: i32, row: usize, lanes: i32): void {
  const bytes = <usize>lanes << 2;
  let kk = 0;
  for (; kk + 4 <= k; kk += 4) {
    let from = src;
    for (let c: usize = 0; c < bytes; c += 16) {
      transpose4(dst + c, bytes, from, row);
      from += row << 2;
    }
    dst += bytes << 2;
    src += 16;
  }
  for (; kk < k; kk++) {
    for (let c: usize = 0; c < <usize>lanes; c++) store<f32>(dst + (c << 2), load<f32>(src + c * row));
    dst += bytes;
    src += 4;
  }
}

/** Packs a panel of which only `width` columns are in B. Results of the others are dropped, so anything may be there. */
function packEdge(dst: usize, src: usize, k: i32, row: usize, width: i32, lanes: i32, transposed: i32): void {
  const rowStep: usize = transposed ? 4 : row, colStep: usize = transposed ? row : 4;
  const bytes = <usize>lanes << 2;
  let kk = 0;
  if (!transposed) {
    // Whole vectors reach into the next rows, as long as there are some.
    kk = max(0, k - <i32>((bytes + row - 1) / row));
    packRows(dst, src, kk, row, lanes);
    dst += bytes * kk;
    src += row * kk;
  }
  memory.fill(dst, 0, bytes * (k - kk));
  for (; kk < k; kk++) {
    for (let c: usize = 0; c < <usize>width; c++) store<f32>(dst + (c << 2), load<f32>(src + c * colStep));
    dst += bytes;
    src += rowStep;
  }
}
