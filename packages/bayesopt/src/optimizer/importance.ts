/**
 * Which parameters a study's outcomes depend on: the functional analysis of variance (Hutter, Hoos and Leyton-Brown, ICML
 * 2014) of a random forest over the finished trials, by Monte Carlo.
 *
 * Notation. f: function over the unit cube [0, 1]^d. V: its variance under uniform points. First-order index of column i:
 * the share of V that the mean of f given x_i has. Total index: the share that is left when all others are given (Sobol
 * 1993). A, B: independent points; C_i: A with column i from B. V (1 - S_i) = E (f(B) - f(C_i))^2 / 2 and
 * V T_i = E (f(A) - f(C_i))^2 / 2 (Jansen 1999).
 */

import { createRng, type Rng, SkeinError, type Space } from '@skein/core';
import { quasiUniforms } from '../design/uniforms.ts';
import { RandomForest } from '../forest/random-forest.ts';
import { flatten, type Points } from '../linalg/points.ts';
import { columnsOf } from './columns.ts';
import { historyOf } from './history.ts';
import type { Optimizer } from './optimizer.ts';

/** How much of the variance one column explains. */
export interface SobolIndex {
  /** By itself. */
  readonly first: number;
  /** By itself and together with others. */
  readonly total: number;
}

/** First-order and total indices of a function over the unit cube, from about `samples` (d + 2) of its values. */
export function sobolIndices(f: (points: Points) => Float64Array, d: number, samples: number, rng: Rng): SobolIndex[] {
  const joint = quasiUniforms(samples, 2 * d, rng);
  const column = (from: (j: number) => number): Points => ({
    data: Float64Array.from({ length: samples * d }, (_, at) => {
      const j = at % d;
      return joint[((at - j) / d) * 2 * d + from(j)]!;
    }),
    n: samples,
    d,
  });
  const a = f(column((j) => j));
  const b = f(column((j) => d + j));
  const variance = varianceOf([...a, ...b]);
  return Array.from({ length: d }, (_, i) => {
    if (variance === 0) return { first: 0, total: 0 };
    const c = f(column((j) => (j === i ? d + j : j)));
    return {
      first: Math.max(0, 1 - meanSquare(b, c) / (2 * variance)),
      total: meanSquare(a, c) / (2 * variance),
    };
  });
}

const meanSquare = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0) / a.length;

function varianceOf(values: readonly number[]): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
}

/** The importance of one parameter of a study. */
export interface Importance extends SobolIndex {
  readonly name: string;
}

export interface ImportanceOptions {
  readonly seed: number;
  /** Points of the Monte Carlo estimate. */
  readonly samples: number;
  readonly trees: number;
}

export const importanceDefaults = { seed: 0, samples: 1024, trees: 64 } as const satisfies ImportanceOptions;

/**
 * Importance of every parameter, the largest total first. Failed trials count as the worst ones. Throws `INPUT` before
 * two trials are complete.
 */
export function importance<S extends Space>(
  study: Pick<Optimizer<S>, 'space' | 'trials' | 'options'>,
  given: Partial<ImportanceOptions> = {},
): Importance[] {
  const { seed, samples, trees } = { ...importanceDefaults, ...given };
  const { observed } = historyOf(study.space, study.trials(), study.options.maximise);
  if (observed.length < 2) {
    throw new SkeinError('INPUT', `importance: expected at least 2 finished trials, got ${observed.length}`);
  }
  const names = Object.keys(study.space);
  const columns = columnsOf(study.space);
  const points = flatten(
    observed.map(({ point }) => point),
    names.length,
  );
  const losses = Float64Array.from(observed, ({ loss }) => loss);
  // Full trees that may split every column, so that columns of little weight are not mistaken for others.
  const forest = new RandomForest({ trees, seed, minLeaf: 1, columnShare: 1 }).fitPoints(points, losses);
  const canonical = ({ data, n, d }: Points): Points =>
    flatten(
      Array.from({ length: n }, (_, i) => columns.canonical(data.subarray(i * d, (i + 1) * d))),
      d,
    );
  const predict = (at: Points): Float64Array => forest.predictPoints(canonical(at)).mean;
  const indices = sobolIndices(predict, names.length, samples, createRng(seed).split('importance'));
  return indices.map((index, j) => ({ name: names[j]!, ...index })).sort((x, y) => y.total - x.total);
}
