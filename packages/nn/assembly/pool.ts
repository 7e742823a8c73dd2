// Pooling of images in NHWC layout, and its gradients. The operand words of windows are those of window.ts.

import { splat } from './lanes';
import {
  batch,
  channels,
  dilationX,
  dilationY,
  filterHeight,
  filterWidth,
  height,
  left,
  open,
  outHeight,
  outWidth,
  pixel,
  strideX,
  strideY,
  top,
  width,
} from './window';

// The part of a pooling window (which is never dilated) inside of the image: bytes from the image's start, and its size.
let start: usize = 0, insideRows: i32 = 0, insideColumns: i32 = 0;

/** Finds the part of the window under an output pixel. */
function cutWindow(b: i32, oy: i32, ox: i32): void {
  const y = oy * strideY - top, x = ox * strideX - left;
  const firstRow = max(0, y), firstColumn = max(0, x);
  insideRows = max(0, min(height, y + filterHeight) - firstRow);
  insideColumns = max(0, min(width, x + filterWidth) - firstColumn);
  start = <usize>(((b * height + firstRow) * width + firstColumn) * channels) << 2;
}

/** Four channels, or (`single`) one in all lanes. */
// @ts-ignore: decorator
@inline
function loadLanes(x: usize, single: bool): v128 {
  return single ? v128.load32_splat(x) : v128.load(x);
}

/** Maximum (0) or mean (1) of channels under the cut window. */
// @ts-ignore: decorator
@inline
function poolLanes(line: usize, kind: i32, single: bool): v128 {
  const bytes = <usize>channels << 2, lineBytes = bytes * width;
  let result = splat(kind == 0 ? f32.NEGATIVE_INFINITY : 0);
  for (let row = insideRows; row > 0; row--) {
    let x = line;
    for (let column = insideColumns; column > 0; column--) {
      const value = loadLanes(x, single);
      result = kind == 0 ? f32x4.max(result, value) : f32x4.add(result, value);
      x += bytes;
    }
    line += lineBytes;
  }
  return kind == 0 ? result : f32x4.div(result, splat(<f32>(insideRows * insideColumns)));
}

/** Maximum (0) or mean (1) of the pixels under each window. Words: out, image, window, kind. */
export function pool(p: usize): void {
  let out = load<usize>(p);
  const image = load<usize>(p, 4);
  open(p + 8);
  const kind = load<i32>(p, 64);
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        cutWindow(b, oy, ox);
        poolPixel(out, image + start, kind);
        out += <usize>channels << 2;
      }
    }
  }
}

function poolPixel(out: usize, x: usize, kind: i32): void {
  const bytes = <usize>channels << 2;
  if (channels < 4) {
    for (let c: usize = 0; c < bytes; c += 4) store<f32>(out + c, f32x4.extract_lane(poolLanes(x + c, kind, true), 0));
    return;
  }
  // The last four channels may overlap those before.
  const last = bytes - 16;
  for (let c: usize = 0; c < last; c += 16) v128.store(out + c, poolLanes(x + c, kind, false));
  v128.store(out + last, poolLanes(x + last, kind, false));
}

/**
 * Gradient of pooling. Maximum (0): dy goes to the first largest pixel of its window. Mean (1): dy is shared by all
 * pixels of the window, divided by the filter's size as tfjs does. Words: dx, dy, image, window, kind.
 */
export function poolGradient(p: usize): void {
  const dx = load<usize>(p), image = load<usize>(p, 8);
  let dy = load<usize>(p, 4);
  open(p + 12);
  const kind = load<i32>(p, 68);
  const bytes = <usize>channels << 2;
  memory.fill(dx, 0, <usize>(batch * height * width) * bytes);
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        if (kind == 0) {
          cutWindow(b, oy, ox);
          maxGradientPixel(dx + start, dy, image + start);
        } else {
          meanGradient(dx, dy, b, oy, ox);
        }
        dy += bytes;
      }
    }
  }
}

function maxGradientPixel(dx: usize, dy: usize, x: usize): void {
  const bytes = <usize>channels << 2;
  let c: usize = 0;
  for (; c + 16 <= bytes; c += 16) maxGradient(dx + c, v128.load(dy + c), x + c, false);
  for (; c < bytes; c += 4) maxGradient(dx + c, v128.load32_zero(dy + c), x + c, true);
}

/** The maximum of channels under the cut window first, then the error for the first pixel that equals it. */
// @ts-ignore: decorator
@inline
function maxGradient(dx: usize, error: v128, x: usize, single: bool): void {
  const bytes = <usize>channels << 2, lineBytes = bytes * width;
  const best = poolLanes(x, 0, single);
  for (let row = insideRows; row > 0; row--) {
    for (let column: usize = 0; column < bytes * insideColumns; column += bytes) {
      const found = f32x4.eq(loadLanes(x + column, single), best);
      const to = dx + column, share = v128.and(error, found);
      if (single) store<f32>(to, load<f32>(to) + f32x4.extract_lane(share, 0));
      else v128.store(to, f32x4.add(v128.load(to), share));
      error = v128.andnot(error, found);
    }
    x += lineBytes;
    dx += lineBytes;
  }
}

function meanGradient(dx: usize, dy: usize, b: i32, oy: i32, ox: i32): void {
  const share: f32 = 1 / <f32>(filterHeight * filterWidth);
  for (let fy = 0; fy < filterHeight; fy++) {
    const y = oy * strideY - top + fy * dilationY;
    for (let fx = 0; fx < filterWidth; fx++) {
      const to = pixel(dx, b, y, ox * strideX - left + fx * dilationX);
      if (to == 0) continue;
      for (let c: usize = 0; c < <usize>channels; c++) {
        store<f32>(to + (c << 2), load<f32>(to + (c << 2)) + load<f32>(dy + (c << 2)) * share);
      }
    }
  }
}
