/**
 * Acquisition functions of several points together, by Monte Carlo with the reparameterisation trick: outcomes are
 * mean + L z with fixed quasi-random normals z, so that the score is one smooth function of the points (Wilson, Hutter
 * and Deisenroth, NeurIPS 2018).
 */

import { createRng } from '@skein/core';
import { quasiNormals } from '../design/normals.ts';
import type { GaussianProcess } from '../gp/gaussian-process.ts';
import { cholesky, choleskyOrThrow } from '../linalg/cholesky.ts';
import type { Inputs } from '../linalg/points.ts';
import { dot } from '../linalg/tiles.ts';
import { logMeanExp } from '../math/special.ts';

export interface MonteCarloOptions {
  /** Larger outcomes are better. */
  readonly maximise: boolean;
  /** Joint draws; powers of two fill space best. */
  readonly samples: number;
  readonly seed: number;
}

export const monteCarloDefaults = { maximise: false, samples: 512, seed: 0 } as const satisfies MonteCarloOptions;

/** A score of a batch of points: rows of d numbers. */
export type BatchScore = (points: Inputs) => number;

/** Outcomes at the points, signed so that smaller is better: `visit` sees one joint draw [q] at a time. */
function eachDraw(
  process: GaussianProcess,
  points: Inputs,
  { maximise, samples, seed }: MonteCarloOptions,
  visit: (draw: Float64Array, sample: number) => void,
): void {
  const { mean, covariance } = process.predictJoint(points);
  const q = mean.length;
  const flat = Float64Array.from(covariance.to1DArray());
  const size = Math.max(1e-12, ...covariance.diagonal());
  const { l } = choleskyOrThrow(cholesky(flat, q, size), 'covariance of the batch');
  const normals = quasiNormals(samples, q, createRng(seed).split('monte-carlo'));
  const sign = maximise ? -1 : 1;
  for (let s = 0; s < samples; s++) {
    visit(
      mean.map((m, i) => sign * (m + dot(l, i * q, normals, s * q, i + 1))),
      s,
    );
  }
}

/** Improvement of the best of a batch over `best`, draw by draw. */
function improvements(
  process: GaussianProcess,
  points: Inputs,
  best: number,
  options: MonteCarloOptions,
): Float64Array {
  const target = options.maximise ? -best : best;
  const gains = new Float64Array(options.samples);
  eachDraw(process, points, options, (draw, s) => {
    gains[s] = target - draw.reduce((low, v) => Math.min(low, v), Infinity);
  });
  return gains;
}

/** Expected improvement of the best of q points over `best`. */
export function qExpectedImprovement(
  process: GaussianProcess,
  options: Partial<MonteCarloOptions> & { readonly best: number },
): BatchScore {
  const settings = { ...monteCarloDefaults, ...options };
  return (points) => {
    const gains = improvements(process, points, options.best, settings);
    return gains.reduce((sum, gain) => sum + Math.max(0, gain), 0) / gains.length;
  };
}

/** Width of the soft corner of `qLogExpectedImprovement`, in units of the outcomes. */
const CORNER = 1e-3;

/**
 * Logarithm of the expected improvement with a soft corner that has a fat tail, so that it stays informative where no
 * draw improves (Ament et al., NeurIPS 2023). Slightly above `log(qExpectedImprovement)`.
 */
export function qLogExpectedImprovement(
  process: GaussianProcess,
  options: Partial<MonteCarloOptions> & { readonly best: number },
): BatchScore {
  const settings = { ...monteCarloDefaults, ...options };
  const softLog = (gain: number): number => {
    const x = gain / CORNER;
    const soft = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    return Math.log(CORNER * (soft + 0.1 / (1 + x * x)));
  };
  return (points) => logMeanExp(improvements(process, points, options.best, settings).map(softLog));
}

/** Mean over draws of the best of q confidence bounds: mean + coefficient * sqrt(pi / 2) * |deviation from the mean|. */
export function qUpperConfidenceBound(
  process: GaussianProcess,
  options: Partial<MonteCarloOptions> & { readonly coefficient?: number } = {},
): BatchScore {
  const settings = { ...monteCarloDefaults, ...options };
  const stretch = (options.coefficient ?? 1.8) * Math.sqrt(Math.PI / 2);
  return (points) => {
    const sign = settings.maximise ? -1 : 1;
    const centre = process.predict(points).mean.map((m) => sign * m);
    let sum = 0;
    eachDraw(process, points, settings, (draw) => {
      sum += draw.reduce((top, v, i) => Math.max(top, -centre[i]! + stretch * Math.abs(v - centre[i]!)), -Infinity);
    });
    return sum / settings.samples;
  };
}
