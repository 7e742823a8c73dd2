// Kernels that move data: strided copies (slice, pad, concat, transpose, tile, reverse, broadcast), fills, gathers.

import { transpose4 } from './lanes';

/** Copies bytes. Words: out, in, size. */
export function copy(p: usize): void {
  memory.copy(load<usize>(p), load<usize>(p, 4), load<usize>(p, 8));
}

/** Fills 32-bit elements with a pattern. Words: out, count, bits. */
export function fill32(p: usize): void {
  const out = load<usize>(p), bits = load<i32>(p, 8);
  fillWords(out, load<i32>(p, 4), bits);
}

function fillWords(out: usize, count: i32, bits: i32): void {
  const x = i32x4.splat(bits);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(out, x);
    out += 16;
  }
  for (; i < count; i++) {
    store<i32>(out, bits);
    out += 4;
  }
}

/** Fills bytes. Words: out, count, value. */
export function fill8(p: usize): void {
  memory.fill(load<usize>(p), <u8>load<i32>(p, 8), load<usize>(p, 4));
}

/**
 * Copies an n-dimensional block between strided layouts.
 * Words: out, in, element size (1 or 4), byte offsets of out and in, rank, then per dimension: size, stride of out and
 * of in, in bytes (0 repeats, negative reverses).
 */
export function stridedCopy(p: usize): void {
  const out = load<usize>(p) + load<usize>(p, 12);
  const x = load<usize>(p, 4) + load<usize>(p, 16);
  copyDimension(out, x, load<i32>(p, 8), load<i32>(p, 20), p + 24);
}

function copyDimension(out: usize, x: usize, element: i32, rank: i32, dims: usize): void {
  if (rank == 0) {
    copyElement(out, x, element);
    return;
  }
  const size = load<i32>(dims), outStep = <usize>load<i32>(dims, 4), inStep = <usize>load<i32>(dims, 8);
  if (rank == 1) {
    copyRow(out, x, element, size, outStep, inStep);
    return;
  }
  if (rank == 2 && element == 4 && inStep == 4 && load<i32>(dims, 16) == 4) {
    transposeMatrix(out, x, size, load<i32>(dims, 12), outStep, <usize>load<i32>(dims, 20));
    return;
  }
  for (let i = 0; i < size; i++) {
    copyDimension(out, x, element, rank - 1, dims + 12);
    out += outStep;
    x += inStep;
  }
}

/** Columns of the result that are written together: a cache line of each row. */
const LINE: i32 = 16;

/** Transposes: rows of the result are `outStep` bytes apart, its columns are rows `inStep` bytes apart. */
function transposeMatrix(out: usize, x: usize, rows: i32, columns: i32, outStep: usize, inStep: usize): void {
  const wholeRows = rows & ~3, wholeColumns = columns & ~3;
  for (let first = 0; first < wholeColumns; first += LINE) {
    const end = min(first + LINE, wholeColumns);
    for (let i = 0; i < wholeRows; i += 4) {
      for (let j = first; j < end; j += 4) {
        transpose4(out + outStep * i + (<usize>j << 2), outStep, x + inStep * j + (<usize>i << 2), inStep);
      }
    }
  }
  for (let i = 0; i < rows; i++) {
    const from = i < wholeRows ? wholeColumns : 0;
    copyRow(out + outStep * i + (<usize>from << 2), x + inStep * from + (<usize>i << 2), 4, columns - from, 4, inStep);
  }
}

// @ts-ignore: decorator
@inline
function copyElement(out: usize, x: usize, element: i32): void {
  if (element == 4) store<i32>(out, load<i32>(x));
  else store<u8>(out, load<u8>(x));
}

function copyRow(out: usize, x: usize, element: i32, size: i32, outStep: usize, inStep: usize): void {
  if (outStep == <usize>element && inStep == <usize>element) {
    memory.copy(out, x, <usize>size * element);
    return;
  }
  if (element == 4) {
    for (let i = 0; i < size; i++) {
      store<i32>(out, load<i32>(x));
      out += outStep;
      x += inStep;
    }
    return;
  }
  for (let i = 0; i < size; i++) {
    store<u8>(out, load<u8>(x));
    out += outStep;
    x += inStep;
  }
}

/** Fills a buffer, then copies a block into it. Words: those of stridedCopy, then the bytes of out and the fill bits. */
export function pad(p: usize): void {
  const out = load<usize>(p);
  const tail = p + 24 + <usize>load<i32>(p, 20) * 12;
  const bytes = load<usize>(tail), bits = load<i32>(tail, 4);
  if (load<i32>(p, 8) == 4) fillWords(out, <i32>(bytes >> 2), bits);
  else memory.fill(out, <u8>bits, bytes);
  stridedCopy(p);
}

/**
 * Joins blocks: every one is rows of its own width laid into rows of `stride` bytes. The number of inputs follows from
 * the size of the instruction, the word before the operands.
 * Words: out, the inputs' addresses, rows, stride, then the byte width of each input.
 */
export function concat(p: usize): void {
  const count = (load<i32>(p - 4) - 20) >> 3;
  const tail = p + 4 + (<usize>count << 2);
  const rows = load<i32>(tail), stride = load<usize>(tail, 4);
  let out = load<usize>(p);
  for (let i = 0; i < count; i++) {
    let x = load<usize>(p + 4 + (<usize>i << 2));
    const width = load<usize>(tail + 8 + (<usize>i << 2));
    let row = out;
    for (let r = 0; r < rows; r++) {
      memory.copy(row, x, width);
      row += stride;
      x += width;
    }
    out += width;
  }
}

/**
 * `out[b, o, i, :] = x[b, o, indices[b, i], :]`; indices outside give zeros.
 * Words: out, x, indices (i32), batch, outer, size of the axis, bytes of a slice, number of indices.
 */
export function gather(p: usize): void {
  let out = load<usize>(p), x = load<usize>(p, 4), indices = load<usize>(p, 8);
  const batch = load<i32>(p, 12), outer = load<i32>(p, 16), size = load<i32>(p, 20);
  const bytes = load<usize>(p, 24), count = load<i32>(p, 28);
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < count; i++) {
        copySlice(out, x, load<i32>(indices + (<usize>i << 2)), size, bytes);
        out += bytes;
      }
      x += <usize>size * bytes;
    }
    indices += <usize>count << 2;
  }
}

/** One of `size` slices, or zeros. */
// @ts-ignore: decorator
@inline
function copySlice(out: usize, x: usize, index: i32, size: i32, bytes: usize): void {
  if (<u32>index < <u32>size) memory.copy(out, x + <usize>index * bytes, bytes);
  else memory.fill(out, 0, bytes);
}

/** The flat index of a point of `rank` coordinates. */
// @ts-ignore: decorator
@inline
function flatIndex(point: usize, strides: usize, rank: i32): i32 {
  let index = 0;
  for (let d: usize = 0; d < <usize>rank; d++) index += load<i32>(point + (d << 2)) * load<i32>(strides + (d << 2));
  return index;
}

/**
 * Slices at points of several coordinates; points outside give zeros.
 * Words: out, x, points (i32), number of points, number of slices of x, bytes of a slice, rank, strides in slices.
 */
export function gatherPoints(p: usize): void {
  let out = load<usize>(p), point = load<usize>(p, 8);
  const x = load<usize>(p, 4), count = load<i32>(p, 12), slices = load<i32>(p, 16), bytes = load<usize>(p, 20);
  const rank = load<i32>(p, 24);
  for (let i = 0; i < count; i++) {
    copySlice(out, x, flatIndex(point, p + 28, rank), slices, bytes);
    out += bytes;
    point += <usize>rank << 2;
  }
}

/**
 * Adds 32-bit slices to zeros at points of several coordinates (kind 0: floats, 1: integers), or writes them over a copy
 * of a tensor (2). Points outside are left out.
 * Words: out, points (i32), updates, tensor or 0, number of points, number of slices of out, numbers of a slice, kind,
 * rank, strides in slices.
 */
export function scatter(p: usize): void {
  const out = load<usize>(p), tensor = load<usize>(p, 12);
  let point = load<usize>(p, 4), update = load<usize>(p, 8);
  const count = load<i32>(p, 16), slices = load<i32>(p, 20), size = load<i32>(p, 24), kind = load<i32>(p, 28);
  const rank = load<i32>(p, 32), bytes = <usize>size << 2;
  if (tensor) memory.copy(out, tensor, <usize>slices * bytes);
  else memory.fill(out, 0, <usize>slices * bytes);
  for (let i = 0; i < count; i++) {
    const index = flatIndex(point, p + 36, rank);
    if (<u32>index < <u32>slices) {
      const to = out + <usize>index * bytes;
      if (kind == 0) addRow(to, update, size);
      else if (kind == 1) addWords(to, update, size);
      else memory.copy(to, update, bytes);
    }
    update += bytes;
    point += <usize>rank << 2;
  }
}

function addWords(out: usize, x: usize, n: i32): void {
  for (let i: usize = 0; i < <usize>n; i++) store<i32>(out + (i << 2), load<i32>(out + (i << 2)) + load<i32>(x + (i << 2)));
}

/** One-hot rows. Words: out, indices (i32), element size (1 or 4), count, depth, bits of on, bits of off. */
export function oneHot(p: usize): void {
  let out = load<usize>(p);
  const indices = load<usize>(p, 4), element = load<i32>(p, 8);
  const count = load<i32>(p, 12), depth = load<i32>(p, 16), on = load<i32>(p, 20), off = load<i32>(p, 24);
  for (let i = 0; i < count; i++) {
    if (element == 4) fillWords(out, depth, off);
    else memory.fill(out, <u8>off, depth);
    const index = load<i32>(indices + (<usize>i << 2));
    if (<u32>index < <u32>depth) {
      if (element == 4) store<i32>(out + (<usize>index << 2), on);
      else store<u8>(out + index, on);
    }
    out += <usize>(depth * element);
  }
}

/** Sums rows by segment. Words: out, x, segment ids (i32), rows, columns, segments. */
export function segmentSum(p: usize): void {
  const out = load<usize>(p);
  let x = load<usize>(p, 4), ids = load<usize>(p, 8);
  const rows = load<i32>(p, 12), columns = load<i32>(p, 16), segments = load<i32>(p, 20);
  memory.fill(out, 0, (<usize>segments * columns) << 2);
  for (let i = 0; i < rows; i++) {
    const id = load<i32>(ids);
    if (<u32>id < <u32>segments) addRow(out + ((<usize>id * columns) << 2), x, columns);
    ids += 4;
    x += <usize>columns << 2;
  }
}

function addRow(out: usize, x: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(out, f32x4.add(v128.load(out), v128.load(x)));
    out += 16;
    x += 16;
  }
  for (; i < n; i++) {
    store<f32>(out, load<f32>(out) + load<f32>(x));
    out += 4;
    x += 4;
  }
}
