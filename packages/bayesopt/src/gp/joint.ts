/**
 * The joint posterior of a few points as a differentiable function of them: what Monte Carlo acquisition functions push
 * their gradients through.
 *
 * Notation. X*: points [q, d]. K* = k(X*, X) [q, n]. w_i = (K + s2 I)^-1 k(X, x_i) [n]. S = k(X*, X*) - K* w [q, q].
 * A bar over a quantity (`by...` in the code) is the derivative of a score by it.
 */

import { covariance, crossCovariance } from '../kernels/covariance.ts';
import { dot } from '../linalg/dot.ts';
import type { Points } from '../linalg/points.ts';
import type { Factored } from './likelihood.ts';

/** Mean [q] and covariance [q, q] at some points, and the way back. */
export interface JointPosterior {
  readonly mean: Float64Array;
  /** Both triangles. */
  readonly covariance: Float64Array;
  /**
   * Derivatives of a score by the points [q, d], from its derivatives by the mean [q] and by the covariance [q, q], which
   * must be symmetric: an entry and its mirror image count as two variables. Rows before `from` stay 0.
   */
  pullback(byMean: Float64Array, byCovariance: Float64Array, from?: number): Float64Array;
}

/** The joint posterior of the latent function at the points. */
export function jointPosterior(at: Factored, points: Points): JointPosterior {
  const { model, x, alpha, factor } = at;
  const { data, n: q, d } = points;
  const cross = crossCovariance(model.kernel, points, x);
  const mean = Float64Array.from({ length: q }, (_, i) => {
    return model.mean.value(data, i * d, d) + dot(cross, i * x.n, alpha, 0, x.n);
  });
  const solved = factor.solveLowerRows(cross, q);
  const joint = covariance(model.kernel, points);
  for (let i = 0; i < q; i++) {
    for (let j = 0; j <= i; j++) {
      joint[i * q + j]! -= dot(solved, i * x.n, solved, j * x.n, x.n);
      joint[j * q + i] = joint[i * q + j]!;
    }
  }
  return {
    mean,
    covariance: joint,
    pullback: (byMean, byCovariance, from = 0) => {
      // From here on w, one row a point.
      const weights = solved.slice();
      for (let i = 0; i < q; i++) factor.solveUpper(weights.subarray(i * x.n, (i + 1) * x.n));
      return pullback(at, points, weights, byMean, byCovariance, from);
    },
  };
}

function pullback(
  { model, x, alpha }: Factored,
  { data, n: q, d }: Points,
  weights: Float64Array,
  byMean: Float64Array,
  byCovariance: Float64Array,
  from: number,
): Float64Array {
  const { kernel, mean } = model;
  const out = new Float64Array(q * d);
  for (let i = from; i < q; i++) {
    const slope = out.subarray(i * d, (i + 1) * d);
    mean.addInputGradient(data, i * d, d, slope);
    for (let j = 0; j < d; j++) slope[j]! *= byMean[i]!;
    for (let j = 0; j < q; j++) {
      kernel.addInputGradient(data, i * d, data, j * d, d, 2 * byCovariance[i * q + j]!, slope);
    }
    for (let t = 0; t < x.n; t++) {
      let weight = byMean[i]! * alpha[t]!;
      for (let j = 0; j < q; j++) weight -= 2 * byCovariance[i * q + j]! * weights[j * x.n + t]!;
      kernel.addInputGradient(data, i * d, x.data, t * d, d, weight, slope);
    }
  }
  return out;
}
