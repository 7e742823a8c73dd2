/**
 * What a conditioned process says about new points.
 *
 * Notation. X*: new inputs [m, d]. K* = k(X*, X) [m, n]. mean = m(X*) + K* alpha. V = K* L'^-1 [m, n].
 * covariance = k(X*, X*) - V V'.
 */

import { covariance, crossCovariance } from '../kernels/covariance.ts';
import { dot } from '../linalg/dot.ts';
import type { Points } from '../linalg/points.ts';
import { subtractSquare } from '../linalg/products.ts';
import type { RowSolver } from '../linalg/triangular.ts';
import type { Factored } from './likelihood.ts';
import type { Feature } from './mean.ts';

/** Mean and variance of the latent function, one a point. */
export interface Prediction {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Points that are predicted together: bounds the memory of K*. */
const BATCH = 256;

/** Mean and variance at many points. Variances that rounding makes negative are 0. */
export function predict(at: Factored, points: Points): Prediction {
  const { d } = points;
  const mean = new Float64Array(points.n);
  const variance = new Float64Array(points.n);
  using solver = at.factor.rowSolver();
  for (let from = 0; from < points.n; from += BATCH) {
    const n = Math.min(BATCH, points.n - from);
    const batch = { data: points.data.subarray(from * d, (from + n) * d), n, d };
    predictBatch(at, solver, batch, mean.subarray(from, from + n), variance.subarray(from, from + n));
  }
  return { mean, variance };
}

function predictBatch(
  { model, x, alpha }: Factored,
  solver: RowSolver,
  points: Points,
  mean: Float64Array,
  variance: Float64Array,
): void {
  const { data, n: m, d } = points;
  const cross = crossCovariance(model.kernel, points, x);
  for (let i = 0; i < m; i++) mean[i] = model.mean.value(data, i * d, d) + dot(cross, i * x.n, alpha, 0, x.n);
  solver.solve(cross, m);
  for (let i = 0; i < m; i++) {
    const prior = model.kernel.value(data, i * d, data, i * d, d);
    variance[i] = Math.max(0, prior - dot(cross, i * x.n, cross, i * x.n, x.n));
  }
}

/** Mean [m] and covariance [m, m] (both triangles) of the latent function. */
export function predictJoint(at: Factored, points: Points): { mean: Float64Array; covariance: Float64Array } {
  const { model, x, alpha, factor } = at;
  const { data, n: m, d } = points;
  const cross = crossCovariance(model.kernel, points, x);
  const mean = Float64Array.from({ length: m }, (_, i) => {
    return model.mean.value(data, i * d, d) + dot(cross, i * x.n, alpha, 0, x.n);
  });
  factor.solveLowerRows(cross, m);
  const joint = covariance(model.kernel, points);
  subtractSquare(joint, cross, m, x.n);
  for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) joint[j * m + i] = joint[i * m + j]!;
  return { mean, covariance: joint };
}

/** The posterior mean alone, as a function with its gradient: linear in the data at each point. */
export function posteriorMean({ model: { kernel, mean }, x, alpha }: Factored): Feature {
  return {
    value: (point, at, d) => {
      let value = mean.value(point, at, d);
      for (let i = 0; i < x.n; i++) value += alpha[i]! * kernel.value(point, at, x.data, i * d, d);
      return value;
    },
    addInputGradient: (point, at, d, weight, out) => {
      const slope = new Float64Array(d);
      mean.addInputGradient(point, at, d, slope);
      for (let j = 0; j < d; j++) out[j]! += weight * slope[j]!;
      for (let i = 0; i < x.n; i++) kernel.addInputGradient(point, at, x.data, i * d, d, weight * alpha[i]!, out);
    },
  };
}

/** Mean and variance at one point, with their derivatives by the point. The arrays are used again by the next call. */
export interface PointPosterior {
  mean: number;
  variance: number;
  readonly meanGradient: Float64Array;
  readonly varianceGradient: Float64Array;
}

/** A reusable evaluation at single points, without allocation; `x` [d] is read at each call. */
export function pointPosterior(at: Factored): (x: Float64Array) => PointPosterior {
  const { model, x: train, alpha, factor } = at;
  const { n, d } = train;
  const cross = new Float64Array(n);
  const solved = new Float64Array(n);
  const slope = new Float64Array(d);
  const result: PointPosterior = {
    mean: 0,
    variance: 0,
    meanGradient: new Float64Array(d),
    varianceGradient: new Float64Array(d),
  };
  return (x) => {
    for (let i = 0; i < n; i++) cross[i] = model.kernel.value(x, 0, train.data, i * d, d);
    result.mean = model.mean.value(x, 0, d) + dot(cross, 0, alpha, 0, n);
    solved.set(cross);
    factor.solveLower(solved);
    result.variance = Math.max(0, model.kernel.value(x, 0, x, 0, d) - dot(solved, 0, solved, 0, n));
    factor.solveUpper(solved);
    result.meanGradient.fill(0);
    model.mean.addInputGradient(x, 0, d, result.meanGradient);
    result.varianceGradient.fill(0);
    // k(x, x) moves in both arguments.
    model.kernel.addInputGradient(x, 0, x, 0, d, 2, result.varianceGradient);
    for (let i = 0; i < n; i++) {
      slope.fill(0);
      model.kernel.addInputGradient(x, 0, train.data, i * d, d, 1, slope);
      for (let j = 0; j < d; j++) {
        result.meanGradient[j]! += alpha[i]! * slope[j]!;
        result.varianceGradient[j]! -= 2 * solved[i]! * slope[j]!;
      }
    }
    return result;
  };
}
