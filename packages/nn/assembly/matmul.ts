// Matrix products. B is packed into panels of 8 columns (zero padded), whatever its layout, and tiles of 4 x 8
// results stay in registers for the whole inner dimension. A is read in place, row by row or column by column.

import { fma, splat } from './lanes';
import { hasHelpers, OPERANDS, ownScratch, runJob } from './threads';

/** Columns of a packed panel, and its row size in bytes. */
const PANEL: i32 = 8;
const PANEL_BYTES: usize = 32;

/** Inner dimensions are cut into blocks of this size, so that a panel stays in the first-level cache. */
const BLOCK: i32 = 768;

/** Products with fewer multiplications are not worth waking other threads. */
const SHARED: u64 = 1 << 20;

/** Columns of a shared product that one thread takes; narrower products are cut by rows. */
const CHUNK_COLUMNS: i32 = 32;

/** A shared product by rows has about this many chunks, of at least `LEAST_ROWS` rows. */
const ROW_CHUNKS: i32 = 16;
const LEAST_ROWS: i32 = 64;

/** Packs k rows of B, `[k, n]` or (transposed) `[n, k]` with rows of `stride` numbers, into ceil(n / 8) panels `[k, 8]`. */
function packB(dst: usize, b: usize, k: i32, n: i32, stride: i32, transposed: i32): void {
  for (let j = 0; j < n; j += PANEL) {
    const width = min(PANEL, n - j);
    if (width == PANEL) {
      if (transposed) packColumns(dst, b + ((<usize>j * stride) << 2), k, <usize>stride << 2);
      else packRows(dst, b + (<usize>j << 2), k, <usize>stride << 2);
    } else {
      packEdge(dst, b, k, stride, j, width, transposed);
    }
    dst += <usize>k * PANEL_BYTES;
  }
}

function packRows(dst: usize, src: usize, k: i32, stride: usize): void {
  for (let kk = 0; kk < k; kk++) {
    v128.store(dst, v128.load(src));
    v128.store(dst, v128.load(src, 16), 16);
    dst += PANEL_BYTES;
    src += stride;
  }
}

/** Packs 8 rows of length k as columns, four by four with register transposes. */
function packColumns(dst: usize, src: usize, k: i32, row: usize): void {
  let kk = 0;
  for (; kk + 4 <= k; kk += 4) {
    transpose4(dst, src, row);
    transpose4(dst + 16, src + row * 4, row);
    dst += PANEL_BYTES * 4;
    src += 16;
  }
  for (; kk < k; kk++) {
    for (let c: usize = 0; c < 8; c++) store<f32>(dst + (c << 2), load<f32>(src + c * row));
    dst += PANEL_BYTES;
    src += 4;
  }
}

/** Reads a 4 x 4 block with row size `row` and stores its transpose with the packed row size. */
// @ts-ignore: decorator
@inline
function transpose4(dst: usize, src: usize, row: usize): void {
  const r0 = v128.load(src);
  const r1 = v128.load(src + row);
  const r2 = v128.load(src + row * 2);
  const r3 = v128.load(src + row * 3);
  const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const t1 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const t2 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(dst, v128.shuffle<i64>(t0, t2, 0, 2));
  v128.store(dst, v128.shuffle<i64>(t0, t2, 1, 3), 32);
  v128.store(dst, v128.shuffle<i64>(t1, t3, 0, 2), 64);
  v128.store(dst, v128.shuffle<i64>(t1, t3, 1, 3), 96);
}

function packEdge(dst: usize, b: usize, k: i32, stride: i32, j: i32, width: i32, transposed: i32): void {
  const rowStep: usize = transposed ? 4 : <usize>stride << 2;
  const colStep: usize = transposed ? <usize>stride << 2 : 4;
  let src = b + <usize>j * colStep;
  for (let kk = 0; kk < k; kk++) {
    v128.store(dst, splat(0));
    v128.store(dst, splat(0), 16);
    for (let c = 0; c < width; c++) store<f32>(dst + (<usize>c << 2), load<f32>(src + <usize>c * colStep));
    dst += PANEL_BYTES;
    src += rowStep;
  }
}

// What happens to finished tiles: whether they are added to results of earlier blocks, and the activation (1: relu).
let accumulate: bool = false;
let activation: i32 = 0;

/** Adds what is there and the bias, applies the activation and stores 8 results. */
// @ts-ignore: decorator
@inline
function finish(c: usize, x0: v128, x1: v128, bias0: v128, bias1: v128, old: usize): void {
  let y0 = x0, y1 = x1;
  if (accumulate) {
    y0 = f32x4.add(y0, v128.load(old));
    y1 = f32x4.add(y1, v128.load(old, 16));
  }
  y0 = f32x4.add(y0, bias0);
  y1 = f32x4.add(y1, bias1);
  if (activation == 1) {
    y0 = f32x4.max(y0, splat(0));
    y1 = f32x4.max(y1, splat(0));
  }
  v128.store(c, y0);
  v128.store(c, y1, 16);
}

// @ts-ignore: decorator
@inline
function finishEdge(c: usize, x0: v128, x1: v128, bias0: v128, bias1: v128, width: i32): void {
  if (width == PANEL) {
    finish(c, x0, x1, bias0, bias1, c);
  } else {
    // A partial tile is written beside before its valid columns are copied.
    const edge = ownScratch();
    finish(edge, x0, x1, bias0, bias1, c);
    for (let j: usize = 0; j < <usize>width; j++) store<f32>(c + (j << 2), load<f32>(edge + (j << 2)));
  }
}

/** 4 rows x 8 columns. A's element (i, kk) is at `a + i * rowA + kk * colA`. */
function tile4(
  c: usize, ldc: usize, a: usize, rowA: usize, colA: usize, b: usize, ldb: usize, k: i32,
  bias0: v128, bias1: v128, width: i32,
): void {
  let c00 = splat(0), c01 = splat(0), c10 = splat(0), c11 = splat(0);
  let c20 = splat(0), c21 = splat(0), c30 = splat(0), c31 = splat(0);
  if (rowA == 4) {
    for (let kk = 0; kk < k; kk++) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load32_splat(a);
      c00 = fma(x, b0, c00); c01 = fma(x, b1, c01);
      x = v128.load32_splat(a, 4);
      c10 = fma(x, b0, c10); c11 = fma(x, b1, c11);
      x = v128.load32_splat(a, 8);
      c20 = fma(x, b0, c20); c21 = fma(x, b1, c21);
      x = v128.load32_splat(a, 12);
      c30 = fma(x, b0, c30); c31 = fma(x, b1, c31);
      a += colA;
      b += ldb;
    }
  } else {
    let a0 = a, a1 = a + rowA, a2 = a1 + rowA, a3 = a2 + rowA;
    for (let kk = 0; kk < k; kk++) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load32_splat(a0);
      c00 = fma(x, b0, c00); c01 = fma(x, b1, c01);
      x = v128.load32_splat(a1);
      c10 = fma(x, b0, c10); c11 = fma(x, b1, c11);
      x = v128.load32_splat(a2);
      c20 = fma(x, b0, c20); c21 = fma(x, b1, c21);
      x = v128.load32_splat(a3);
      c30 = fma(x, b0, c30); c31 = fma(x, b1, c31);
      a0 += colA; a1 += colA; a2 += colA; a3 += colA;
      b += ldb;
    }
  }
  finishEdge(c, c00, c01, bias0, bias1, width);
  finishEdge(c + ldc, c10, c11, bias0, bias1, width);
  finishEdge(c + ldc * 2, c20, c21, bias0, bias1, width);
  finishEdge(c + ldc * 3, c30, c31, bias0, bias1, width);
}

/** 1 row x 8 columns; the inner dimension runs in two interleaved halves to hide the latency of the additions. */
function tile1(
  c: usize, a: usize, colA: usize, b: usize, ldb: usize, k: i32, bias0: v128, bias1: v128, width: i32,
): void {
  let even0 = splat(0), even1 = splat(0), odd0 = splat(0), odd1 = splat(0);
  let kk = 0;
  for (; kk + 2 <= k; kk += 2) {
    let x = v128.load32_splat(a);
    even0 = fma(x, v128.load(b), even0);
    even1 = fma(x, v128.load(b, 16), even1);
    a += colA;
    b += ldb;
    x = v128.load32_splat(a);
    odd0 = fma(x, v128.load(b), odd0);
    odd1 = fma(x, v128.load(b, 16), odd1);
    a += colA;
    b += ldb;
  }
  if (kk < k) {
    const x = v128.load32_splat(a);
    even0 = fma(x, v128.load(b), even0);
    even1 = fma(x, v128.load(b, 16), even1);
  }
  finishEdge(c, f32x4.add(even0, odd0), f32x4.add(even1, odd1), bias0, bias1, width);
}

/** `n` columns of C with the columns of B at `b + j * panel`; rows of B `ldb` bytes and rows of C `ldc` bytes apart. */
function product(
  c: usize, ldc: usize, a: usize, b: usize, panel: usize, ldb: usize, m: i32, n: i32, k: i32,
  rowA: usize, colA: usize, bias: usize,
): void {
  for (let j = 0; j < n; j += PANEL) {
    const width = min(PANEL, n - j);
    let bias0 = splat(0), bias1 = splat(0);
    if (bias) {
      // Buffers are padded to whole 64-byte lines, so that reading past a short bias stays inside its buffer.
      bias0 = v128.load(bias + (<usize>j << 2));
      if (width > 4) bias1 = v128.load(bias + (<usize>j << 2), 16);
    }
    let row = a, out = c + (<usize>j << 2), i = 0;
    for (; i + 4 <= m; i += 4) {
      tile4(out, ldc, row, rowA, colA, b, ldb, k, bias0, bias1, width);
      row += rowA << 2;
      out += ldc << 2;
    }
    for (; i < m; i++) {
      tile1(out, row, colA, b, ldb, k, bias0, bias1, width);
      row += rowA;
      out += ldc;
    }
    b += panel;
  }
}

// The product that is being computed, on every thread that takes part.
let m: i32 = 0, n: i32 = 0, k: i32 = 0, transposeB: i32 = 0, finalActivation: i32 = 0;
let rowA: usize = 0, colA: usize = 0, bias: usize = 0, packed: usize = 0;
let c: usize = 0, a: usize = 0, b: usize = 0;

/** Reads the shape, layout and epilogue of `matmul`'s words. */
function readWords(p: usize): void {
  packed = load<usize>(p, 4);
  bias = load<usize>(p, 16);
  m = load<i32>(p, 24);
  n = load<i32>(p, 28);
  k = load<i32>(p, 32);
  transposeB = load<i32>(p, 40);
  finalActivation = load<i32>(p, 52);
  const transposeA = load<i32>(p, 36);
  rowA = transposeA ? 4 : <usize>k << 2;
  colA = transposeA ? <usize>m << 2 : 4;
}

/** What blocks of the inner dimension do with their tiles: bias and activation come with the last one. */
function startBlock(start: i32, size: i32): usize {
  const last = start + size >= k;
  accumulate = start > 0;
  activation = last ? finalActivation : 0;
  return last ? bias : 0;
}

/** Packs `width` columns of B from column j on, and rows from `start` on. Returns where. */
function packBlock(j: i32, width: i32, start: i32, size: i32): usize {
  const rowB: usize = transposeB ? 4 : <usize>n << 2, colB: usize = transposeB ? <usize>k << 2 : 4;
  const to = packed + ((<usize>j * min(k, BLOCK)) << 2);
  packB(to, b + <usize>start * rowB + <usize>j * colB, size, width, transposeB ? k : n, transposeB);
  return to;
}

/** `width` columns of the product from column j (a multiple of 8) on, the inner dimension in blocks. */
function columnsOfProduct(j: i32, width: i32): void {
  const ldc = <usize>n << 2, first = <usize>j << 2;
  for (let start = 0; start == 0 || start < k; start += BLOCK) {
    const size = min(BLOCK, k - start);
    const from = packBlock(j, width, start, size);
    const row = startBlock(start, size);
    const panel = <usize>size * PANEL_BYTES;
    product(
      c + first, ldc, a + <usize>start * colA, from, panel, PANEL_BYTES, m, width, size,
      rowA, colA, row ? row + first : 0,
    );
  }
}

/** Reads on any thread which product is shared. */
function readShared(): void {
  readWords(load<usize>(OPERANDS));
  c = load<usize>(OPERANDS, 4);
  a = load<usize>(OPERANDS, 8);
  b = load<usize>(OPERANDS, 12);
}

function columnsChunk(chunk: i32): void {
  readShared();
  const j = chunk * CHUNK_COLUMNS;
  columnsOfProduct(j, min(CHUNK_COLUMNS, n - j));
}

/** Rows of a chunk: a multiple of 4, so that rows get into the same tiles as in one piece. */
function chunkRows(): i32 {
  return max(LEAST_ROWS, (m / ROW_CHUNKS + 3) & ~3);
}

/** Some rows of one block of the inner dimension, of which B is packed. */
function rowsChunk(chunk: i32): void {
  readShared();
  const start = load<i32>(OPERANDS, 16), size = min(BLOCK, k - start);
  const row = startBlock(start, size);
  const i = chunk * chunkRows(), ldc = <usize>n << 2;
  product(
    c + <usize>i * ldc, ldc, a + <usize>start * colA + <usize>i * rowA, packed, <usize>size * PANEL_BYTES, PANEL_BYTES,
    min(chunkRows(), m - i), n, size, rowA, colA, row,
  );
}

/** One product by all threads: by columns, or by rows where there are few columns. */
function sharedProduct(p: usize): void {
  store<usize>(OPERANDS, p);
  store<usize>(OPERANDS, c, 4);
  store<usize>(OPERANDS, a, 8);
  store<usize>(OPERANDS, b, 12);
  if (n > CHUNK_COLUMNS) {
    runJob(columnsChunk.index, (n + CHUNK_COLUMNS - 1) / CHUNK_COLUMNS);
    return;
  }
  for (let start = 0; start == 0 || start < k; start += BLOCK) {
    packBlock(0, n, start, min(BLOCK, k - start));
    store<i32>(OPERANDS, start, 16);
    const rows = chunkRows();
    runJob(rowsChunk.index, (m + rows - 1) / rows);
  }
}

/**
 * Batched product `out[batch, m, n] = act(A B + bias)`.
 * Words: out, scratch for packing, a, b, bias or 0, batch, m, n, k, transposeA, transposeB, bytes between A's and B's
 * batches (0 repeats one), activation (0 linear, 1 relu).
 */
export function matmul(p: usize): void {
  readWords(p);
  c = load<usize>(p);
  a = load<usize>(p, 8);
  b = load<usize>(p, 12);
  const batch = load<i32>(p, 20);
  // Few rows do not repay packing.
  const inPlace = !transposeB && (n & 7) == 0 && m <= 8;
  const shared = hasHelpers() && <u64>m * n * k >= SHARED && (n > CHUNK_COLUMNS || m > LEAST_ROWS);
  for (let i = 0; i < batch; i++) {
    if (inPlace) {
      startBlock(0, k);
      product(c, <usize>n << 2, a, b, PANEL_BYTES, <usize>n << 2, m, n, k, rowA, colA, bias);
    } else if (shared) {
      sharedProduct(p);
    } else {
      columnsOfProduct(0, n);
    }
    c += (<usize>m * n) << 2;
    a += load<usize>(p, 44);
    b += load<usize>(p, 48);
  }
}
