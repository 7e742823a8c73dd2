/**
 * Many starts at the price of few: where data are many, each start first descends on some of them, and only the best
 * ends, judged by all data, descend on all of them. A fit to n points costs n^3 an evaluation, but the optima of the
 * likelihood hardly move when half of the points are left out.
 */

import type { Rng } from '@skein/core';
import { flatten, type Points } from '../linalg/points.ts';
import type { Model } from './model.ts';

export const screenDefaults = {
  /** With fewer points than twice this, every start descends on all of them. */
  leastPoints: 64,
  /** Points of the first descents: a quarter of all, between these limits. */
  mostPoints: 128,
  /** Ends that descend on all data. */
  finalists: 2,
  /** Ends whose parameters all lie this near each other, on the scale of the fit, are the same. */
  sameness: 0.1,
  /** Stopping rules of the first descents. */
  gradientTolerance: 1e-2,
  valueTolerance: 1e-5,
} as const;

/** A model with the part of the data that it is screened on. */
export interface Sample {
  readonly model: Model;
  readonly x: Points;
  readonly y: Float64Array;
}

/** A random part of the data, in order; null where all of them are few enough. */
export function screeningSample(model: Model, x: Points, y: Float64Array, rng: Rng): Sample | null {
  const { leastPoints, mostPoints } = screenDefaults;
  if (x.n < 2 * leastPoints) return null;
  const size = Math.min(mostPoints, Math.max(leastPoints, x.n >> 2));
  const rows = rng
    .shuffle([...Array(x.n).keys()])
    .slice(0, size)
    .sort((a, b) => a - b);
  const points = rows.map((i) => x.data.subarray(i * x.d, (i + 1) * x.d));
  const { noise } = model;
  const kept =
    noise.kind === 'perPoint' ? { ...noise, variances: Float64Array.from(rows, (i) => noise.variances[i]!) } : noise;
  return { model: { ...model, noise: kept }, x: flatten(points, x.d), y: Float64Array.from(rows, (i) => y[i]!) };
}

/** An end of a descent; smaller values are better. */
interface End {
  readonly x: Float64Array;
  readonly value: number;
}

/** The ends of the lowest values, no two of them the same, and none the same as an end that is known. */
export function finalists(known: End, ends: readonly End[]): Float64Array[] {
  const chosen = [known.x];
  const isNew = (x: Float64Array): boolean =>
    chosen.every((other) => x.some((v, i) => Math.abs(v - other[i]!) > screenDefaults.sameness));
  for (const { x, value } of ends.toSorted((a, b) => a.value - b.value)) {
    if (Number.isFinite(value) && chosen.length <= screenDefaults.finalists && isNew(x)) chosen.push(x);
  }
  return chosen.slice(1);
}
