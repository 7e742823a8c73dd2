// Matrix products. B is packed into panels of columns (see pack.ts), and a few rows of a panel's results stay in registers
// for the whole inner dimension. A is read in place, row by row or column by column.
//
// Every result is one sum in the order of the inner dimension that starts with the bias: it does not depend on how the
// product is cut into panels, tiles, blocks and chunks, so builds with wide and narrow panels and any number of threads
// give the same bits.

import { fma, splat } from './lanes';
import { NARROW, packB, panelLanes, WIDE, wide } from './pack';
import { hasHelpers, OPERANDS, ownScratch, runJob } from './threads';

/** Inner dimensions are cut into blocks of at most this size, so that a panel stays in the first-level cache. */
const BLOCK: i32 = 512;

/** At most so many rows of a partial panel are computed beside C at once: a multiple of the heights of tiles. */
const EDGE_ROWS: i32 = 24;

/** Products with fewer multiplications are not worth waking other threads (see bench/nn/threads.ts). */
const SHARED: u64 = 1 << 23;

/** Columns of a shared product that one thread takes. */
const CHUNK_COLUMNS: i32 = 32;

/** Products with fewer columns than one chunk, or so many rows that packing B is little work, are cut by rows. */
const MANY_ROWS: i32 = 1024;

/** A shared product by rows has at least about this many chunks, of at least `LEAST_ROWS` rows. */
const ROW_CHUNKS: i32 = 16;
const LEAST_ROWS: i32 = 60;

/** Bytes of A that stay in the second-level cache while the panels of B pass by. */
const CACHED: i32 = 1 << 19;

/** Products of fewer rows read B in place, because packing it would cost more than it saves. */
const PACKED_ROWS: i32 = 9;

/** A row of zeros, which results without a bias start with. */
const ZEROS: usize = memory.data(128, 16);

// The panel that is being computed: C and A are walked by rows, B by the inner dimension. Results start with the numbers
// at `from`, which are one row for all (`ldFrom` is 0) or walked by rows, and are at least `least` in the end.
let c: usize = 0, ldc: usize = 0, a: usize = 0, rowA: usize = 0, colA: usize = 0, b: usize = 0, ldb: usize = 0;
let k: i32 = 0, from: usize = 0, ldFrom: usize = 0;
let least: f32 = f32.NEGATIVE_INFINITY;

/** 4 rows x 8 columns. */
function tile4(): void {
  let f = from;
  let c00 = v128.load(f), c01 = v128.load(f, 16);
  f += ldFrom;
  let c10 = v128.load(f), c11 = v128.load(f, 16);
  f += ldFrom;
  let c20 = v128.load(f), c21 = v128.load(f, 16);
  f += ldFrom;
  let c30 = v128.load(f), c31 = v128.load(f, 16);
  const step = colA, stepB = ldb;
  let a0 = a, a1 = a0 + rowA, a2 = a1 + rowA, a3 = a2 + rowA, row = b;
  for (let left = k; left > 0; left--) {
    const b0 = v128.load(row), b1 = v128.load(row, 16);
    let x = v128.load32_splat(a0);
    c00 = fma(x, b0, c00); c01 = fma(x, b1, c01);
    x = v128.load32_splat(a1);
    c10 = fma(x, b0, c10); c11 = fma(x, b1, c11);
    x = v128.load32_splat(a2);
    c20 = fma(x, b0, c20); c21 = fma(x, b1, c21);
    x = v128.load32_splat(a3);
    c30 = fma(x, b0, c30); c31 = fma(x, b1, c31);
    a0 += step; a1 += step; a2 += step; a3 += step;
    row += stepB;
  }
  const floor = splat(least);
  let out = c;
  v128.store(out, f32x4.max(c00, floor)); v128.store(out, f32x4.max(c01, floor), 16);
  out += ldc;
  v128.store(out, f32x4.max(c10, floor)); v128.store(out, f32x4.max(c11, floor), 16);
  out += ldc;
  v128.store(out, f32x4.max(c20, floor)); v128.store(out, f32x4.max(c21, floor), 16);
  out += ldc;
  v128.store(out, f32x4.max(c30, floor)); v128.store(out, f32x4.max(c31, floor), 16);
}

/** 1 row x 8 columns. */
function tile1(): void {
  let c0 = v128.load(from), c1 = v128.load(from, 16);
  const step = colA, stepB = ldb;
  let a0 = a, row = b;
  for (let left = k; left > 0; left--) {
    const x = v128.load32_splat(a0);
    c0 = fma(x, v128.load(row), c0);
    c1 = fma(x, v128.load(row, 16), c1);
    a0 += step;
    row += stepB;
  }
  const floor = splat(least);
  v128.store(c, f32x4.max(c0, floor));
  v128.store(c, f32x4.max(c1, floor), 16);
}

/** 8 rows x 4 columns, for products of hardly any columns. */
function tileThin(): void {
  let f = from;
  let c0 = v128.load(f); f += ldFrom;
  let c1 = v128.load(f); f += ldFrom;
  let c2 = v128.load(f); f += ldFrom;
  let c3 = v128.load(f); f += ldFrom;
  let c4 = v128.load(f); f += ldFrom;
  let c5 = v128.load(f); f += ldFrom;
  let c6 = v128.load(f); f += ldFrom;
  let c7 = v128.load(f);
  const step = colA, stepB = ldb, second = rowA, third = rowA << 1, fourth = rowA * 3;
  let upper = a, lower = a + (rowA << 2), row = b;
  for (let left = k; left > 0; left--) {
    const x = v128.load(row);
    c0 = fma(v128.load32_splat(upper), x, c0); c1 = fma(v128.load32_splat(upper + second), x, c1);
    c2 = fma(v128.load32_splat(upper + third), x, c2); c3 = fma(v128.load32_splat(upper + fourth), x, c3);
    c4 = fma(v128.load32_splat(lower), x, c4); c5 = fma(v128.load32_splat(lower + second), x, c5);
    c6 = fma(v128.load32_splat(lower + third), x, c6); c7 = fma(v128.load32_splat(lower + fourth), x, c7);
    upper += step; lower += step;
    row += stepB;
  }
  const floor = splat(least);
  let out = c;
  v128.store(out, f32x4.max(c0, floor)); out += ldc;
  v128.store(out, f32x4.max(c1, floor)); out += ldc;
  v128.store(out, f32x4.max(c2, floor)); out += ldc;
  v128.store(out, f32x4.max(c3, floor)); out += ldc;
  v128.store(out, f32x4.max(c4, floor)); out += ldc;
  v128.store(out, f32x4.max(c5, floor)); out += ldc;
  v128.store(out, f32x4.max(c6, floor)); out += ldc;
  v128.store(out, f32x4.max(c7, floor));
}

/** 1 row x 32 columns of a B that is not packed: enough sums at once to hide the latency of additions. */
function tileRow(): void {
  let c0 = v128.load(from), c1 = v128.load(from, 16), c2 = v128.load(from, 32), c3 = v128.load(from, 48);
  let c4 = v128.load(from, 64), c5 = v128.load(from, 80), c6 = v128.load(from, 96), c7 = v128.load(from, 112);
  const step = colA, stepB = ldb;
  let a0 = a, row = b;
  for (let left = k; left > 0; left--) {
    const x = v128.load32_splat(a0);
    c0 = fma(x, v128.load(row), c0); c1 = fma(x, v128.load(row, 16), c1);
    c2 = fma(x, v128.load(row, 32), c2); c3 = fma(x, v128.load(row, 48), c3);
    c4 = fma(x, v128.load(row, 64), c4); c5 = fma(x, v128.load(row, 80), c5);
    c6 = fma(x, v128.load(row, 96), c6); c7 = fma(x, v128.load(row, 112), c7);
    a0 += step;
    row += stepB;
  }
  const floor = splat(least);
  v128.store(c, f32x4.max(c0, floor)); v128.store(c, f32x4.max(c1, floor), 16);
  v128.store(c, f32x4.max(c2, floor), 32); v128.store(c, f32x4.max(c3, floor), 48);
  v128.store(c, f32x4.max(c4, floor), 64); v128.store(c, f32x4.max(c5, floor), 80);
  v128.store(c, f32x4.max(c6, floor), 96); v128.store(c, f32x4.max(c7, floor), 112);
}

/** Rows of a narrow panel, `width` columns of which are needed. */
function narrowPanel(rows: i32, width: i32): void {
  if (width <= 4) {
    for (; rows >= 8; rows -= 8) {
      tileThin();
      c += ldc << 3;
      a += rowA << 3;
      from += ldFrom << 3;
    }
  }
  for (; rows >= 4; rows -= 4) {
    tile4();
    c += ldc << 2;
    a += rowA << 2;
    from += ldFrom << 2;
  }
  for (; rows > 0; rows--) {
    tile1();
    c += ldc;
    a += rowA;
    from += ldFrom;
  }
}

/** Rows of a wide panel: its function has tiles of 6, 4 and 1 rows, and 2 or 3 rows left go with 6 others in fours. */
function widePanel(rows: i32): void {
  const words = ownScratch();
  let sixes = rows / 6, rest = rows % 6;
  if (sixes > 0 && (rest == 2 || rest == 3)) {
    sixes--;
    rest += 6;
  }
  store<usize>(words, c);
  store<usize>(words, ldc, 4);
  store<usize>(words, a, 8);
  store<usize>(words, rowA, 12);
  store<usize>(words, colA, 16);
  store<usize>(words, b, 20);
  store<usize>(words, ldb, 24);
  store<i32>(words, k, 28);
  store<usize>(words, from, 32);
  store<usize>(words, ldFrom, 36);
  store<f32>(words, least, 40);
  store<i32>(words, sixes, 44);
  store<i32>(words, rest >> 2, 48);
  store<i32>(words, rest & 3, 52);
  call_indirect<void>(wide, words);
  c += ldc * rows;
  a += rowA * rows;
  from += ldFrom * rows;
}

/** `rows` rows of a panel, `width` columns of which are valid. */
function panel(rows: i32, lanes: i32, width: i32): void {
  if (width == lanes) {
    if (lanes == WIDE) widePanel(rows);
    else narrowPanel(rows, width);
    return;
  }
  // A partial panel is computed beside, some rows at a time, and its valid columns are copied.
  const out = c, ld = ldc, start = from, ldStart = ldFrom, beside = ownScratch() + 64;
  ldc = <usize>lanes << 2;
  for (let i = 0; i < rows; i += EDGE_ROWS) {
    const some = min(EDGE_ROWS, rows - i);
    c = beside;
    if (ldStart != 0) {
      copyRows(beside, ldc, start + ldStart * i, ldStart, some, width);
      from = beside;
      ldFrom = ldc;
    }
    if (lanes == WIDE) widePanel(some);
    else narrowPanel(some, width);
    copyRows(out + ld * i, ld, beside, ldc, some, width);
  }
  ldc = ld;
}

function copyRows(to: usize, ldTo: usize, source: usize, ldSource: usize, rows: i32, width: i32): void {
  for (; rows > 0; rows--) {
    let j: usize = 0;
    for (; j + 4 <= <usize>width; j += 4) v128.store(to + (j << 2), v128.load(source + (j << 2)));
    for (; j < <usize>width; j++) store<f32>(to + (j << 2), load<f32>(source + (j << 2)));
    to += ldTo;
    source += ldSource;
  }
}

// The product that is being computed, on every thread that takes part.
let m: i32 = 0, n: i32 = 0, inner: i32 = 0, transposeB: i32 = 0, relu: i32 = 0;
let bias: usize = 0, packed: usize = 0, result: usize = 0, left: usize = 0, right: usize = 0;

/** Reads the shape, layout and epilogue of `matmul`'s words. */
function readWords(p: usize): void {
  packed = load<usize>(p, 4);
  bias = load<usize>(p, 16);
  m = load<i32>(p, 24);
  n = load<i32>(p, 28);
  inner = load<i32>(p, 32);
  transposeB = load<i32>(p, 40);
  relu = load<i32>(p, 52);
  const transposeA = load<i32>(p, 36);
  rowA = transposeA ? 4 : <usize>inner << 2;
  colA = transposeA ? <usize>m << 2 : 4;
  ldc = <usize>n << 2;
}

/** Numbers of a block of the inner dimension: blocks are about equal. */
function blockSize(): i32 {
  const count = max(1, (inner + BLOCK - 1) / BLOCK);
  return max(4, ((inner + count - 1) / count + 3) & ~3);
}

/** Packs `width` columns of B from column j on, and `size` rows from `start` on. Returns where. */
function packBlock(j: i32, width: i32, start: i32, size: i32): usize {
  const rowB: usize = transposeB ? 4 : <usize>n << 2, colB: usize = transposeB ? <usize>inner << 2 : 4;
  const to = packed + ((<usize>j * min(inner, BLOCK)) << 2);
  packB(to, right + <usize>start * rowB + <usize>j * colB, size, width, transposeB ? inner : n, transposeB);
  return to;
}

/** The most rows that are computed together, for a block of this size: a multiple of the heights of tiles. */
function cachedRows(size: i32): i32 {
  return max(LEAST_ROWS, (CACHED / (max(1, size) << 2) / 12) * 12);
}

/**
 * A part of the product: `rows` rows from i on and `width` columns from j on (at `columns`, `step` bytes from row to
 * row; 0 where panels are packed), for the block of the inner dimension from `start` on.
 */
function blockOfProduct(i: i32, rows: i32, j: i32, width: i32, columns: usize, step: usize, start: i32, size: i32): void {
  const end = j + width;
  k = size;
  least = relu && start + size >= inner ? 0 : f32.NEGATIVE_INFINITY;
  while (j < end) {
    const lanes = panelLanes(end - j);
    const out = result + ldc * i + (<usize>j << 2);
    c = out;
    a = left + rowA * i + colA * start;
    b = columns;
    ldb = step ? step : <usize>lanes << 2;
    if (start > 0) {
      from = out;
      ldFrom = ldc;
    } else {
      // Buffers are padded to whole 64-byte lines, so that reading past a short bias stays inside its buffer.
      from = bias ? bias + (<usize>j << 2) : ZEROS;
      ldFrom = 0;
    }
    panel(rows, lanes, min(lanes, end - j));
    columns += step ? <usize>lanes << 2 : <usize>(size * lanes) << 2;
    j += lanes;
  }
}

/** `width` columns of the product from column j (a multiple of 16) on. */
function columnsOfProduct(j: i32, width: i32): void {
  const step = blockSize();
  for (let start = 0; start == 0 || start < inner; start += step) {
    const size = min(step, inner - start);
    const columns = packBlock(j, width, start, size), rows = cachedRows(size);
    for (let i = 0; i == 0 || i < m; i += rows) blockOfProduct(i, min(rows, m - i), j, width, columns, 0, start, size);
  }
}

/** The product with B as it is, for few rows. */
function productInPlace(): void {
  let j = 0;
  if (m < 4) {
    k = inner;
    ldb = <usize>n << 2;
    least = relu ? 0 : f32.NEGATIVE_INFINITY;
    for (; j + 32 <= n; j += 32) {
      for (let i = 0; i < m; i++) {
        c = result + ldc * i + (<usize>j << 2);
        a = left + rowA * i;
        b = right + (<usize>j << 2);
        from = bias ? bias + (<usize>j << 2) : ZEROS;
        tileRow();
      }
    }
  }
  if (j < n) blockOfProduct(0, m, j, n - j, right + (<usize>j << 2), <usize>n << 2, 0, inner);
}

/** Finds product i of a batch. */
function openProduct(p: usize, i: i32): void {
  result = load<usize>(p) + ((<usize>m * n) << 2) * i;
  left = load<usize>(p, 8) + load<usize>(p, 44) * i;
  right = load<usize>(p, 12) + load<usize>(p, 48) * i;
}

/** Computes the product by this thread alone. */
function ownProduct(): void {
  if (isInPlace()) productInPlace();
  else columnsOfProduct(0, n);
}

// @ts-ignore: decorator
@inline
function isInPlace(): bool {
  return !transposeB && m < PACKED_ROWS;
}

// Operands of a job: the address of `matmul`'s words, the index in the batch, where the block starts.

/** Reads on any thread which product is shared. */
function readShared(): void {
  const p = load<usize>(OPERANDS);
  readWords(p);
  openProduct(p, load<i32>(OPERANDS, 4));
}

function columnsChunk(chunk: i32): void {
  readShared();
  const j = chunk * CHUNK_COLUMNS;
  columnsOfProduct(j, min(CHUNK_COLUMNS, n - j));
}

/** Rows of a chunk: a multiple of the heights of tiles. */
function chunkRows(): i32 {
  return min(cachedRows(blockSize()), max(LEAST_ROWS, ((m / ROW_CHUNKS + 11) / 12) * 12));
}

/** Some rows of one block of the inner dimension, of which B is packed. */
function rowsChunk(chunk: i32): void {
  readShared();
  const start = load<i32>(OPERANDS, 8), size = min(blockSize(), inner - start);
  const i = chunk * chunkRows();
  blockOfProduct(i, min(chunkRows(), m - i), 0, n, packed, 0, start, size);
}

/** One product by all threads: by columns or by rows. */
function sharedProduct(): void {
  if (n > CHUNK_COLUMNS && m < MANY_ROWS) {
    runJob(columnsChunk.index, (n + CHUNK_COLUMNS - 1) / CHUNK_COLUMNS);
    return;
  }
  const step = blockSize(), rows = chunkRows();
  for (let start = 0; start == 0 || start < inner; start += step) {
    packBlock(0, n, start, min(step, inner - start));
    store<i32>(OPERANDS, start, 8);
    runJob(rowsChunk.index, (m + rows - 1) / rows);
  }
}

/** Every `slots`-th product of a batch, with a place for packing of its own. */
function batchChunk(chunk: i32): void {
  const p = load<usize>(OPERANDS);
  readWords(p);
  const batch = load<i32>(p, 20), slots = load<i32>(p, 56);
  packed += load<usize>(p, 60) * chunk;
  for (let i = chunk; i < batch; i += slots) {
    openProduct(p, i);
    ownProduct();
  }
}

/**
 * Batched product `out[batch, m, n] = act(A B + bias)`.
 * Words: out, scratch for packing, a, b, bias or 0, batch, m, n, k, transposeA, transposeB, bytes between A's and B's
 * batches (0 repeats one), activation (0 linear, 1 relu), places for packing and bytes of one.
 */
export function matmul(p: usize): void {
  readWords(p);
  store<usize>(OPERANDS, p);
  const batch = load<i32>(p, 20), slots = load<i32>(p, 56);
  if (hasHelpers() && slots > 1) {
    runJob(batchChunk.index, slots);
    return;
  }
  const large = <u64>m * n * inner >= SHARED && (n > CHUNK_COLUMNS || m > LEAST_ROWS);
  const shared = hasHelpers() && large && !isInPlace();
  for (let i = 0; i < batch; i++) {
    openProduct(p, i);
    store<i32>(OPERANDS, i, 4);
    if (shared) sharedProduct();
    else ownProduct();
  }
}
