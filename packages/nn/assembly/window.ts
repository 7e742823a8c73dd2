// Windows over images in NHWC layout: patches for convolutions, depthwise convolutions and pooling.
//
// Operand words of a window, read by `open`: batch, height, width, channels, filter height and width, output height and
// width, vertical and horizontal stride, rows above and columns left of the image, vertical and horizontal dilation.

import { fma } from './lanes';
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
  const rowBytes = bytes * filterWidth;
  for (let oy = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      const x = ox * strideX - left;
      for (let fy = 0; fy < filterHeight; fy++) {
        const y = oy * strideY - top + fy * dilationY;
        if (dilationX == 1 && <u32>y < <u32>height && x >= 0 && x + filterWidth <= width) {
          // A row of the window that lies inside of the image is one run of numbers.
          copyRun(out, pixel(image, b, y, x), filterWidth * channels);
          out += rowBytes;
        } else {
          for (let fx = 0; fx < filterWidth; fx++) {
            const from = pixel(image, b, y, x + fx * dilationX);
            if (from == 0) memory.fill(out, 0, bytes);
            else copyRun(out, from, channels);
            out += bytes;
          }
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function copyRun(out: usize, from: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(out, v128.load(from));
    out += 16;
    from += 16;
  }
  for (; i < count; i++) {
    store<f32>(out, load<f32>(from));
    out += 4;
    from += 4;
  }
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
        if (dilationX == 1 && <u32>y < <u32>height && x >= 0 && x + filterWidth <= width) {
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

/** Maximum (0) or mean (1) of the pixels under each window. Words: out, image, window, kind. */
export function pool(p: usize): void {
  let out = load<usize>(p);
  const image = load<usize>(p, 4);
  open(p + 8);
  const kind = load<i32>(p, 64);
  const bytes = <usize>channels << 2;
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        fillPixel(out, kind == 0 ? f32.NEGATIVE_INFINITY : 0);
        let count = 0;
        for (let fy = 0; fy < filterHeight; fy++) {
          const y = oy * strideY - top + fy * dilationY;
          for (let fx = 0; fx < filterWidth; fx++) {
            const x = pixel(image, b, y, ox * strideX - left + fx * dilationX);
            if (x == 0) continue;
            count++;
            if (kind == 0) maxInto(out, x);
            else addTo(out, x, channels);
          }
        }
        if (kind == 1) dividePixel(out, <f32>count);
        out += bytes;
      }
    }
  }
}

function fillPixel(out: usize, value: f32): void {
  for (let c = 0; c < channels; c++) {
    store<f32>(out, value);
    out += 4;
  }
}

function maxInto(out: usize, x: usize): void {
  let i = 0;
  for (; i + 4 <= channels; i += 4) {
    v128.store(out, f32x4.max(v128.load(out), v128.load(x)));
    out += 16;
    x += 16;
  }
  for (; i < channels; i++) {
    store<f32>(out, max(load<f32>(out), load<f32>(x)));
    out += 4;
    x += 4;
  }
}

function dividePixel(out: usize, by: f32): void {
  for (let c = 0; c < channels; c++) {
    store<f32>(out, load<f32>(out) / by);
    out += 4;
  }
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
          let c = 0;
          for (; c + 4 <= channels; c += 4) maxGradient4(dx, dy, image, b, oy, ox, c);
          for (; c < channels; c++) maxGradient(dx, dy, image, b, oy, ox, c);
        } else {
          meanGradient(dx, dy, b, oy, ox);
        }
        dy += bytes;
      }
    }
  }
}

/** Four channels at once: the maximum first, then the first pixel that equals it. */
function maxGradient4(dx: usize, dy: usize, image: usize, b: i32, oy: i32, ox: i32, c: i32): void {
  const offset = <usize>c << 2;
  let best = f32x4.splat(f32.NEGATIVE_INFINITY);
  for (let fy = 0; fy < filterHeight; fy++) {
    const y = oy * strideY - top + fy * dilationY;
    for (let fx = 0; fx < filterWidth; fx++) {
      const x = pixel(image, b, y, ox * strideX - left + fx * dilationX);
      if (x != 0) best = f32x4.max(best, v128.load(x + offset));
    }
  }
  let error = v128.load(dy + offset);
  for (let fy = 0; fy < filterHeight; fy++) {
    const y = oy * strideY - top + fy * dilationY;
    for (let fx = 0; fx < filterWidth; fx++) {
      const x = pixel(image, b, y, ox * strideX - left + fx * dilationX);
      if (x == 0) continue;
      const found = f32x4.eq(v128.load(x + offset), best);
      const to = dx + (x - image) + offset;
      v128.store(to, f32x4.add(v128.load(to), v128.and(error, found)));
      error = v128.andnot(error, found);
    }
  }
}

function maxGradient(dx: usize, dy: usize, image: usize, b: i32, oy: i32, ox: i32, c: i32): void {
  const offset = <usize>c << 2;
  let best = f32.NEGATIVE_INFINITY;
  let place: usize = usize.MAX_VALUE;
  for (let fy = 0; fy < filterHeight; fy++) {
    const y = oy * strideY - top + fy * dilationY;
    for (let fx = 0; fx < filterWidth; fx++) {
      const x = pixel(image, b, y, ox * strideX - left + fx * dilationX);
      if (x == 0) continue;
      const value = load<f32>(x + offset);
      if (value > best || place == usize.MAX_VALUE) {
        best = value;
        place = x - image;
      }
    }
  }
  const to = dx + place + offset;
  store<f32>(to, load<f32>(to) + load<f32>(dy + offset));
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
