/**
 * Prior densities of hyperparameters, over the natural value (a length scale, a variance), not its logarithm. All are
 * normalised unless they say otherwise.
 */

import { type Rng, SkeinError } from '@skein/core';
import { logGamma } from '../math/special.ts';

/** A prior over one hyperparameter. */
export interface Prior {
  readonly label: string;
  /** Logarithm of the density at `value`. */
  logDensity(value: number): number;
  /** Derivative of `logDensity`. */
  slope(value: number): number;
  /** A draw, or null where the prior cannot be drawn from. */
  sample(rng: Rng): number | null;
}

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

function checkPositive(name: string, values: Readonly<Record<string, number>>): void {
  for (const [key, value] of Object.entries(values)) {
    if (!(value > 0)) throw new SkeinError('INPUT', `${name}: ${key}: expected a positive number, got ${value}`);
  }
}

/** Gamma(concentration a, rate b): density b^a x^(a-1) exp(-b x) / Gamma(a). */
export function gammaPrior(concentration: number, rate: number): Prior {
  checkPositive('gammaPrior', { concentration, rate });
  const constant = concentration * Math.log(rate) - logGamma(concentration);
  return {
    label: `gamma(${concentration}, ${rate})`,
    logDensity: (x) => constant + (concentration - 1) * Math.log(x) - rate * x,
    slope: (x) => (concentration - 1) / x - rate,
    sample: (rng) => sampleGamma(rng, concentration) / rate,
  };
}

/** Marsaglia and Tsang's method (ACM TOMS 26, 2000), with the usual boost below concentration 1. */
function sampleGamma(rng: Rng, concentration: number): number {
  if (concentration < 1) return sampleGamma(rng, concentration + 1) * rng.uniform() ** (1 / concentration);
  const d = concentration - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = rng.normal();
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(1 - rng.uniform()) < 0.5 * z * z + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** log x ~ Normal(location, scale). */
export function logNormalPrior(location: number, scale: number): Prior {
  checkPositive('logNormalPrior', { scale });
  const standard = (x: number): number => (Math.log(x) - location) / scale;
  return {
    label: `logNormal(${location}, ${scale})`,
    logDensity: (x) => -0.5 * standard(x) ** 2 - Math.log(x * scale) - HALF_LOG_2PI,
    slope: (x) => -(standard(x) / scale + 1) / x,
    sample: (rng) => Math.exp(location + scale * rng.normal()),
  };
}

/** Normal(mean, deviation). */
export function normalPrior(mean: number, deviation: number): Prior {
  checkPositive('normalPrior', { deviation });
  return {
    label: `normal(${mean}, ${deviation})`,
    logDensity: (x) => -0.5 * ((x - mean) / deviation) ** 2 - Math.log(deviation) - HALF_LOG_2PI,
    slope: (x) => (mean - x) / deviation ** 2,
    sample: (rng) => mean + deviation * rng.normal(),
  };
}

/** Half-Cauchy on positive values: density 2 / (pi scale (1 + (x / scale)^2)). */
export function halfCauchyPrior(scale: number): Prior {
  checkPositive('halfCauchyPrior', { scale });
  return {
    label: `halfCauchy(${scale})`,
    logDensity: (x) => Math.log(2 / (Math.PI * scale)) - Math.log1p((x / scale) ** 2),
    slope: (x) => (-2 * x) / (scale ** 2 + x ** 2),
    sample: (rng) => scale * Math.tan((Math.PI / 2) * rng.uniform()),
  };
}

/**
 * A barrier that keeps a length scale of unit-cube inputs away from 0 and infinity: -strength (l^2 + 1 / l^2), not
 * normalised. It is Optuna's prior for Gaussian processes, which holds for the inverse square of the length scale.
 */
export function lengthscaleBarrier(strength = 0.1): Prior {
  checkPositive('lengthscaleBarrier', { strength });
  return {
    label: `barrier(${strength})`,
    logDensity: (x) => -strength * (x ** 2 + x ** -2),
    slope: (x) => -2 * strength * (x - x ** -3),
    sample: () => null,
  };
}
