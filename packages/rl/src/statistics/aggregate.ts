/**
 * Statistics over few runs: the interquartile mean with bootstrap intervals (Agarwal et al., "Deep reinforcement learning
 * at the edge of the statistical precipice", arXiv:2108.13264). A mean over five seeds hangs on its worst seed, a median
 * ignores most of them; the interquartile mean uses the middle half.
 */

import { createRng, SkeinError, show } from '@skein/core';

/** What `bootstrapInterval` takes. */
export interface BootstrapOptions {
  /** Share of resamples that lie within the interval. */
  readonly confidence?: number;
  readonly resamples?: number;
  readonly seed?: number;
}

export const bootstrapDefaults = { confidence: 0.95, resamples: 2000, seed: 0 } as const satisfies BootstrapOptions;

/** A statistic with its interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The mean of the middle half: a quarter of the values is left out at each end; a value on the edge counts by the part of
 * it that lies inside, so five values weigh 0, 0.75, 1, 0.75, 0. Throws `INPUT` for no values.
 */
export function interquartileMean(values: ArrayLike<number>): number {
  const n = values.length;
  if (n === 0) throw new SkeinError('INPUT', 'interquartileMean: expected at least one value, got none');
  const sorted = Float64Array.from(values).sort();
  const [from, to] = [n / 4, (3 * n) / 4];
  let sum = 0;
  for (let i = Math.floor(from); i < Math.ceil(to); i++) {
    sum += sorted[i]! * (Math.min(i + 1, to) - Math.max(i, from));
  }
  return sum / (to - from);
}

/** A statistic of values with its percentile bootstrap interval; deterministic by seed. Throws `INPUT` for no values. */
export function bootstrapInterval(
  values: ArrayLike<number>,
  statistic: (values: ArrayLike<number>) => number = interquartileMean,
  options: BootstrapOptions = {},
): Estimate {
  const { confidence, resamples, seed } = { ...bootstrapDefaults, ...options };
  if (!(confidence > 0 && confidence < 1)) {
    throw new SkeinError('INPUT', `confidence: expected a number between 0 and 1, got ${show(confidence)}`);
  }
  const value = statistic(values);
  const rng = createRng(seed).split('bootstrap');
  const sample = new Float64Array(values.length);
  const found = Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < sample.length; i++) sample[i] = values[rng.integer(values.length)]!;
    return statistic(sample);
  }).sort();
  const tail = (1 - confidence) / 2;
  return { value, low: quantile(found, tail), high: quantile(found, 1 - tail) };
}

/** Linear between the two nearest of sorted values. */
function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (at - below);
}
