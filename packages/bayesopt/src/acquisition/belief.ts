/**
 * What an acquisition function scores against: a conditioned process in which points without outcome yet (trials that
 * are running) are filled in by fantasies, that is, joint draws from the posterior at them. The covariance is the same
 * for every fantasy; only the means differ.
 *
 * Notation. n: data and pending points together. S: fantasies. alpha_s = K^-1 r_s [n].
 */

import type { Rng } from '@skein/core';
import { quasiNormals } from '../design/normals.ts';
import { condition, withTargets } from '../gp/condition.ts';
import { posteriorDraws } from '../gp/draws.ts';
import { type Factored, factorModel } from '../gp/likelihood.ts';
import { noiseAt, toNoise } from '../gp/model.ts';
import { crossCovariance } from '../kernels/covariance.ts';
import { choleskyFailure } from '../linalg/cholesky.ts';
import { dot } from '../linalg/dot.ts';
import { concatPoints, type Points } from '../linalg/points.ts';
import { logMeanExp } from '../math/special.ts';
import type { Acquisition } from './analytic.ts';

/** A conditioned process with one weight vector, and one best outcome, a fantasy. */
export interface Belief {
  readonly factored: Factored;
  readonly alphas: readonly Float64Array[];
  /** Lowest posterior mean over data and pending points, a fantasy. */
  readonly best: readonly number[];
}

/** Which data points may be the best one, by row; default all, pending points included. */
export type Eligible = (row: number) => boolean;

/** The belief after data alone. */
export function beliefOf(factored: Factored, eligible?: Eligible): Belief {
  return { factored, alphas: [factored.alpha], best: [lowestMean(factored, eligible)] };
}

export interface PendingOptions {
  readonly pending: Points;
  /** Number of fantasies. */
  readonly count: number;
  readonly rng: Rng;
  readonly eligible?: Eligible;
}

/** The belief with `pending` points filled in by fantasies, from quasi-random normals of the stream. */
export function beliefWithPending(factored: Factored, options: PendingOptions): Belief {
  const { pending, count, rng, eligible } = options;
  if (pending.n === 0) return beliefOf(factored, eligible);
  const draws = posteriorDraws(factored, pending, normalsOf(count, pending.n, rng), {
    what: 'covariance of the running trials',
    noise: noiseAt(factored.model.noise, 0),
  });
  const extended = condition(factored, pending, draws[0]!);
  const fantasies = draws.map((draw) => {
    const y = extended.y.slice();
    y.set(draw, factored.x.n);
    return withTargets(extended, y);
  });
  return {
    factored: extended,
    alphas: fantasies.map((fantasy) => fantasy.alpha),
    best: fantasies.map((fantasy) => lowestMean(fantasy, eligible)),
  };
}

/**
 * The belief where data are noisy: draws of what the trials, running ones included, are really worth, each interpolated by a
 * process without noise; the best of a draw is what improves on it.
 */
export function beliefOfDraws(factored: Factored, options: PendingOptions): Belief {
  const { pending, count, rng, eligible } = options;
  const points = concatPoints(factored.x, pending);
  const [first, ...others] = posteriorDraws(factored, points, normalsOf(count, points.n, rng));
  const model = { ...factored.model, noise: toNoise(LEAST_NOISE * variance(factored)) };
  const exact = factorModel(model, points, first!);
  if (!('alpha' in exact)) throw choleskyFailure(exact, 'covariance of the draws');
  const all = [exact, ...others.map((draw) => withTargets(exact, draw))];
  return {
    factored: exact,
    alphas: all.map(({ alpha }) => alpha),
    best: all.map((draw) => lowestMean(draw, eligible)),
  };
}

/** Relative to the prior's variance: what keeps a factorisation of points that nearly coincide well conditioned. */
const LEAST_NOISE = 1e-8;

const variance = ({ model, x: { data, d } }: Factored): number => model.kernel.value(data, 0, data, 0, d);

/** Rows of quasi-random standard normals. */
function normalsOf(count: number, m: number, rng: Rng): Float64Array[] {
  const normals = quasiNormals(count, m, rng);
  return Array.from({ length: count }, (_, s) => normals.subarray(s * m, (s + 1) * m));
}

/** Lowest posterior mean at the data: y_i - noise_i alpha_i at point i. Infinity if no point is eligible. */
export function lowestMean({ model, y, alpha }: Factored, eligible: Eligible = () => true): number {
  return y.reduce(
    (low, v, i) => (eligible(i) ? Math.min(low, v - noiseAt(model.noise, i) * alpha[i]!) : low),
    Infinity,
  );
}

/** Scores of an acquisition function under a belief. */
export interface Scorer {
  /** Score at `x` [d]; its gradient is written to `gradient` [d]. */
  at(x: Float64Array, gradient: Float64Array): number;
  /** Scores of many points. */
  many(points: Points): Float64Array;
}

/** The sum of scores: of logarithms, the logarithm of the product. */
export function sumScores(scorers: readonly Scorer[]): Scorer {
  const [only] = scorers;
  if (scorers.length === 1) return only!;
  return {
    at: (x, gradient) => {
      const part = new Float64Array(gradient.length);
      const total = new Float64Array(gradient.length);
      let score = 0;
      for (const { at } of scorers) {
        score += at(x, part);
        for (let j = 0; j < total.length; j++) total[j]! += part[j]!;
      }
      gradient.set(total);
      return score;
    },
    many: (points) => {
      const total = new Float64Array(points.n);
      for (const { many } of scorers) {
        const scores = many(points);
        for (let i = 0; i < total.length; i++) total[i]! += scores[i]!;
      }
      return total;
    },
  };
}

/** Scores by the mean over fantasies of `acquisition(best)`. */
export function scorer(belief: Belief, acquisition: (best: number) => Acquisition): Scorer {
  const perFantasy = belief.best.map(acquisition);
  return { at: pointScorer(belief, perFantasy), many: (points) => batchScores(belief, perFantasy, points) };
}

function average(values: Float64Array, logarithmic: boolean): number {
  if (values.length === 1) return values[0]!;
  return logarithmic ? logMeanExp(values) : values.reduce((sum, v) => sum + v, 0) / values.length;
}

function batchScores({ factored, alphas }: Belief, acquisitions: readonly Acquisition[], points: Points): Float64Array {
  const { model, x, factor } = factored;
  const { data, n: m, d } = points;
  const cross = crossCovariance(model.kernel, points, x);
  const means = alphas.map((alpha) => Float64Array.from({ length: m }, (_, i) => dot(cross, i * x.n, alpha, 0, x.n)));
  factor.solveLowerRows(cross, m);
  const values = new Float64Array(alphas.length);
  return Float64Array.from({ length: m }, (_, i) => {
    const prior = model.kernel.value(data, i * d, data, i * d, d);
    const deviation = Math.sqrt(Math.max(0, prior - dot(cross, i * x.n, cross, i * x.n, x.n)));
    const offset = model.mean.value(data, i * d, d);
    acquisitions.forEach((acquisition, s) => {
      values[s] = acquisition.value(offset + means[s]![i]!, deviation);
    });
    return average(values, acquisitions[0]!.logarithmic);
  });
}

function pointScorer({ factored, alphas }: Belief, acquisitions: readonly Acquisition[]): Scorer['at'] {
  const { model, x: train, factor } = factored;
  const { kernel, mean } = model;
  const { n, d } = train;
  const cross = new Float64Array(n);
  const solved = new Float64Array(n);
  return (x, gradient) => {
    for (let i = 0; i < n; i++) cross[i] = kernel.value(x, 0, train.data, i * d, d);
    solved.set(cross);
    factor.solveLower(solved);
    const deviation = Math.sqrt(Math.max(1e-24, kernel.value(x, 0, x, 0, d) - dot(solved, 0, solved, 0, n)));
    factor.solveUpper(solved);
    const offset = mean.value(x, 0, d);
    const means = alphas.map((alpha) => offset + dot(cross, 0, alpha, 0, n));
    const { score, byMeans, byDeviation } = averagedSlopes(acquisitions, means, deviation);
    const byVariance = byDeviation / (2 * deviation);
    const byMean = byMeans.reduce((sum, v) => sum + v, 0);
    gradient.fill(0);
    mean.addInputGradient(x, 0, d, gradient);
    for (let j = 0; j < d; j++) gradient[j]! *= byMean;
    // k(x, x) moves in both arguments.
    kernel.addInputGradient(x, 0, x, 0, d, 2 * byVariance, gradient);
    for (let i = 0; i < n; i++) {
      let weight = -2 * byVariance * solved[i]!;
      for (let s = 0; s < alphas.length; s++) weight += byMeans[s]! * alphas[s]![i]!;
      kernel.addInputGradient(x, 0, train.data, i * d, d, weight, gradient);
    }
    return score;
  };
}

/** The averaged score and its derivatives by each fantasy's mean and by the common deviation. */
function averagedSlopes(acquisitions: readonly Acquisition[], means: readonly number[], deviation: number) {
  const { logarithmic } = acquisitions[0]!;
  const values = Float64Array.from(acquisitions, (acquisition, s) => acquisition.value(means[s]!, deviation));
  const score = average(values, logarithmic);
  let byDeviation = 0;
  const byMeans = acquisitions.map((acquisition, s) => {
    const share = (logarithmic ? Math.exp(values[s]! - score) : 1) / acquisitions.length;
    const [slopeMean, slopeDeviation] = acquisition.slopes(means[s]!, deviation);
    byDeviation += share * slopeDeviation;
    return share * slopeMean;
  });
  return { score, byMeans, byDeviation };
}
