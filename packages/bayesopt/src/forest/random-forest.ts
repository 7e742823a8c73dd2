/**
 * Random forest regression with a variance (Breiman 2001; Hutter et al., "Algorithm runtime prediction", 2014): many
 * regression trees on bootstrap samples. Leaves keep mean and variance of their targets; a prediction's variance is the
 * mean of the leaves' variances plus the variance of their means.
 */

import { createRng, type Rng, SkeinError } from '@skein/core';
import type { Prediction } from '../gp/posterior.ts';
import { type Inputs, type Points, toPoints, toTargets } from '../linalg/points.ts';
import type { Regressor } from '../regressor.ts';

export interface RandomForestOptions {
  readonly trees: number;
  /** Leaves with fewer points than twice this are not split. */
  readonly minLeaf: number;
  /** Share of the columns that a split may choose from, at least one. */
  readonly columnShare: number;
  readonly seed: number;
}

export const randomForestDefaults = {
  trees: 50,
  minLeaf: 2,
  columnShare: 5 / 6,
  seed: 0,
} as const satisfies RandomForestOptions;

interface Leaf {
  readonly mean: number;
  readonly variance: number;
}

interface Split {
  readonly column: number;
  readonly threshold: number;
  /** Where values of the column below the threshold go. */
  readonly low: Node;
  readonly high: Node;
}

type Node = Leaf | Split;

/** A forest over points of d numbers. `fit` comes first. */
export class RandomForest implements Regressor {
  readonly #options: RandomForestOptions;
  #trees: readonly Node[] = [];
  #d = 0;

  constructor(options: Partial<RandomForestOptions> = {}) {
    this.#options = { ...randomForestDefaults, ...options };
  }

  /** Grows the trees. Throws `SHAPE` or `INPUT` for data that do not fit, or none. */
  fit(x: Inputs, y: ArrayLike<number>): this {
    const points = toPoints(x, 'X');
    if (points.n === 0) throw new SkeinError('INPUT', 'X: expected at least one point, got none');
    return this.fitPoints(points, toTargets(y, 'y', points.n));
  }

  /** Grows the trees on checked data. */
  fitPoints(points: Points, y: Float64Array): this {
    const { trees, seed } = this.#options;
    const rng = createRng(seed).split('forest');
    this.#d = points.d;
    this.#trees = Array.from({ length: trees }, (_, t) => {
      const stream = rng.split(t);
      const rows = Array.from({ length: points.n }, () => stream.integer(points.n));
      return grow(points, y, rows, this.#options, stream);
    });
    return this;
  }

  /** Mean and variance at the points. */
  predict(x: Inputs): Prediction {
    if (this.#trees.length === 0) {
      throw new SkeinError('INPUT', 'the forest has no data yet', { advice: 'Call fit(X, y) first.' });
    }
    return this.predictPoints(toPoints(x, 'X', this.#d));
  }

  /** Mean and variance at checked points. */
  predictPoints({ data, n, d }: Points): Prediction {
    const mean = new Float64Array(n);
    const variance = new Float64Array(n);
    const count = this.#trees.length;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      let squares = 0;
      let within = 0;
      for (const tree of this.#trees) {
        const leaf = leafOf(tree, data, i * d);
        sum += leaf.mean;
        squares += leaf.mean ** 2;
        within += leaf.variance;
      }
      mean[i] = sum / count;
      variance[i] = within / count + Math.max(0, squares / count - mean[i]! ** 2);
    }
    return { mean, variance };
  }
}

function leafOf(tree: Node, data: Float64Array, at: number): Leaf {
  let node = tree;
  while ('low' in node) node = data[at + node.column]! < node.threshold ? node.low : node.high;
  return node;
}

function leaf(y: Float64Array, rows: readonly number[]): Leaf {
  const mean = rows.reduce((sum, i) => sum + y[i]!, 0) / rows.length;
  return { mean, variance: rows.reduce((sum, i) => sum + (y[i]! - mean) ** 2, 0) / rows.length };
}

function grow(points: Points, y: Float64Array, rows: readonly number[], options: RandomForestOptions, rng: Rng): Node {
  const split = rows.length < 2 * options.minLeaf ? null : bestSplit(points, y, rows, options, rng);
  if (split === null) return leaf(y, rows);
  const { column, threshold } = split;
  const isLow = (i: number): boolean => points.data[i * points.d + column]! < threshold;
  const low = rows.filter(isLow);
  const high = rows.filter((i) => !isLow(i));
  return { column, threshold, low: grow(points, y, low, options, rng), high: grow(points, y, high, options, rng) };
}

/** The split that leaves the least squared error; its threshold is uniform in the gap between the two sides. */
function bestSplit(
  { data, d }: Points,
  y: Float64Array,
  rows: readonly number[],
  { minLeaf, columnShare }: RandomForestOptions,
  rng: Rng,
): { column: number; threshold: number } | null {
  const columns = rng.shuffle([...Array(d).keys()]).slice(0, Math.max(1, Math.round(columnShare * d)));
  const total = rows.reduce((sum, i) => sum + y[i]!, 0);
  let best: { column: number; low: number; high: number; gain: number } | null = null;
  for (const column of columns) {
    const sorted = rows.toSorted((a, b) => data[a * d + column]! - data[b * d + column]!);
    let sum = 0;
    for (let k = 1; k <= sorted.length - minLeaf; k++) {
      sum += y[sorted[k - 1]!]!;
      const low = data[sorted[k - 1]! * d + column]!;
      const high = data[sorted[k]! * d + column]!;
      if (k < minLeaf || low === high) continue;
      // Minimising the squared error is maximising the weighted squares of the means.
      const gain = sum ** 2 / k + (total - sum) ** 2 / (sorted.length - k) - total ** 2 / sorted.length;
      if (gain > (best?.gain ?? 1e-12)) best = { column, low, high, gain };
    }
  }
  if (best === null) return null;
  // Never the low value itself, which must fall on the low side.
  const threshold = best.high - (best.high - best.low) * rng.uniform();
  return { column: best.column, threshold: threshold > best.low ? threshold : best.high };
}
