// Resizing of NHWC images. Source positions are computed in double precision, as the CPU backend does.

/** Kinds: bilinear, nearest neighbour, and their gradients. */
const NEAREST: i32 = 1;
const GRADIENT: i32 = 2;
const NEAREST_GRADIENT: i32 = 3;

// The two source lines of an output line and the weight of the second.
let low: i32 = 0, high: i32 = 0;
let weight: f32 = 0;

/** Finds the source lines of line `i`, of `size` lines `ratio` source lines apart. */
function locate(i: i32, ratio: f64, size: i32, kind: i32, alignCorners: i32, halfPixelCenters: i32): void {
  let at = ratio * (halfPixelCenters ? <f64>i + 0.5 : <f64>i);
  if (kind == NEAREST || kind == NEAREST_GRADIENT) {
    low = min(size - 1, max(0, <i32>floor(alignCorners ? at + 0.5 : at)));
    return;
  }
  if (halfPixelCenters) at -= 0.5;
  low = max(0, <i32>floor(at));
  high = min(size - 1, <i32>ceil(at));
  weight = <f32>(at - <f64>low);
}

/** Source lines per output line. */
function ratioOf(source: i32, result: i32, alignCorners: i32): f64 {
  const ends: i32 = alignCorners && result > 1 ? 1 : 0;
  return <f64>(source - ends) / <f64>(result - ends);
}

/** out = the pixels at four places, mixed by the weights of the right and the lower ones. */
function mix(out: usize, a: usize, b: usize, c: usize, d: usize, n: i32, right: f32, lower: f32): void {
  let i = 0;
  const x = f32x4.splat(right), y = f32x4.splat(lower);
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    const a4 = v128.load(a + at), c4 = v128.load(c + at);
    const top = f32x4.add(a4, f32x4.mul(f32x4.sub(v128.load(b + at), a4), x));
    const bottom = f32x4.add(c4, f32x4.mul(f32x4.sub(v128.load(d + at), c4), x));
    v128.store(out + at, f32x4.add(top, f32x4.mul(f32x4.sub(bottom, top), y)));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    const a1 = load<f32>(a + at), c1 = load<f32>(c + at);
    const top: f32 = a1 + (load<f32>(b + at) - a1) * right;
    const bottom: f32 = c1 + (load<f32>(d + at) - c1) * right;
    store<f32>(out + at, top + (bottom - top) * lower);
  }
}

/** to += factor * from, for n numbers. */
function addScaled(to: usize, from: usize, n: i32, factor: f32): void {
  let i = 0;
  const f = f32x4.splat(factor);
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(v128.load(from + at), f)));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at) * factor);
  }
}

/**
 * Words: out, in, batch, source height and width, result height and width, channels, kind, alignCorners,
 * halfPixelCenters. For gradients, `in` has the result's size and `out` the source's.
 */
export function resize(p: usize): void {
  const batch = load<i32>(p, 8), height = load<i32>(p, 12), width = load<i32>(p, 16);
  const rows = load<i32>(p, 20), columns = load<i32>(p, 24), channels = load<i32>(p, 28);
  const kind = load<i32>(p, 32), align = load<i32>(p, 36), half = load<i32>(p, 40);
  const pixel = <usize>channels << 2, image = (<usize>height * width) * pixel;
  let result = load<usize>(p), source = load<usize>(p, 4);
  if (kind >= GRADIENT) {
    source = load<usize>(p);
    result = load<usize>(p, 4);
    memory.fill(source, 0, image * batch);
  }
  const rowRatio = ratioOf(height, rows, align), columnRatio = ratioOf(width, columns, align);
  for (let i = 0; i < batch; i++) {
    for (let r = 0; r < rows; r++) {
      locate(r, rowRatio, height, kind, align, half);
      const lower = weight;
      const top = source + (<usize>low * width) * pixel, bottom = source + (<usize>high * width) * pixel;
      for (let c = 0; c < columns; c++) {
        locate(c, columnRatio, width, kind, align, half);
        const left = <usize>low * pixel, right = <usize>high * pixel;
        if (kind == NEAREST) {
          memory.copy(result, top + left, pixel);
        } else if (kind == NEAREST_GRADIENT) {
          addScaled(top + left, result, channels, 1);
        } else if (kind == GRADIENT) {
          addScaled(top + left, result, channels, (1 - lower) * (1 - weight));
          addScaled(top + right, result, channels, (1 - lower) * weight);
          addScaled(bottom + left, result, channels, lower * (1 - weight));
          addScaled(bottom + right, result, channels, lower * weight);
        } else {
          mix(result, top + left, top + right, bottom + left, bottom + right, channels, weight, lower);
        }
        result += pixel;
      }
    }
    source += image;
  }
}
