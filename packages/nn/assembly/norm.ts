// Layer normalisation: each row is shifted and scaled to mean 0 and variance 1, then scaled and shifted by learned rows.

import { splat, sumLanes } from './lanes';
import { sumRow } from './reduce';

/** The sum of (x - centre)^2. */
function squaresRow(x: usize, n: i32, centre: f32): f32 {
  const c = splat(centre);
  let even = splat(0), odd = splat(0);
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const a = f32x4.sub(v128.load(x), c), b = f32x4.sub(v128.load(x, 16), c);
    even = f32x4.add(even, f32x4.mul(a, a));
    odd = f32x4.add(odd, f32x4.mul(b, b));
    x += 32;
  }
  let rest: f32 = 0;
  for (; i < n; i++) {
    const d: f32 = load<f32>(x) - centre;
    rest += d * d;
    x += 4;
  }
  return sumLanes(f32x4.add(even, odd)) + rest;
}

/** out = (x - mean) * factor * scale + offset. */
function normaliseRow(out: usize, x: usize, n: i32, mean: f32, factor: f32, scale: usize, offset: usize): void {
  const m = splat(mean), f = splat(factor);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const y = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x), m), f), v128.load(scale));
    v128.store(out, f32x4.add(y, v128.load(offset)));
    out += 16;
    x += 16;
    scale += 16;
    offset += 16;
  }
  for (; i < n; i++) {
    store<f32>(out, (load<f32>(x) - mean) * factor * load<f32>(scale) + load<f32>(offset));
    out += 4;
    x += 4;
    scale += 4;
    offset += 4;
  }
}

/**
 * Normalised rows, and their means and factors 1 / sqrt(variance + epsilon) for the gradient.
 * Words: out, means, factors, in, scale, offset, rows, columns, epsilon.
 */
export function layerNorm(p: usize): void {
  let out = load<usize>(p), means = load<usize>(p, 4), factors = load<usize>(p, 8), x = load<usize>(p, 12);
  const scale = load<usize>(p, 16), offset = load<usize>(p, 20);
  const rows = load<i32>(p, 24), columns = load<i32>(p, 28);
  const epsilon = load<f32>(p, 32);
  const bytes = <usize>columns << 2;
  for (let i = 0; i < rows; i++) {
    const mean: f32 = sumRow(x, columns) / <f32>columns;
    const factor: f32 = 1 / sqrt<f32>(squaresRow(x, columns, mean) / <f32>columns + epsilon);
    normaliseRow(out, x, columns, mean, factor, scale, offset);
    store<f32>(means, mean);
    store<f32>(factors, factor);
    means += 4;
    factors += 4;
    out += bytes;
    x += bytes;
  }
}

/**
 * Gradient of `layerNorm`. With h = (x - mean) * factor and g = dy * scale, dx = factor * (g - mean(g) - h * mean(g h));
 * the scale's is the sum of dy * h over rows, the offset's that of dy.
 * Words: dx, dScale, dOffset, dy, in, means, factors, scale, rows, columns.
 */
export function layerNormGradient(p: usize): void {
  let dx = load<usize>(p), dy = load<usize>(p, 12), x = load<usize>(p, 16);
  const dScale = load<usize>(p, 4), dOffset = load<usize>(p, 8);
  let means = load<usize>(p, 20), factors = load<usize>(p, 24);
  const scale = load<usize>(p, 28);
  const rows = load<i32>(p, 32), columns = load<i32>(p, 36);
  const bytes = <usize>columns << 2;
  memory.fill(dScale, 0, bytes);
  memory.fill(dOffset, 0, bytes);
  for (let i = 0; i < rows; i++) {
    rowGradient(dx, dScale, dOffset, dy, x, load<f32>(means), load<f32>(factors), scale, columns);
    means += 4;
    factors += 4;
    dx += bytes;
    dy += bytes;
    x += bytes;
  }
}

function rowGradient(
  dx: usize, dScale: usize, dOffset: usize, dy: usize, x: usize, mean: f32, factor: f32, scale: usize, n: i32,
): void {
  const m = splat(mean), f = splat(factor);
  let sumG = splat(0), sumGh = splat(0);
  let restG: f32 = 0, restGh: f32 = 0;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    const d = v128.load(dy + at), h = f32x4.mul(f32x4.sub(v128.load(x + at), m), f);
    const dh = f32x4.mul(d, h);
    v128.store(dScale + at, f32x4.add(v128.load(dScale + at), dh));
    v128.store(dOffset + at, f32x4.add(v128.load(dOffset + at), d));
    const s = v128.load(scale + at);
    sumG = f32x4.add(sumG, f32x4.mul(d, s));
    sumGh = f32x4.add(sumGh, f32x4.mul(dh, s));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    const d = load<f32>(dy + at), h: f32 = (load<f32>(x + at) - mean) * factor;
    const s = load<f32>(scale + at);
    store<f32>(dScale + at, load<f32>(dScale + at) + d * h);
    store<f32>(dOffset + at, load<f32>(dOffset + at) + d);
    restG += d * s;
    restGh += d * h * s;
  }
  const meanG: f32 = (sumLanes(sumG) + restG) / <f32>n, meanGh: f32 = (sumLanes(sumGh) + restGh) / <f32>n;
  const g4 = splat(meanG), gh4 = splat(meanGh);
  i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    const h = f32x4.mul(f32x4.sub(v128.load(x + at), m), f);
    const g = f32x4.mul(v128.load(dy + at), v128.load(scale + at));
    v128.store(dx + at, f32x4.mul(f, f32x4.sub(f32x4.sub(g, g4), f32x4.mul(h, gh4))));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    const h: f32 = (load<f32>(x + at) - mean) * factor;
    const g: f32 = load<f32>(dy + at) * load<f32>(scale + at);
    store<f32>(dx + at, factor * (g - meanG - h * meanGh));
  }
}
