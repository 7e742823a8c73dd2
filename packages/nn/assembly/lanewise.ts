// Elementary functions that are not worth vectorising: each lane through the double-precision standard library.

export function sin4(x: v128): v128 {
  return f32x4(
    <f32>NativeMath.sin(<f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.sin(<f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.sin(<f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.sin(<f64>f32x4.extract_lane(x, 3)),
  );
}

export function cos4(x: v128): v128 {
  return f32x4(
    <f32>NativeMath.cos(<f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.cos(<f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.cos(<f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.cos(<f64>f32x4.extract_lane(x, 3)),
  );
}

export function tan4(x: v128): v128 {
  return f32x4(
    <f32>NativeMath.tan(<f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.tan(<f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.tan(<f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.tan(<f64>f32x4.extract_lane(x, 3)),
  );
}

export function asin4(x: v128): v128 {
  return f32x4(
    <f32>NativeMath.asin(<f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.asin(<f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.asin(<f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.asin(<f64>f32x4.extract_lane(x, 3)),
  );
}

export function acos4(x: v128): v128 {
  return f32x4(
    <f32>NativeMath.acos(<f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.acos(<f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.acos(<f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.acos(<f64>f32x4.extract_lane(x, 3)),
  );
}

export function atan4(x: v128): v128 {
  return f32x4(
    <f32>NativeMath.atan(<f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.atan(<f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.atan(<f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.atan(<f64>f32x4.extract_lane(x, 3)),
  );
}

export function sinh4(x: v128): v128 {
  return f32x4(
    <f32>NativeMath.sinh(<f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.sinh(<f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.sinh(<f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.sinh(<f64>f32x4.extract_lane(x, 3)),
  );
}

export function cosh4(x: v128): v128 {
  return f32x4(
    <f32>NativeMath.cosh(<f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.cosh(<f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.cosh(<f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.cosh(<f64>f32x4.extract_lane(x, 3)),
  );
}

export function asinh4(x: v128): v128 {
  return f32x4(
    <f32>NativeMath.asinh(<f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.asinh(<f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.asinh(<f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.asinh(<f64>f32x4.extract_lane(x, 3)),
  );
}

export function acosh4(x: v128): v128 {
  return f32x4(
    <f32>NativeMath.acosh(<f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.acosh(<f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.acosh(<f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.acosh(<f64>f32x4.extract_lane(x, 3)),
  );
}

export function atanh4(x: v128): v128 {
  return f32x4(
    <f32>NativeMath.atanh(<f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.atanh(<f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.atanh(<f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.atanh(<f64>f32x4.extract_lane(x, 3)),
  );
}

/** x to the power y; squares and square roots, which are most of them, stay vectors. */
export function pow4(x: v128, y: v128): v128 {
  if (i32x4.all_true(f32x4.eq(y, f32x4.splat(2)))) return f32x4.mul(x, x);
  return f32x4(
    <f32>NativeMath.pow(<f64>f32x4.extract_lane(x, 0), <f64>f32x4.extract_lane(y, 0)),
    <f32>NativeMath.pow(<f64>f32x4.extract_lane(x, 1), <f64>f32x4.extract_lane(y, 1)),
    <f32>NativeMath.pow(<f64>f32x4.extract_lane(x, 2), <f64>f32x4.extract_lane(y, 2)),
    <f32>NativeMath.pow(<f64>f32x4.extract_lane(x, 3), <f64>f32x4.extract_lane(y, 3)),
  );
}

export function atan24(y: v128, x: v128): v128 {
  return f32x4(
    <f32>NativeMath.atan2(<f64>f32x4.extract_lane(y, 0), <f64>f32x4.extract_lane(x, 0)),
    <f32>NativeMath.atan2(<f64>f32x4.extract_lane(y, 1), <f64>f32x4.extract_lane(x, 1)),
    <f32>NativeMath.atan2(<f64>f32x4.extract_lane(y, 2), <f64>f32x4.extract_lane(x, 2)),
    <f32>NativeMath.atan2(<f64>f32x4.extract_lane(y, 3), <f64>f32x4.extract_lane(x, 3)),
  );
}

/** The remainder with the sign of the divisor, as tfjs computes it. */
function remainder(a: f64, b: f64): f32 {
  const rest = a % b;
  return <f32>((a < 0 && b < 0) || (a >= 0 && b >= 0) ? rest : (rest + b) % b);
}

export function mod4(x: v128, y: v128): v128 {
  return f32x4(
    remainder(<f64>f32x4.extract_lane(x, 0), <f64>f32x4.extract_lane(y, 0)),
    remainder(<f64>f32x4.extract_lane(x, 1), <f64>f32x4.extract_lane(y, 1)),
    remainder(<f64>f32x4.extract_lane(x, 2), <f64>f32x4.extract_lane(y, 2)),
    remainder(<f64>f32x4.extract_lane(x, 3), <f64>f32x4.extract_lane(y, 3)),
  );
}
