/** Markov chain Monte Carlo by random-walk Metropolis: samples from a density known up to a factor. */

import { createRng, SkeinError } from '@skein/core';

export interface MetropolisOptions {
  /** Samples that are kept. */
  readonly samples: number;
  /** Steps before the first kept sample; the step size adapts to the target rate during them. */
  readonly warmup: number;
  /** Steps between kept samples. */
  readonly thin: number;
  /** Standard deviation of the proposal's steps at first, in every coordinate. */
  readonly step: number;
  readonly seed: number;
}

export const metropolisDefaults = {
  samples: 1000,
  warmup: 1000,
  thin: 5,
  step: 0.1,
  seed: 0,
} as const satisfies MetropolisOptions;

/** The best rate for many coordinates (Roberts, Gelman and Gilks 1997). */
const TARGET_RATE = 0.234;

/** What a chain gave. */
export interface Chain {
  readonly samples: readonly Float64Array[];
  /** Share of accepted proposals after the warm-up. */
  readonly acceptance: number;
}

/** Runs a chain on `logDensity` from `start`. Throws `NUMERIC` if the density is not finite there. */
export function metropolis(
  logDensity: (x: Float64Array) => number,
  start: ArrayLike<number>,
  given: Partial<MetropolisOptions> = {},
): Chain {
  const { samples, warmup, thin, step, seed } = { ...metropolisDefaults, ...given };
  const rng = createRng(seed).split('metropolis');
  let x = Float64Array.from(start);
  let density = logDensity(x);
  if (!Number.isFinite(density)) {
    throw new SkeinError('NUMERIC', `metropolis: expected a finite log density at the start, got ${density}`);
  }
  let logStep = Math.log(step);
  let accepted = 0;
  const kept: Float64Array[] = [];
  for (let i = 0; i < warmup + samples * thin; i++) {
    const proposal = x.map((v) => v + Math.exp(logStep) * rng.normal());
    const proposed = logDensity(proposal);
    const isAccepted = Math.log(1 - rng.uniform()) < proposed - density;
    if (isAccepted) {
      x = proposal;
      density = proposed;
    }
    if (i < warmup) {
      logStep += ((isAccepted ? 1 : 0) - TARGET_RATE) / Math.sqrt(i + 1);
      continue;
    }
    if (isAccepted) accepted++;
    if ((i - warmup) % thin === thin - 1) kept.push(x);
  }
  return { samples: kept, acceptance: accepted / (samples * thin) };
}
