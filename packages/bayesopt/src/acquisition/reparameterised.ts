/**
 * Scores of batches by Monte Carlo with the reparameterisation trick: outcomes are mean + L z with fixed quasi-random
 * normals z, so that a score is one smooth function of the points, with a gradient (Wilson, Hutter and Deisenroth,
 * "Maximizing acquisition functions for Bayesian optimization", NeurIPS 2018).
 *
 * Notation. m: points that are drawn together, the baseline first, then the q of the batch. S: draws. L: Cholesky factor
 * of the joint covariance. Outcomes are signed so that smaller is better.
 */

import { createRng } from '@skein/core';
import { quasiNormals } from '../design/normals.ts';
import type { GaussianProcess } from '../gp/gaussian-process.ts';
import { jointPosterior } from '../gp/joint.ts';
import { type Cholesky, cholesky, choleskyOrThrow } from '../linalg/cholesky.ts';
import { choleskyGradient } from '../linalg/cholesky-gradient.ts';
import { dot } from '../linalg/dot.ts';
import { concatPoints, type Inputs, type Points, toPoints } from '../linalg/points.ts';

export interface MonteCarloOptions {
  /** Larger outcomes are better. */
  readonly maximise: boolean;
  /** Joint draws; powers of two fill space best. */
  readonly samples: number;
  readonly seed: number;
}

export const monteCarloDefaults = { maximise: false, samples: 512, seed: 0 } as const satisfies MonteCarloOptions;

/** A score of a batch of points, larger for better ones: q rows of d numbers. */
export interface BatchScore {
  (points: Inputs): number;
  /** The score and its derivatives by the points, row-major [q, d]. */
  withGradient(points: Inputs): { readonly value: number; readonly gradient: Float64Array };
}

/** Joint draws: outcome i of draw s is mean[i] + deviation[s * m + i]. */
export interface Draws {
  readonly m: number;
  readonly samples: number;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Derivatives of a score by what the draws are made of, to be filled. */
export interface DrawSlopes {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Scores draws; adds its derivatives to `slopes`. */
export type Utility = (draws: Draws, slopes: DrawSlopes) => number;

/** Joint draws at some points, and the way back from derivatives by them to derivatives by the points. */
export interface Drawn {
  readonly draws: Draws;
  /** Derivatives of a score by the points after the baseline [q, d]. */
  pullback(slopes: DrawSlopes): Float64Array;
}

/**
 * Draws from the joint posterior at the batch, and at the `baseline` before it, which does not move. `normalsOf`: the
 * standard normals [samples, m].
 */
export function drawJointly(
  process: GaussianProcess,
  points: Inputs,
  { maximise, samples, seed }: MonteCarloOptions,
  baseline?: Points,
  normalsOf = (m: number): Float64Array => quasiNormals(samples, m, createRng(seed).split('monte-carlo')),
): Drawn {
  const at = process.conditioned;
  const fixed = baseline ?? { data: new Float64Array(0), n: 0, d: at.x.d };
  const joint = jointPosterior(at, concatPoints(fixed, toPoints(points, 'points', at.x.d)));
  const m = joint.mean.length;
  const factor = jointFactor(joint.covariance, m);
  const normals = normalsOf(m);
  const sign = maximise ? -1 : 1;
  const deviation = new Float64Array(samples * m);
  for (let s = 0; s < samples; s++) {
    for (let i = 0; i < m; i++) deviation[s * m + i] = sign * dot(factor.l, i * m, normals, s * m, i + 1);
  }
  return {
    draws: { m, samples, mean: joint.mean.map((v) => sign * v), deviation },
    pullback: (slopes) => {
      const byMean = slopes.mean.map((v) => sign * v);
      const byFactor = contract(slopes.deviation, normals, m, sign);
      return joint.pullback(byMean, choleskyGradient(factor, byFactor), fixed.n).subarray(fixed.data.length);
    },
  };
}

/** Where the posterior is certain its covariance is singular: the jitter is measured by the largest variance. */
function jointFactor(covariance: Float64Array, m: number): Cholesky {
  let size = 1e-12;
  for (let i = 0; i < m; i++) size = Math.max(size, covariance[i * m + i]!);
  return choleskyOrThrow(cholesky(covariance, m, size), 'covariance of the batch');
}

/** Derivatives by the factor's lower triangle: deviation i is sign * (row i of L) . z. */
function contract(slopes: Float64Array, normals: Float64Array, m: number, sign: number): Float64Array {
  const byFactor = new Float64Array(m * m);
  for (let at = 0; at < slopes.length; at += m) {
    for (let i = 0; i < m; i++) {
      const slope = sign * slopes[at + i]!;
      if (slope === 0) continue;
      for (let j = 0; j <= i; j++) byFactor[i * m + j]! += slope * normals[at + j]!;
    }
  }
  return byFactor;
}

/** No derivatives yet. */
export const emptySlopes = ({ m, samples }: Draws): DrawSlopes => ({
  mean: new Float64Array(m),
  deviation: new Float64Array(samples * m),
});

/** The score of a batch as the utility of its draws, joint with those at the baseline. */
export function reparameterised(
  process: GaussianProcess,
  options: MonteCarloOptions,
  utility: Utility,
  baseline?: Points,
): BatchScore {
  const score = (points: Inputs): number => {
    const { draws } = drawJointly(process, points, options, baseline);
    return utility(draws, emptySlopes(draws));
  };
  const withGradient = (points: Inputs) => {
    const { draws, pullback } = drawJointly(process, points, options, baseline);
    const slopes = emptySlopes(draws);
    const value = utility(draws, slopes);
    return { value, gradient: pullback(slopes) };
  };
  return Object.assign(score, { withGradient });
}

/** The lowest outcome of draw `s` among `from` to `to`, and whose it is. */
export function lowest({ m, mean, deviation }: Draws, s: number, from: number, to: number): readonly [number, number] {
  let value = Infinity;
  let at = from;
  for (let i = from; i < to; i++) {
    const outcome = mean[i]! + deviation[s * m + i]!;
    if (outcome < value) {
      value = outcome;
      at = i;
    }
  }
  return [value, at];
}
