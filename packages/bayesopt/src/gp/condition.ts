/** More data for a conditioned process without fitting or factoring again. */

import { SkeinError } from '@skein/core';
import { covariance, crossCovariance } from '../kernels/covariance.ts';
import { choleskyOrThrow } from '../linalg/cholesky.ts';
import { concatPoints, type Points } from '../linalg/points.ts';
import { type Factored, residuals } from './likelihood.ts';
import { predict } from './posterior.ts';

/** The process with `added` points and their targets, with the same hyperparameters, in O(n^2) a point. */
export function condition(old: Factored, added: Points, targets: Float64Array): Factored {
  const { model } = old;
  if (model.noise.kind === 'perPoint') {
    throw new SkeinError('INPUT', 'condition: the noise is known point by point, and new points have none', {
      advice: 'Fit again with the variances of all points.',
    });
  }
  const corner = covariance(model.kernel, added);
  for (let i = 0; i < added.n; i++) corner[i * added.n + i]! += model.noise.parameter.value;
  const extended = old.factor.extend(crossCovariance(model.kernel, added, old.x), corner);
  const x = concatPoints(old.x, added);
  const factor = choleskyOrThrow(extended, `covariance of the data${coinciding(x)}`);
  return withTargets({ ...old, x, factor }, concat(old.y, targets));
}

/** The process once running trials have given what is expected of them. */
export const withExpected = (at: Factored, pending: Points): Factored =>
  pending.n === 0 ? at : condition(at, pending, predict(at, pending).mean);

/** The same points with other targets. */
export function withTargets(old: Omit<Factored, 'y' | 'residual' | 'alpha'>, y: Float64Array): Factored {
  const residual = residuals(old.model, old.x, y);
  return { ...old, y, residual, alpha: old.factor.solve(residual) };
}

function concat(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Names the first training points that coincide, for the message of a failed factorisation. */
export function coinciding({ data, n, d }: Points): string {
  const seen = new Map<string, number>();
  for (let i = 0; i < n; i++) {
    const key = data.subarray(i * d, (i + 1) * d).join();
    const first = seen.get(key);
    if (first !== undefined) return ` (points ${first} and ${i} coincide)`;
    seen.set(key, i);
  }
  return '';
}
