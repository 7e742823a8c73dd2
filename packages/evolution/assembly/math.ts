// Elementary functions on two f64 lanes: range reduction and minimax polynomials, within about two units in the last
// place of the correctly rounded result. Plain SIMD only, whose operations round alike everywhere: equal inputs give
// equal bits on every machine.

// @ts-ignore: decorator
@inline
export function splat(x: f64): v128 {
  return f64x2.splat(x);
}

/** a * b + c, rounded twice. */
// @ts-ignore: decorator
@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f64x2.add(f64x2.mul(a, b), c);
}

/** Natural logarithm of positive, normal x; about -709 at 0. log((1+s)/(1-s)) is 2s plus an odd polynomial in s. */
// @ts-ignore: decorator
@inline
export function log2Lanes(x: v128): v128 {
  // The mantissa is brought into [sqrt(1/2), sqrt(2)); the exponent is read through the bits of 2^52 + k + 1024.
  const moved = i64x2.add(i64x2.sub(x, i64x2.splat(0x3fe6a09e00000000)), i64x2.splat(0x4000000000000000));
  const magic = v128.or(i64x2.shr_u(moved, 52), i64x2.splat(0x4330000000000000));
  const exponent = f64x2.sub(magic, splat(4503599627371520));
  const whole = v128.and(moved, i64x2.splat(0xfff0000000000000));
  const m = i64x2.sub(x, i64x2.sub(whole, i64x2.splat(0x4000000000000000)));
  const f = f64x2.sub(m, splat(1));
  const s = f64x2.div(f, f64x2.add(f, splat(2)));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  const p01 = fma(splat(0.6666666666666734), z, splat(2));
  const p23 = fma(splat(0.28571428742387506), z, splat(0.3999999999941468));
  const p45 = fma(splat(0.18183564325659218), z, splat(0.2222219857319476));
  const p67 = fma(splat(0.14795949608157), z, splat(0.15314050562476939));
  const p = fma(fma(p67, z2, p45), f64x2.mul(z2, z2), fma(p23, z2, p01));
  return fma(f64x2.mul(s, p), splat(1.4426950408889634), exponent);
}

/** 2^y, cut to |y| <= 1000. */
// @ts-ignore: decorator
@inline
export function exp2Lanes(y: v128): v128 {
  const cut = f64x2.pmin(f64x2.pmax(y, splat(-1000)), splat(1000));
  const n = f64x2.nearest(cut);
  const r = f64x2.sub(cut, n);
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const p01 = fma(splat(0.6931471805599453), r, splat(1));
  const p23 = fma(splat(0.055504108664819925), r, splat(0.24022650695910155));
  const p45 = fma(splat(1.3333558146789953e-3), r, splat(9.618129107588335e-3));
  const p67 = fma(splat(1.5252733489958482e-5), r, splat(1.5403530462514665e-4));
  const p89 = fma(splat(1.0178198034339594e-7), r, splat(1.3215433089568535e-6));
  const pab = fma(splat(4.4352807871593403e-10), r, splat(7.074105630639217e-9));
  const low = fma(p23, r2, p01), middle = fma(p67, r2, p45), high = fma(pab, r2, p89);
  const p = fma(fma(high, r4, middle), r4, low);
  // 2^n: n + 1023 in the low bits of a number beyond 2^52, moved to the exponent.
  const scale = i64x2.shl(f64x2.add(n, splat(4503599627371519)), 52);
  return f64x2.mul(p, scale);
}

/** sin(pi t) for |t| <= 1/2. */
// @ts-ignore: decorator
@inline
export function sinePiLanes(t: v128): v128 {
  const s = f64x2.mul(t, t);
  const s2 = f64x2.mul(s, s);
  const p01 = fma(splat(-5.167712780049969), s, splat(3.141592653589793));
  const p23 = fma(splat(-0.5992645293187383), s, splat(2.550164039877294));
  const p45 = fma(splat(-7.370430478763414e-3), s, splat(0.0821458865698929));
  const p67 = fma(splat(-2.1903185414355263e-5), s, splat(4.6629968877320193e-4));
  const p8 = splat(7.694727227762676e-7);
  const p = fma(fma(fma(p8, s2, p67), s2, p45), f64x2.mul(s2, s2), fma(p23, s2, p01));
  return f64x2.mul(p, t);
}

/** cos(pi x) = sin(pi (1/2 - |x'|)) with x' = x reduced to [-1, 1]. */
// @ts-ignore: decorator
@inline
export function cosinePiLanes(x: v128): v128 {
  const reduced = f64x2.sub(x, f64x2.mul(splat(2), f64x2.nearest(f64x2.mul(x, splat(0.5)))));
  return sinePiLanes(f64x2.sub(splat(0.5), f64x2.abs(reduced)));
}

/** x^n for x in [0, 1], n >= 1: by repeated squaring for whole n, else through logarithms. */
// @ts-ignore: decorator
@inline
export function powerLanes(x: v128, n: f64): v128 {
  if (n != nearest(n) || n > 64) return exp2Lanes(f64x2.mul(log2Lanes(x), splat(n)));
  let result = splat(1), square = x;
  for (let rest = <i32>n; rest > 0; rest >>= 1) {
    if (rest & 1) result = f64x2.mul(result, square);
    square = f64x2.mul(square, square);
  }
  return result;
}
