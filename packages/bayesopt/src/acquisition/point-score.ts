/**
 * Analytic acquisition functions as scores of points with gradients, and their combinations: under measured constraints
 * (Gardner et al., ICML 2014) and per unit of cost (Snoek, Larochelle and Adams, NeurIPS 2012).
 */

import { SkeinError } from '@skein/core';
import type { GaussianProcess } from '../gp/gaussian-process.ts';
import { type PointPosterior, pointPosterior } from '../gp/posterior.ts';
import { type Inputs, toPoints } from '../linalg/points.ts';
import {
  type Acquisition,
  type ImprovementOptions,
  logExpectedImprovement,
  logProbabilityOfImprovement,
  upperConfidenceBound,
} from './analytic.ts';
import type { BatchScore } from './reparameterised.ts';

/** The only point of a batch [d]. Throws `SHAPE` if it holds another number of points. */
export function onlyPoint(points: Inputs, d: number, name: string): Float64Array {
  const { data, n } = toPoints(points, 'points', d);
  if (n === 1) return data;
  throw new SkeinError('SHAPE', `${name}: expected one candidate, got ${n}`, {
    advice: 'Batches are scored by the functions whose names begin with q.',
  });
}

/** An acquisition function under a process: a score of one point, by the latent mean and deviation there. */
export function pointScore(process: GaussianProcess, acquisition: Acquisition): BatchScore {
  const at = process.conditioned;
  const posterior = pointPosterior(at);
  const deviationOf = ({ variance }: PointPosterior): number => Math.sqrt(Math.max(variance, 1e-24));
  const score = (points: Inputs): number => {
    const belief = posterior(onlyPoint(points, at.x.d, acquisition.label));
    return acquisition.value(belief.mean, deviationOf(belief));
  };
  const withGradient = (points: Inputs) => {
    const belief = posterior(onlyPoint(points, at.x.d, acquisition.label));
    const deviation = deviationOf(belief);
    const [byMean, byDeviation] = acquisition.slopes(belief.mean, deviation);
    const gradient = belief.meanGradient.map(
      (slope, j) => byMean * slope + (byDeviation * belief.varianceGradient[j]!) / (2 * deviation),
    );
    return { value: acquisition.value(belief.mean, deviation), gradient };
  };
  return Object.assign(score, { withGradient });
}

/** The weighted sum of scores: of logarithms, the logarithm of a product of powers. */
export function weightedScores(parts: readonly (readonly [weight: number, score: BatchScore])[]): BatchScore {
  const score = (points: Inputs): number => parts.reduce((sum, [weight, part]) => sum + weight * part(points), 0);
  const withGradient = (points: Inputs) => {
    const results = parts.map(([weight, part]) => ({ weight, ...part.withGradient(points) }));
    return {
      value: results.reduce((sum, { weight, value }) => sum + weight * value, 0),
      gradient: results[0]!.gradient.map((_, k) =>
        results.reduce((sum, { weight, gradient }) => sum + weight * gradient[k]!, 0),
      ),
    };
  };
  return Object.assign(score, { withGradient });
}

/**
 * Logarithm of the expected improvement times the probability that every constraint is at most 0. `constraints`: a process
 * a constraint.
 */
export function logConstrainedExpectedImprovement(
  process: GaussianProcess,
  options: ImprovementOptions & { readonly constraints: readonly GaussianProcess[] },
): BatchScore {
  const isSatisfied = logProbabilityOfImprovement({ best: 0 });
  return weightedScores([
    [1, pointScore(process, logExpectedImprovement(options))],
    ...options.constraints.map((constraint) => [1, pointScore(constraint, isSatisfied)] as const),
  ]);
}

/**
 * Logarithm of the expected improvement per unit of cost: log EI - exponent * mean of the log cost. `logCost`: a process
 * of the logarithm of what an evaluation costs. An exponent that falls from 1 to 0 with the budget ("cost cooling", Lee et
 * al. 2020) lets costly points in at the end.
 */
export function logExpectedImprovementPerCost(
  process: GaussianProcess,
  options: ImprovementOptions & { readonly logCost: GaussianProcess; readonly exponent?: number },
): BatchScore {
  // With coefficient 0 and minimising, the confidence bound is minus the mean.
  const cheapness = pointScore(options.logCost, upperConfidenceBound({ coefficient: 0 }));
  return weightedScores([
    [1, pointScore(process, logExpectedImprovement(options))],
    [options.exponent ?? 1, cheapness],
  ]);
}
