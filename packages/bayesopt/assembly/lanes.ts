// Helpers on two f64 lanes that every kernel file shares.

/** a * b + c. The relaxed build rounds once where the machine has a fused multiply-add; the plain build rounds twice. */
// @ts-ignore: decorator
@inline
export function muladd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** The sum of both lanes. */
// @ts-ignore: decorator
@inline
export function lanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}
