/**
 * Special functions that JavaScript lacks, in double precision.
 *
 * Notation: erfc(x) = 2/sqrt(pi) integral from x of exp(-t^2); erfcx(x) = exp(x^2) erfc(x); phi and Phi are the density
 * and the distribution function of the standard normal; h(z) = phi(z) + z Phi(z).
 */

/**
 * Chebyshev coefficients of (1 + 2x) erfcx(x) in t = (x - 3.75) / (x + 3.75), a form due to Shepherd and Laframboise
 * (Mathematics of Computation 36, 1981). Computed with 60 digits by fixtures/special.py.
 */
const ERFCX_CHEBYSHEV = Float64Array.of(
  2.3551578691348035082,
  -0.0045900545806464773309,
  -0.084249133366517915584,
  0.059209939998191890498,
  -0.026658668435305752277,
  0.0090749976707052650939,
  -0.0024131635404176081909,
  4.9077583652580863229e-4,
  -6.9169733025012063671e-5,
  4.1390279860730101675e-6,
  7.7403830661984906686e-7,
  -2.1886401049234395661e-7,
  1.0764999465670910377e-8,
  4.5219598112182868979e-9,
  -7.7544002088313511065e-10,
  -6.3180883408866844944e-11,
  2.8687950109306698981e-11,
  1.945586854577734723e-13,
  -9.6546967484334389059e-13,
  3.2525481481487398415e-14,
  3.3478119482868053878e-14,
  -1.8645628804193131015e-15,
  -1.2507950530688647085e-15,
  7.418235256624043463e-17,
  5.0681489047961113168e-17,
);
const ERFCX_SHIFT = 3.75;

const SQRT2 = Math.SQRT2;
const LOG_SQRT_2PI = 0.918938533204672741780329736406;
const INV_SQRT_2PI = 0.398942280401432677939946059934;
const HALF_LOG_HALF_PI = 0.225791352644727432363097614947;

/** Clenshaw's sum; the first coefficient counts half. */
function chebyshevSum(coefficients: Float64Array, t: number): number {
  let b1 = 0;
  let b2 = 0;
  for (let k = coefficients.length - 1; k > 0; k--) {
    const b0 = 2 * t * b1 - b2 + coefficients[k]!;
    b2 = b1;
    b1 = b0;
  }
  return t * b1 - b2 + 0.5 * coefficients[0]!;
}

/** exp(x^2), with the rounding error of x^2 put back: relative error a few ulp even where x^2 is large. */
function expSquare(x: number, sign: 1 | -1): number {
  const high = Math.fround(x);
  const low = x - high;
  // high * high is exact in double precision.
  return Math.exp(sign * high * high) * Math.exp(sign * low * (x + high));
}

/** Scaled complementary error function exp(x^2) erfc(x). Relative error below 1e-14; Infinity below x = -26.6. */
export function erfcx(x: number): number {
  if (x < 0) return 2 * expSquare(x, 1) - erfcx(-x);
  if (x > 1e8) return 1 / (x * Math.sqrt(Math.PI));
  return chebyshevSum(ERFCX_CHEBYSHEV, (x - ERFCX_SHIFT) / (x + ERFCX_SHIFT)) / (1 + 2 * x);
}

/** Complementary error function 1 - erf(x), with full relative accuracy in the right tail. */
export function erfc(x: number): number {
  return x < 0 ? 2 - erfc(-x) : expSquare(x, -1) * erfcx(x);
}

/** Standard normal density. */
export const normalPdf = (z: number): number => INV_SQRT_2PI * Math.exp(-0.5 * z * z);

/** Logarithm of the standard normal density. */
export const normalLogPdf = (z: number): number => -0.5 * z * z - LOG_SQRT_2PI;

/** Standard normal distribution function, with full relative accuracy in the left tail. */
export const normalCdf = (z: number): number => 0.5 * erfc(-z / SQRT2);

/** Logarithm of the standard normal distribution function; finite for every finite z. */
export function normalLogCdf(z: number): number {
  if (z > 0) return Math.log1p(-0.5 * erfc(z / SQRT2));
  return Math.log(0.5 * erfcx(-z / SQRT2)) - 0.5 * z * z;
}

/**
 * Quantile function of the standard normal: the z with Phi(z) = p, for p in (0, 1). A rational start (Abramowitz and
 * Stegun 26.2.23) polished by Halley steps to double precision.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : Number.NaN;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 3; step++) {
    const error = (normalCdf(z) - p) / normalPdf(z);
    z -= error / (1 + 0.5 * z * error);
  }
  return z;
}

/** log(1 - exp(x)) for x < 0, without cancellation (Maechler 2012). */
export function log1mExp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

/** h(z) = phi(z) + z Phi(z): expected improvement in units of the standard deviation. Underflows below z = -38. */
export function improvement(z: number): number {
  return z > -1 ? normalPdf(z) + z * normalCdf(z) : Math.exp(logImprovement(z));
}

/** Below it, the asymptotic form of log h is exact in double precision. */
const ASYMPTOTIC_BELOW = -1e6;

/**
 * log h(z), accurate for every z (Ament et al., "Unexpected improvements to expected improvement", NeurIPS 2023): for
 * z <= -1, log phi(z) + log(1 - |z| Phi(z)/phi(z)) with the ratio taken from erfcx.
 */
export function logImprovement(z: number): number {
  if (z > -1) return Math.log(normalPdf(z) + z * normalCdf(z));
  if (z < ASYMPTOTIC_BELOW) return normalLogPdf(z) - 2 * Math.log(-z);
  return normalLogPdf(z) + log1mRatio(z);
}

/** log(1 - |z| Phi(z)/phi(z)) for z <= -1. Below -20 the difference is summed as an asymptotic series. */
function log1mRatio(z: number): number {
  if (z > -20) return log1mExp(Math.log(erfcx(-z / SQRT2) * -z) + HALF_LOG_HALF_PI);
  const r = 1 / (z * z);
  // 1 - |z| Phi/phi = r - 3 r^2 + 15 r^3 - 105 r^4 + ...
  let term = r;
  let sum = 0;
  for (let k = 3; Math.abs(term) > 1e-18 * r && k < 40; k += 2) {
    sum += term;
    term *= -k * r;
  }
  return Math.log(sum);
}

/** d/dz log h(z) = Phi(z) / h(z), stable in the left tail. */
export function logImprovementSlope(z: number): number {
  return z > -1 ? normalCdf(z) / improvement(z) : Math.exp(normalLogCdf(z) - logImprovement(z));
}

const LANCZOS_G = 607 / 128;
const LANCZOS = Float64Array.of(
  0.99999999999999709182,
  57.156235665862923517,
  -59.597960355475491248,
  14.136097974741747174,
  -0.49191381609762019978,
  0.33994649984811888699e-4,
  0.46523628927048575665e-4,
  -0.98374475304879564677e-4,
  0.15808870322491248884e-3,
  -0.21026444172410488319e-3,
  0.2174396181152126432e-3,
  -0.16431810653676389022e-3,
  0.84418223983852743293e-4,
  -0.2619083840158140867e-4,
  0.36899182659531622704e-5,
);

/** Logarithm of the gamma function for x > 0 (Lanczos' approximation with Godfrey's coefficients). */
export function logGamma(x: number): number {
  let sum = LANCZOS[0]!;
  for (let k = 1; k < LANCZOS.length; k++) sum += LANCZOS[k]! / (x + k - 1);
  const t = x + LANCZOS_G - 0.5;
  return LOG_SQRT_2PI + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** log of the mean of exp(values), without overflow. */
export function logMeanExp(values: ArrayLike<number>): number {
  let top = -Infinity;
  for (let i = 0; i < values.length; i++) top = Math.max(top, values[i]!);
  if (!Number.isFinite(top)) return top;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - top);
  return top + Math.log(sum / values.length);
}
