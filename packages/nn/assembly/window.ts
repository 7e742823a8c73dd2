// Windows over images in NHWC layout: patches for convolutions, depthwise convolutions and pooling.
//
// Operand words of a window, read by `open`: batch, height, width, channels, filter height and width, output height and
// width, vertical and horizontal stride, rows above and columns left of the image, vertical and horizontal dilation.

import { fma, splat } from './lanes';
import { hasHelpers, OPERANDS, runJob } from './threads';

let batch: i32 = 0, height: i32 = 0, width: i32 = 0, channels: i32 = 0;
let filterHeight: i32 = 0, filterWidth: i32 = 0, outHeight: i32 = 0, outWidth: i32 = 0;
let strideY: i32 = 0, strideX: i32 = 0, top: i32 = 0, left: i32 = 0, dilationY: i32 = 0, dilationX: i32 = 0;

/** Reads the words of a window. */
function open(p: usize): void {
  batch = load<i32>(p);
  height = load<i32>(p, 4);
  width = load<i32>(p, 8);
  channels = load<i32>(p, 12);
  filterHeight = load<i32>(p, 16);
  filterWidth = load<i32>(p, 20);
  outHeight = load<i32>(p, 24);
  outWidth = load<i32>(p, 28);
  strideY = load<i32>(p, 32);
  strideX = load<i32>(p, 36);
  top = load<i32>(p, 40);
  left = load<i32>(p, 44);
  dilationY = load<i32>(p, 48);
  dilationX = load<i32>(p, 52);
}

/** Address of a pixel, or 0 outside of the image. */
// @ts-ignore: decorator
@inline
function pixel(image: usize, b: i32, y: i32, x: i32): usize {
  if (<u32>y >= <u32>height || <u32>x >= <u32>width) return 0;
  return image + ((<usize>((b * height + y) * width + x) * channels) << 2);
}

// @ts-ignore: decorator
@inline
function addTo(out: usize, x: usize, n: i32): void {
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

/** Patches of fewer numbers are not worth waking other threads. */
const SHARED: usize = 1 << 20;

/** Runs a function of the number of an image for all images: by all threads where there is enough to do. */
function forImages(p: usize, image: u32): void {
  open(p + 8);
  store<usize>(OPERANDS, p);
  if (hasHelpers() && batch > 1 && (patchesBytes() >> 2) * batch >= SHARED) runJob(image, batch);
  else for (let b = 0; b < batch; b++) call_indirect<void>(image, b);
}

/** Bytes of the patches of an image. */
// @ts-ignore: decorator
@inline
function patchesBytes(): usize {
  return <usize>(outHeight * outWidth * filterHeight * filterWidth * channels) << 2;
}

/** Whether a row of a window lies inside of the image as one run of numbers. */
// @ts-ignore: decorator
@inline
function isRun(y: i32, x: i32): bool {
  return dilationX == 1 && <u32>y < <u32>height && x >= 0 && x + filterWidth <= width;
}

/** Whether all rows of a window do. */
// @ts-ignore: decorator
@inline
function isInside(y: i32, x: i32): bool {
  return y >= 0 && isRun(y + (filterHeight - 1) * dilationY, x);
}

/** Lays the patch under each output pixel into a row. Words: out, image, window. */
export function patches(p: usize): void {
  forImages(p, patchesOfImage.index);
}

function patchesOfImage(b: i32): void {
  const p = load<usize>(OPERANDS);
  open(p + 8);
  let out = load<usize>(p) + patchesBytes() * b;
  const image = load<usize>(p, 4);
  const bytes = <usize>channels << 2;
  const run = filterWidth * channels, rowBytes = bytes * filterWidth;
  const rowStep = <usize>(dilationY * width) * bytes;
  for (let oy = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      const x = ox * strideX - left, highest = oy * strideY - top;
      if (isInside(highest, x)) {
        let from = pixel(image, b, highest, x);
        for (let fy = filterHeight; fy > 0; fy--) {
          copyRun(out, from, run);
          out += rowBytes;
          from += rowStep;
        }
        continue;
      }
      for (let fy = 0; fy < filterHeight; fy++) {
        const y = highest + fy * dilationY;
        if (<u32>y >= <u32>height) fillRun(out, run);
        else if (dilationX == 1) copyCutRun(out, image, b, y, x);
        else copyDilatedRun(out, image, b, y, x);
        out += rowBytes;
      }
    }
  }
}

/** A row of a window that begins or ends outside of the image: zeros, a run of numbers, zeros. */
function copyCutRun(out: usize, image: usize, b: i32, y: i32, x: i32): void {
  const before = min(filterWidth, max(0, -x)), end = max(before, min(filterWidth, width - x));
  const bytes = <usize>channels << 2;
  fillRun(out, before * channels);
  if (end > before) copyRun(out + bytes * before, pixel(image, b, y, x + before), (end - before) * channels);
  fillRun(out + bytes * end, (filterWidth - end) * channels);
}

function copyDilatedRun(out: usize, image: usize, b: i32, y: i32, x: i32): void {
  for (let fx = 0; fx < filterWidth; fx++) {
    const from = pixel(image, b, y, x + fx * dilationX);
    if (from == 0) fillRun(out, channels);
    else copyRun(out, from, channels);
    out += <usize>channels << 2;
  }
}

/** Zeros. */
// @ts-ignore: decorator
@inline
function fillRun(out: usize, count: i32): void {
  for (; count >= 4; count -= 4) {
    v128.store(out, splat(0));
    out += 16;
  }
  for (; count > 0; count--) {
    store<f32>(out, 0);
    out += 4;
  }
}

// @ts-ignore: decorator
@inline
function copyRun(out: usize, from: usize, count: i32): void {
  if (count < 4) {
    for (; count > 0; count--) {
      store<f32>(out, load<f32>(from));
      out += 4;
      from += 4;
    }
    return;
  }
  // The last four may overlap those before.
  const last = (<usize>count - 4) << 2;
  for (let at: usize = 0; at < last; at += 16) v128.store(out + at, v128.load(from + at));
  v128.store(out + last, v128.load(from + last));
}

/** The transpose of `patches`: adds rows back to the pixels that they came from. Words: image, rows, window. */
export function addPatches(p: usize): void {
  forImages(p, addPatchesOfImage.index);
}

function addPatchesOfImage(b: i32): void {
  const p = load<usize>(OPERANDS);
  open(p + 8);
  const image = load<usize>(p);
  let row = load<usize>(p, 4) + patchesBytes() * b;
  const bytes = <usize>channels << 2;
  memory.fill(pixel(image, b, 0, 0), 0, <usize>(height * width) * bytes);
  for (let oy = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      const x = ox * strideX - left;
      for (let fy = 0; fy < filterHeight; fy++) {
        const y = oy * strideY - top + fy * dilationY;
        if (isRun(y, x)) {
          addTo(pixel(image, b, y, x), row, filterWidth * channels);
          row += bytes * filterWidth;
        } else {
          for (let fx = 0; fx < filterWidth; fx++) {
            const to = pixel(image, b, y, x + fx * dilationX);
            if (to != 0) addTo(to, row, channels);
            row += bytes;
          }
        }
      }
    }
  }
}

/** out[c * multiplier + q] += x[c] * filter[c * multiplier + q]. */
function depthwisePixel(out: usize, x: usize, filter: usize, multiplier: i32): void {
  if (multiplier == 1) {
    let i = 0;
    for (; i + 4 <= channels; i += 4) {
      v128.store(out, fma(v128.load(x), v128.load(filter), v128.load(out)));
      out += 16;
      x += 16;
      filter += 16;
    }
    for (; i < channels; i++) {
      store<f32>(out, load<f32>(out) + load<f32>(x) * load<f32>(filter));
      out += 4;
      x += 4;
      filter += 4;
    }
    return;
  }
  for (let c = 0; c < channels; c++) {
    const value = load<f32>(x);
    for (let q = 0; q < multiplier; q++) {
      store<f32>(out, load<f32>(out) + value * load<f32>(filter));
      out += 4;
      filter += 4;
    }
    x += 4;
  }
}

/** x[c] += sum over q of dy[c * multiplier + q] * filter[c * multiplier + q]. */
function depthwiseBack(x: usize, dy: usize, filter: usize, multiplier: i32): void {
  for (let c = 0; c < channels; c++) {
    let sum: f32 = 0;
    for (let q = 0; q < multiplier; q++) {
      sum += load<f32>(dy) * load<f32>(filter);
      dy += 4;
      filter += 4;
    }
    store<f32>(x, load<f32>(x) + sum);
    x += 4;
  }
}

/**
 * Depthwise convolution (kind 0: out, image, filter) and its gradients (1: image gradient, dy, filter; 2: filter
 * gradient, image, dy). Words: the three addresses, window, multiplier, kind.
 */
export function depthwise(p: usize): void {
  const result = load<usize>(p), first = load<usize>(p, 4), second = load<usize>(p, 8);
  open(p + 12);
  const multiplier = load<i32>(p, 68), kind = load<i32>(p, 72);
  const outBytes = <usize>(channels * multiplier) << 2;
  const pixels = <usize>(batch * outHeight * outWidth);
  const image = kind == 0 ? first : kind == 1 ? result : first;
  if (kind == 0) memory.fill(result, 0, pixels * outBytes);
  else if (kind == 1) memory.fill(result, 0, (<usize>(batch * height * width) * channels) << 2);
  else memory.fill(result, 0, <usize>(filterHeight * filterWidth) * outBytes);
  let out = kind == 0 ? result : kind == 1 ? first : second;
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        let filter = kind == 2 ? result : second;
        for (let fy = 0; fy < filterHeight; fy++) {
          const y = oy * strideY - top + fy * dilationY;
          for (let fx = 0; fx < filterWidth; fx++) {
            const x = pixel(image, b, y, ox * strideX - left + fx * dilationX);
            if (x != 0) {
              if (kind == 0) depthwisePixel(out, x, filter, multiplier);
              else if (kind == 1) depthwiseBack(x, out, filter, multiplier);
              else depthwiseFilter(filter, x, out, multiplier);
            }
            filter += outBytes;
          }
        }
        out += outBytes;
      }
    }
  }
}

/** filter[c * multiplier + q] += x[c] * dy[c * multiplier + q]. */
function depthwiseFilter(filter: usize, x: usize, dy: usize, multiplier: i32): void {
  depthwisePixel(filter, x, dy, multiplier);
}

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
