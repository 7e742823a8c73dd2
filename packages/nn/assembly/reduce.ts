// Reductions and running sums over the middle axis of `[outer, size, inner]`.

import { maxLanes, splat, sumLanes } from './lanes';

/** Sum times a factor (1 / size makes it a mean). Words: out, in, outer, size, inner, factor. */
export function reduceSum(p: usize): void {
  let out = load<usize>(p), x = load<usize>(p, 4);
  const outer = load<i32>(p, 8), size = load<i32>(p, 12), inner = load<i32>(p, 16);
  const factor = load<f32>(p, 20);
  for (let i = 0; i < outer; i++) {
    if (inner == 1) store<f32>(out, sumRow(x, size) * factor);
    else sumColumns(out, x, size, inner, factor);
    x += (<usize>size * inner) << 2;
    out += <usize>inner << 2;
  }
}

/** Sum of n adjacent numbers in 16 partial sums: accurate enough for long rows and free of latency. */
export function sumRow(x: usize, n: i32): f32 {
  let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
  let i = 0;
  for (; i + 16 <= n; i += 16) {
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x, 16));
    s2 = f32x4.add(s2, v128.load(x, 32));
    s3 = f32x4.add(s3, v128.load(x, 48));
    x += 64;
  }
  for (; i + 4 <= n; i += 4) {
    s0 = f32x4.add(s0, v128.load(x));
    x += 16;
  }
  let rest: f32 = 0;
  for (; i < n; i++) {
    rest += load<f32>(x);
    x += 4;
  }
  return sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3))) + rest;
}

function sumColumns(out: usize, x: usize, size: i32, inner: i32, factor: f32): void {
  const stride = <usize>inner << 2;
  let j = 0;
  for (; j + 16 <= inner; j += 16) sumLine(out + (<usize>j << 2), x + (<usize>j << 2), size, stride, factor);
  for (; j + 4 <= inner; j += 4) {
    let even = splat(0), odd = splat(0);
    let row = x + (<usize>j << 2), r = 0;
    for (; r + 2 <= size; r += 2) {
      even = f32x4.add(even, v128.load(row));
      odd = f32x4.add(odd, v128.load(row + stride));
      row += stride << 1;
    }
    if (r < size) even = f32x4.add(even, v128.load(row));
    v128.store(out + (<usize>j << 2), f32x4.mul(f32x4.add(even, odd), splat(factor)));
  }
  for (; j < inner; j++) {
    let even: f32 = 0, odd: f32 = 0;
    let row = x + (<usize>j << 2), r = 0;
    for (; r + 2 <= size; r += 2) {
      even += load<f32>(row);
      odd += load<f32>(row + stride);
      row += stride << 1;
    }
    if (r < size) even += load<f32>(row);
    store<f32>(out + (<usize>j << 2), (even + odd) * factor);
  }
}

/** Sums of 16 columns, which are read a whole cache line at a time; in the order of sums of four. */
function sumLine(out: usize, row: usize, size: i32, stride: usize, factor: f32): void {
  let even0 = splat(0), even1 = splat(0), even2 = splat(0), even3 = splat(0);
  let odd0 = splat(0), odd1 = splat(0), odd2 = splat(0), odd3 = splat(0);
  let r = 0;
  for (; r + 2 <= size; r += 2) {
    even0 = f32x4.add(even0, v128.load(row));
    even1 = f32x4.add(even1, v128.load(row, 16));
    even2 = f32x4.add(even2, v128.load(row, 32));
    even3 = f32x4.add(even3, v128.load(row, 48));
    row += stride;
    odd0 = f32x4.add(odd0, v128.load(row));
    odd1 = f32x4.add(odd1, v128.load(row, 16));
    odd2 = f32x4.add(odd2, v128.load(row, 32));
    odd3 = f32x4.add(odd3, v128.load(row, 48));
    row += stride;
  }
  if (r < size) {
    even0 = f32x4.add(even0, v128.load(row));
    even1 = f32x4.add(even1, v128.load(row, 16));
    even2 = f32x4.add(even2, v128.load(row, 32));
    even3 = f32x4.add(even3, v128.load(row, 48));
  }
  const f = splat(factor);
  v128.store(out, f32x4.mul(f32x4.add(even0, odd0), f));
  v128.store(out, f32x4.mul(f32x4.add(even1, odd1), f), 16);
  v128.store(out, f32x4.mul(f32x4.add(even2, odd2), f), 32);
  v128.store(out, f32x4.mul(f32x4.add(even3, odd3), f), 48);
}

/** Largest of n adjacent numbers; NaN if one is. */
export function maxRow(x: usize, n: i32): f32 {
  // pmax is one instruction, but leaves NaN out; its counterpart costs eight, which wait for each other.
  let first = splat(f32.NEGATIVE_INFINITY), second = first, unordered = splat(0);
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const a = v128.load(x), b = v128.load(x, 16);
    first = f32x4.pmax(first, a);
    second = f32x4.pmax(second, b);
    unordered = v128.or(unordered, v128.or(f32x4.ne(a, a), f32x4.ne(b, b)));
    x += 32;
  }
  if (v128.any_true(unordered)) return f32.NaN;
  let y = maxLanes(f32x4.pmax(first, second));
  for (; i < n; i++) {
    y = max(y, load<f32>(x));
    x += 4;
  }
  return y;
}

// @ts-ignore: decorator
@inline
function combine(kind: i32, a: f32, b: f32): f32 {
  if (kind == 0) return max(a, b);
  if (kind == 1) return min(a, b);
  return a * b;
}

/** Maximum (0), minimum (1) or product (2). Words: out, in, outer, size, inner, kind. */
export function reduceFold(p: usize): void {
  let out = load<usize>(p), x = load<usize>(p, 4);
  const outer = load<i32>(p, 8), size = load<i32>(p, 12), inner = load<i32>(p, 16), kind = load<i32>(p, 20);
  const stride = <usize>inner << 2;
  const start: f32 = kind == 0 ? f32.NEGATIVE_INFINITY : kind == 1 ? f32.POSITIVE_INFINITY : 1;
  for (let i = 0; i < outer; i++) {
    if (kind == 0 && inner == 1) {
      store<f32>(out, maxRow(x, size));
      out += 4;
    } else {
      for (let j = 0; j < inner; j++) {
        let y = start;
        let row = x + (<usize>j << 2);
        for (let r = 0; r < size; r++) {
          y = combine(kind, y, load<f32>(row));
          row += stride;
        }
        store<f32>(out, y);
        out += 4;
      }
    }
    x += <usize>size * stride;
  }
}

/** Index of the first maximum (0) or minimum (1). Words: out (i32), in, outer, size, inner, kind. */
export function argFold(p: usize): void {
  let out = load<usize>(p), x = load<usize>(p, 4);
  const outer = load<i32>(p, 8), size = load<i32>(p, 12), inner = load<i32>(p, 16), kind = load<i32>(p, 20);
  const stride = <usize>inner << 2;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      let row = x + (<usize>j << 2);
      let best = load<f32>(row), index = 0;
      for (let r = 1; r < size; r++) {
        row += stride;
        const y = load<f32>(row);
        if (kind == 0 ? y > best : y < best) {
          best = y;
          index = r;
        }
      }
      store<i32>(out, index);
      out += 4;
    }
    x += <usize>size * stride;
  }
}

// @ts-ignore: decorator
@inline
function combineWords(kind: i32, a: i32, b: i32): i32 {
  if (kind == 0) return a + b;
  if (kind == 1) return max(a, b);
  if (kind == 2) return min(a, b);
  return a * b;
}

/** Sum (0), maximum (1), minimum (2) or product (3) of 32-bit integers. Words: out, in, outer, size, inner, kind. */
export function reduceWords(p: usize): void {
  let out = load<usize>(p), x = load<usize>(p, 4);
  const outer = load<i32>(p, 8), size = load<i32>(p, 12), inner = load<i32>(p, 16), kind = load<i32>(p, 20);
  const stride = <usize>inner << 2;
  const start: i32 = kind == 0 ? 0 : kind == 1 ? i32.MIN_VALUE : kind == 2 ? i32.MAX_VALUE : 1;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      let y = start;
      let row = x + (<usize>j << 2);
      for (let r = 0; r < size; r++) {
        y = combineWords(kind, y, load<i32>(row));
        row += stride;
      }
      store<i32>(out, y);
      out += 4;
    }
    x += <usize>size * stride;
  }
}

/** Whether all (0) or any (1) of some bytes are 1. Words: out, in, outer, size, inner, kind. */
export function reduceBytes(p: usize): void {
  let out = load<usize>(p), x = load<usize>(p, 4);
  const outer = load<i32>(p, 8), size = load<i32>(p, 12), inner = load<usize>(p, 16), kind = load<i32>(p, 20);
  for (let i = 0; i < outer; i++) {
    for (let j: usize = 0; j < inner; j++) {
      let y: u8 = kind == 0 ? 1 : 0;
      let row = x + j;
      for (let r = 0; r < size; r++) {
        y = kind == 0 ? y & load<u8>(row) : y | load<u8>(row);
        row += inner;
      }
      store<u8>(out, y);
      out += 1;
    }
    x += <usize>size * inner;
  }
}

/**
 * Running sums or products of floats or integers, each with its own number or (exclusive) without, from the first on or
 * (reverse) from the last. Words: out, in, outer, size, inner, whether integers, whether products, exclusive, reverse.
 */
export function scan(p: usize): void {
  let out = load<usize>(p), x = load<usize>(p, 4);
  const outer = load<i32>(p, 8), size = load<i32>(p, 12), inner = load<i32>(p, 16), integers = load<i32>(p, 20);
  const product = load<i32>(p, 24) != 0, exclusive = load<i32>(p, 28) != 0, reverse = load<i32>(p, 32) != 0;
  const stride = <usize>inner << 2;
  const first: usize = reverse ? stride * (size - 1) : 0, step: usize = reverse ? -stride : stride;
  for (let i = 0; i < outer; i++) {
    for (let j: usize = 0; j < stride; j += 4) {
      if (integers) scanColumn<i32>(out + first + j, x + first + j, size, step, product, exclusive);
      else scanColumn<f32>(out + first + j, x + first + j, size, step, product, exclusive);
    }
    x += <usize>size * stride;
    out += <usize>size * stride;
  }
}

function scanColumn<T>(out: usize, x: usize, size: i32, step: usize, product: bool, exclusive: bool): void {
  let total: T = product ? 1 : 0;
  for (let r = 0; r < size; r++) {
    const value = load<T>(x);
    const next: T = product ? total * value : total + value;
    store<T>(out, exclusive ? total : next);
    total = next;
    out += step;
    x += step;
  }
}
