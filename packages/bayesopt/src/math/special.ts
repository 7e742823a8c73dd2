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
  2.3551578691348034,
  -0.004590054580646478,
  -0.08424913336651792,
  0.05920993999819189,
  -0.026658668435305753,
  0.009074997670705265,
  -0.002413163540417608,
  0.0004907758365258086,
  -6.916973302501207e-5,
  4.13902798607301e-6,
  7.74038306619849e-7,
  -2.1886401049234397e-7,
  1.076499946567091e-8,
  4.521959811218287e-9,
  -7.754400208831351e-10,
  -6.318088340886684e-11,
  2.86879501093067e-11,
  1.9455868545777347e-13,
  -9.65469674843344e-13,
  3.25254814814874e-14,
  3.3478119482868056e-14,
  -1.864562880419313e-15,
  -1.2507950530688648e-15,
  7.418235256624044e-17,
  5.068148904796111e-17,
);
const ERFCX_SHIFT = 3.75;

const SQRT2 = Math.SQRT2;
const LOG_SQRT_2PI = 0.9189385332046728;
const INV_SQRT_2PI = 0.3989422804014327;
const HALF_LOG_HALF_PI = 0.22579135264472744;
const SQRT_HALF_PI = Math.sqrt(Math.PI / 2);

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

/** d/dz log h(z) = Phi(z) / h(z); in the left tail both are divided by phi(z), which would underflow. */
export function logImprovementSlope(z: number): number {
  if (z > -1) return normalCdf(z) / improvement(z);
  if (z < ASYMPTOTIC_BELOW) return -z - 2 / z;
  return SQRT_HALF_PI * erfcx(-z / SQRT2) * Math.exp(-log1mRatio(z));
}

const LANCZOS_G = 607 / 128;
const LANCZOS = Float64Array.of(
  0.9999999999999971,
  57.15623566586292,
  -59.59796035547549,
  14.136097974741746,
  -0.4919138160976202,
  3.399464998481189e-5,
  4.652362892704858e-5,
  -9.837447530487956e-5,
  0.0001580887032249125,
  -0.00021026444172410488,
  0.00021743961811521265,
  -0.0001643181065367639,
  8.441822398385275e-5,
  -2.6190838401581408e-5,
  3.6899182659531625e-6,
);

/** Logarithm of the gamma function for x > 0 (Lanczos' approximation with Godfrey's coefficients). */
export function logGamma(x: number): number {
  let sum = LANCZOS[0]!;
  for (let k = 1; k < LANCZOS.length; k++) sum += LANCZOS[k]! / (x + k - 1);
  const t = x + LANCZOS_G - 0.5;
  return LOG_SQRT_2PI + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Below it, `digamma` moves up by the recurrence before its asymptotic series. */
const DIGAMMA_ASYMPTOTIC_FROM = 10;

/** Derivative of `logGamma` for x > 0. */
export function digamma(x: number): number {
  if (x < DIGAMMA_ASYMPTOTIC_FROM) return digamma(x + 1) - 1 / x;
  const r = 1 / (x * x);
  const series = r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - r * (691 / 32760))))));
  return Math.log(x) - 0.5 / x - series;
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
