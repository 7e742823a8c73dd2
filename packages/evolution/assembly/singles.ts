// Elementary functions on four f32 lanes: range reduction and minimax polynomials, with relative errors of about 1e-7.
// Plain SIMD only, like math.ts.

// @ts-ignore: decorator
@inline
export function splat4(x: f32): v128 {
  return f32x4.splat(x);
}

/** a * b + c, rounded twice. */
// @ts-ignore: decorator
@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Binary logarithm of positive, normal x; near x = 1 as precise as elsewhere. An odd polynomial in (m - 1) / (m + 1). */
// @ts-ignore: decorator
@inline
export function log2Singles(x: v128): v128 {
  // The mantissa m is brought into [sqrt(1/2), sqrt(2)).
  const root = i32x4.splat(0x3f3504f3);
  const moved = i32x4.sub(x, root);
  const exponent = f32x4.convert_i32x4_s(i32x4.shr_s(moved, 23));
  const m = i32x4.add(v128.and(moved, i32x4.splat(0x007fffff)), root);
  const s = f32x4.div(f32x4.sub(m, splat4(1)), f32x4.add(m, splat4(1)));
  const z = f32x4.mul(s, s);
  const p01 = fma(splat4(0.96179885), z, splat4(2.88539008)), p23 = fma(splat4(0.43173588), z, splat4(0.57671438));
  return fma(s, fma(p23, f32x4.mul(z, z), p01), exponent);
}

/** 2^y - 1 for |y| <= 126, near y = 0 as precise as elsewhere. */
// @ts-ignore: decorator
@inline
export function exp2MinusOneSingles(y: v128): v128 {
  // Beyond 1.5 * 2^23 the bits count whole numbers.
  const magic = splat4(12582912);
  const moved = f32x4.add(y, magic);
  const r = f32x4.sub(y, f32x4.sub(moved, magic));
  const r2 = f32x4.mul(r, r);
  const p01 = fma(splat4(0.240226498), r, splat4(0.693147188));
  const p23 = fma(splat4(9.6182375e-3), r, splat4(0.0555035743));
  const p45 = fma(splat4(1.54035123e-4), r, splat4(1.33907355e-3));
  const p = fma(fma(p45, r2, p23), r2, p01);
  const scale = i32x4.add(i32x4.shl(moved, 23), i32x4.splat(0x3f800000));
  return fma(f32x4.mul(r, p), scale, f32x4.sub(scale, splat4(1)));
}

/** x^n for x in [0, 1], n >= 1: by repeated squaring for whole n, else through logarithms; at least about 2^-30. */
// @ts-ignore: decorator
@inline
export function powerSingles(x: v128, n: f32): v128 {
  if (n != nearest(n) || n > 64) return f32x4.add(exp2MinusOneSingles(f32x4.mul(log2Singles(x), splat4(n))), splat4(1));
  let result = splat4(1), square = x;
  for (let rest = <i32>n; rest > 0; rest >>= 1) {
    if (rest & 1) result = f32x4.mul(result, square);
    square = f32x4.mul(square, square);
  }
  return result;
}
