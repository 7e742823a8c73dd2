/**
 * Parzen estimators over the unit cube: mixtures with one component a point and one wide component for the prior. A
 * component is a product over columns: a normal truncated to [0, 1], or for names a smoothed choice.
 *
 * Notation. n: points. d: columns. sigma: bandwidth. w_k: weight of component k.
 */

import type { Rng } from '@skein/core';
import { logMeanExp, normalCdf, normalLogPdf, normalQuantile } from '../math/special.ts';
import { type Column, cellMiddle, cellOf } from './columns.ts';

/** A density over the cube. */
export interface Parzen {
  /** Logarithm of the density (of names: probability) at a point. */
  logDensity(point: Float64Array): number;
  /** A draw; discrete columns are rounded by the caller. */
  sample(rng: Rng): Float64Array;
}

/** Points older than this are weighted down, linearly to 1 / n for the oldest (Bergstra et al. 2013). */
const RECENT = 25;

/** Weights of n points in order of age, oldest first, and of the prior. */
function componentWeights(n: number): Float64Array {
  const weights = new Float64Array(n + 1).fill(1);
  const old = Math.max(0, n - RECENT);
  for (let i = 0; i < old; i++) weights[i] = old === 1 ? 1 / n : 1 / n + ((1 - 1 / n) * i) / (old - 1);
  const total = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / total);
}

/** The estimator of points in order of age, oldest first. */
export function parzen(points: readonly Float64Array[], columns: readonly Column[]): Parzen {
  const n = points.length;
  const d = columns.length;
  const weights = componentWeights(n);
  const centres = [...points, new Float64Array(d).fill(0.5)];
  const sigmas = bandwidths(points, columns);
  // Logarithms of weight and of the truncated normals' masses, one a component.
  const offsets = centres.map((centre, k) => {
    let offset = Math.log(weights[k]!);
    columns.forEach((column, j) => {
      if (column.categorical) return;
      const sigma = sigmas[k * d + j]!;
      offset -= Math.log(sigma) + Math.log(normalCdf((1 - centre[j]!) / sigma) - normalCdf(-centre[j]! / sigma));
    });
    return offset;
  });
  const terms = new Float64Array(n + 1);
  return {
    logDensity: (point) => {
      for (let k = 0; k <= n; k++) {
        let sum = offsets[k]!;
        for (let j = 0; j < d; j++) {
          sum += logFactor(columns[j]!, point[j]!, centres[k]![j]!, sigmas[k * d + j]!, k === n);
        }
        terms[k] = sum;
      }
      return logMeanExp(terms) + Math.log(n + 1);
    },
    sample: (rng) => {
      const k = pick(weights, rng);
      return Float64Array.from(columns, (column, j) => draw(column, centres[k]![j]!, sigmas[k * d + j]!, k === n, rng));
    },
  };
}

/**
 * Bandwidths [n + 1, d], the prior's last: in each column the larger distance to the neighbours on both sides (Bergstra
 * et al. 2011), within limits that keep a mixture of few points wide and one of many from collapsing.
 */
function bandwidths(points: readonly Float64Array[], columns: readonly Column[]): Float64Array {
  const n = points.length;
  const d = columns.length;
  const out = new Float64Array((n + 1) * d).fill(1);
  columns.forEach((column, j) => {
    const least = Math.max(1 / Math.min(100, n + 2), Number.isFinite(column.count) ? 0.5 / column.count : 0);
    const order = [...points.keys()].sort((a, b) => points[a]![j]! - points[b]![j]!);
    order.forEach((k, rank) => {
      const here = points[k]![j]!;
      const below = rank === 0 ? null : here - points[order[rank - 1]!]![j]!;
      const above = rank === n - 1 ? null : points[order[rank + 1]!]![j]! - here;
      // A single point has no neighbours but the borders.
      const gap = n === 1 ? Math.max(here, 1 - here) : Math.max(below ?? 0, above ?? 0);
      out[k * d + j] = Math.min(1, Math.max(least, gap));
    });
  });
  return out;
}

/** Share of a component of names that goes to all names alike. */
const SMOOTHING = 0.3;

function logFactor(column: Column, u: number, centre: number, sigma: number, isPrior: boolean): number {
  if (!column.categorical) return normalLogPdf((u - centre) / sigma);
  if (isPrior) return -Math.log(column.count);
  const same = cellOf(column, u) === cellOf(column, centre);
  return Math.log(SMOOTHING / column.count + (same ? 1 - SMOOTHING : 0));
}

function draw(column: Column, centre: number, sigma: number, isPrior: boolean, rng: Rng): number {
  if (column.categorical) {
    if (!isPrior && !rng.bernoulli(SMOOTHING)) return centre;
    return cellMiddle(column, rng.integer(column.count));
  }
  const low = normalCdf(-centre / sigma);
  const high = normalCdf((1 - centre) / sigma);
  return Math.min(1, Math.max(0, centre + sigma * normalQuantile(low + (high - low) * rng.uniform())));
}

function pick(weights: Float64Array, rng: Rng): number {
  let rest = rng.uniform();
  for (let k = 0; k < weights.length - 1; k++) {
    rest -= weights[k]!;
    if (rest < 0) return k;
  }
  return weights.length - 1;
}
