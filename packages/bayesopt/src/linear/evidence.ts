/**
 * The variances of Bayesian linear regression by maximal evidence (MacKay, Neural Computation 4, 1992; Bishop, section 3.5).
 *
 * Notation. As in bayesian-linear.ts. gamma = k - tr(A^-1) / v: the number of weights that the data determine. At the
 * maximum v = |mean|^2 / gamma and s2 = |y - Phi mean|^2 / (n - gamma).
 */

import { type Inputs, toPoints, toTargets } from '../linalg/points.ts';
import { type BayesianLinearOptions, BayesianLinearRegression } from './bayesian-linear.ts';

const MOST_ITERATIONS = 300;
/** Variances stay above this share of the targets' mean square (of 1 if all are 0): data on a line have no noise at all. */
const LEAST = 1e-10;

/** Weight and noise variance of the highest evidence, by fixed-point iteration. */
export function mostEvidentVariances(x: Inputs, y: ArrayLike<number>): BayesianLinearOptions {
  const points = toPoints(x, 'X');
  const targets = toTargets(y, 'y', points.n);
  const meanSquare = targets.reduce((sum, v) => sum + v * v, 0) / points.n || 1;
  const least = LEAST * meanSquare;
  let [weightVariance, noise] = [1, 0.1 * Math.max(1, meanSquare)];
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const regression = new BayesianLinearRegression({ weightVariance, noise }).fit(x, y);
    const { mean, covariance } = regression.weights();
    const determined = mean.length - covariance.trace() / weightVariance;
    const fitted = regression.predict(x).mean;
    const error = targets.reduce((sum, v, i) => sum + (v - fitted[i]!) ** 2, 0);
    const next = {
      weightVariance: Math.max(least, mean.reduce((sum, w) => sum + w * w, 0) / Math.max(determined, 1e-6)),
      noise: Math.max(least, error / Math.max(points.n - determined, 1e-6)),
    };
    const moved = Math.abs(Math.log(next.weightVariance / weightVariance)) + Math.abs(Math.log(next.noise / noise));
    ({ weightVariance, noise } = next);
    if (moved < 1e-8) break;
  }
  return { weightVariance, noise };
}
