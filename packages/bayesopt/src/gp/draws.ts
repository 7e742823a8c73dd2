/** Functions drawn from a posterior, at some points. */

import { cholesky, choleskyOrThrow } from '../linalg/cholesky.ts';
import { dot } from '../linalg/dot.ts';
import type { Points } from '../linalg/points.ts';
import type { Factored } from './likelihood.ts';
import { predictJoint } from './posterior.ts';

/**
 * Joint draws [m] at the points, one for each array of standard normals [m], of the latent function or, with `noise`, of
 * outcomes with that noise variance. Where the posterior is certain its covariance is singular: the jitter is measured by the
 * prior's variance. `what` names the covariance for the error.
 */
export function posteriorDraws(
  factored: Factored,
  points: Points,
  normals: readonly Float64Array[],
  { what = 'posterior covariance', noise = 0 }: { readonly what?: string; readonly noise?: number } = {},
): Float64Array[] {
  const { data, n: m, d } = points;
  const { mean, covariance } = predictJoint(factored, points);
  for (let i = 0; i < m; i++) covariance[i * m + i]! += noise;
  const priorVariance = factored.model.kernel.value(data, 0, data, 0, d);
  const { l } = choleskyOrThrow(cholesky(covariance, m, priorVariance), what);
  return normals.map((z) => mean.map((value, i) => value + dot(l, i * m, z, 0, i + 1)));
}
