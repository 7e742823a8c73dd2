// Softmax over rows, its logarithm and cross-entropy.

import { exponential, log4 } from './math';
import { splat, sumLanes } from './lanes';
import { maxRow, sumRow } from './reduce';

/** Softmax of each row. Words: out, in, rows, columns. */
export function softmax(p: usize): void {
  let out = load<usize>(p), x = load<usize>(p, 4);
  const rows = load<i32>(p, 8), columns = load<i32>(p, 12);
  const bytes = <usize>columns << 2;
  for (let i = 0; i < rows; i++) {
    expRow(out, x, columns, maxRow(x, columns));
    scaleRow(out, columns, 1 / sumRow(out, columns));
    out += bytes;
    x += bytes;
  }
}

// @ts-ignore: decorator
@inline
function log1(x: f32): f32 {
  return f32x4.extract_lane(log4(splat(x)), 0);
}

/** Logarithm of the softmax of each row: (x - max) - log(sum(exp(x - max))). Words: out, in, rows, columns. */
export function logSoftmax(p: usize): void {
  let out = load<usize>(p), x = load<usize>(p, 4);
  const rows = load<i32>(p, 8), columns = load<i32>(p, 12);
  const bytes = <usize>columns << 2;
  for (let i = 0; i < rows; i++) {
    const most = maxRow(x, columns);
    expRow(out, x, columns, most);
    shiftRow(out, x, columns, most, log1(sumRow(out, columns)));
    out += bytes;
    x += bytes;
  }
}

/** out = (x - first) - second. */
function shiftRow(out: usize, x: usize, n: i32, first: f32, second: f32): void {
  const a = splat(first), b = splat(second);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(out, f32x4.sub(f32x4.sub(v128.load(x), a), b));
    out += 16;
    x += 16;
  }
  for (; i < n; i++) {
    store<f32>(out, load<f32>(x) - first - second);
    out += 4;
    x += 4;
  }
}

/**
 * Cross-entropy of rows of logits and labels: factor * sum(labels * log softmax), and the softmax for its gradient.
 * Words: losses (one a row), softmax, logits, labels, rows, columns, factor.
 */
export function crossEntropy(p: usize): void {
  let loss = load<usize>(p), out = load<usize>(p, 4), x = load<usize>(p, 8), labels = load<usize>(p, 12);
  const rows = load<i32>(p, 16), columns = load<i32>(p, 20);
  const factor = load<f32>(p, 24);
  const bytes = <usize>columns << 2;
  for (let i = 0; i < rows; i++) {
    const most = maxRow(x, columns);
    expRow(out, x, columns, most);
    const sum = sumRow(out, columns);
    store<f32>(loss, factor * weightedLogs(labels, x, columns, most, log1(sum)));
    scaleRow(out, columns, 1 / sum);
    loss += 4;
    out += bytes;
    x += bytes;
    labels += bytes;
  }
}

/** The sum of weights * ((x - first) - second). */
function weightedLogs(weights: usize, x: usize, n: i32, first: f32, second: f32): f32 {
  const a = splat(first), b = splat(second);
  let sums = splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    sums = f32x4.add(sums, f32x4.mul(v128.load(weights), f32x4.sub(f32x4.sub(v128.load(x), a), b)));
    weights += 16;
    x += 16;
  }
  let rest: f32 = 0;
  for (; i < n; i++) {
    rest += load<f32>(weights) * (load<f32>(x) - first - second);
    weights += 4;
    x += 4;
  }
  return sumLanes(sums) + rest;
}

/** out = exp(x - shift). */
function expRow(out: usize, x: usize, n: i32, shift: f32): void {
  const s = splat(shift);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(out, exponential(f32x4.sub(v128.load(x), s)));
    out += 16;
    x += 16;
  }
  for (; i < n; i++) {
    store<f32>(out, f32x4.extract_lane(exponential(f32x4.sub(v128.load32_splat(x), s)), 0));
    out += 4;
    x += 4;
  }
}

function scaleRow(x: usize, n: i32, factor: f32): void {
  const f = splat(factor);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(x, f32x4.mul(v128.load(x), f));
    x += 16;
  }
  for (; i < n; i++) {
    store<f32>(x, load<f32>(x) * factor);
    x += 4;
  }
}
