/** Transforms of outcomes that are fitted to a sample: power families by maximum likelihood, and ranks. */

import { SkeinError } from '@skein/core';
import { normalQuantile } from '../math/special.ts';
import { logJacobian, type OutcomeTransform, yeoJohnson } from './outcome.ts';

/** Box and Cox's power family (J. Royal Stat. Soc. B 26, 1964) of positive outcomes; lambda 0 is the logarithm. */
export function boxCox(lambda: number): OutcomeTransform {
  return {
    label: `boxCox(${lambda})`,
    forward: (y) => (lambda === 0 ? Math.log(y) : Math.expm1(lambda * Math.log(y)) / lambda),
    inverse: (z) => (lambda === 0 ? Math.exp(z) : Math.exp(Math.log1p(lambda * z) / lambda)),
    logSlope: (y) => (lambda - 1) * Math.log(y),
  };
}

/** Where the exponents are searched. */
const RANGE = [-5, 5] as const;

/** The member of a family under which the sample is most likely normal, of any mean and variance. */
function mostLikely(family: (lambda: number) => OutcomeTransform, y: readonly number[]): OutcomeTransform {
  const logLikelihood = (lambda: number): number => {
    const transform = family(lambda);
    const z = y.map(transform.forward);
    const mean = z.reduce((a, b) => a + b, 0) / z.length;
    const variance = z.reduce((sum, v) => sum + (v - mean) ** 2, 0) / z.length;
    const value = -0.5 * y.length * Math.log(variance) + logJacobian(transform, y);
    return Number.isNaN(value) ? -Infinity : value;
  };
  return family(goldenSection(logLikelihood, ...RANGE));
}

/** The maximum of a function with a single one, to about eight digits. */
function goldenSection(f: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [x1, x2] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [f1, f2] = [f(x1), f(x2)];
  while (b - a > 1e-9) {
    if (f1 >= f2) {
      [b, x2, f2] = [x2, x1, f1];
      x1 = b - ratio * (b - a);
      f1 = f(x1);
    } else {
      [a, x1, f1] = [x1, x2, f2];
      x2 = a + ratio * (b - a);
      f2 = f(x2);
    }
  }
  return 0.5 * (a + b);
}

/** Throws `INPUT` for a sample without two different outcomes. */
function checkedSample(name: string, y: ArrayLike<number>): number[] {
  const sample = Array.from(y);
  if (new Set(sample).size > 1) return sample;
  throw new SkeinError('INPUT', `${name}: expected at least two different outcomes, got ${new Set(sample).size}`);
}

/** Yeo and Johnson's transform with the exponent of the highest likelihood. Throws `INPUT` for a constant sample. */
export const fitYeoJohnson = (y: ArrayLike<number>): OutcomeTransform =>
  mostLikely(yeoJohnson, checkedSample('fitYeoJohnson', y));

/** Box and Cox's with the exponent of the highest likelihood. Throws `INPUT` for a constant sample or one not positive. */
export function fitBoxCox(y: ArrayLike<number>): OutcomeTransform {
  const sample = checkedSample('fitBoxCox', y);
  const row = sample.findIndex((v) => !(v > 0));
  if (row < 0) return mostLikely(boxCox, sample);
  throw new SkeinError('INPUT', `fitBoxCox: expected positive outcomes, got ${sample[row]} in row ${row}`, {
    advice: 'fitYeoJohnson takes outcomes of any sign.',
  });
}

/**
 * Outcomes by their ranks: the k-th of n different ones becomes the normal quantile of (k - 1/2) / n, linear between them
 * and beyond the ends. Only the order of the sample is left. Throws `INPUT` for a constant sample.
 */
export function rankNormal(y: ArrayLike<number>): OutcomeTransform {
  const knots = [...new Set(checkedSample('rankNormal', y))].sort((a, b) => a - b);
  const scores = knots.map((_, k) => normalQuantile((k + 0.5) / knots.length));
  /** Index of the segment of `sorted` that a value lies in, the first and last reaching to infinity. */
  const segment = (sorted: readonly number[], v: number): number => {
    const above = sorted.findIndex((knot) => v < knot);
    return Math.min(sorted.length - 2, Math.max(0, (above < 0 ? sorted.length : above) - 1));
  };
  const slope = (k: number): number => (scores[k + 1]! - scores[k]!) / (knots[k + 1]! - knots[k]!);
  return {
    label: 'rankNormal',
    forward: (v) => {
      const k = segment(knots, v);
      return scores[k]! + slope(k) * (v - knots[k]!);
    },
    inverse: (z) => {
      const k = segment(scores, z);
      return knots[k]! + (z - scores[k]!) / slope(k);
    },
    logSlope: (v) => Math.log(slope(segment(knots, v))),
  };
}
