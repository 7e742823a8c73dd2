// Windows over images in NHWC layout: patches for convolutions, and depthwise convolutions.
//
// Operand words of a window, read by `open`: batch, height, width, channels, filter height and width, output height and
// width, vertical and horizontal stride, rows above and columns left of the image, vertical and horizontal dilation.

import { fma, splat } from './lanes';
import { hasHelpers, OPERANDS, runJob } from './threads';

export let batch: i32 = 0, height: i32 = 0, width: i32 = 0, channels: i32 = 0;
export let filterHeight: i32 = 0, filterWidth: i32 = 0, outHeight: i32 = 0, outWidth: i32 = 0;
export let strideY: i32 = 0, strideX: i32 = 0, top: i32 = 0, left: i32 = 0, dilationY: i32 = 0, dilationX: i32 = 0;

/** Reads the words of a window. */
export function open(p: usize): void {
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
export function pixel(image: usize, b: i32, y: i32, x: i32): usize {
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
