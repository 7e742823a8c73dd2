/** Matrices of the stationary kernels whose profile the module of assembly/ knows. */

import { operands } from '../linalg/module.ts';
import type { Points } from '../linalg/points.ts';
import type { KernelMatrices } from './matrices.ts';

/** Profiles in the order of their numbers in assembly/stationary.ts. */
export const PROFILES = ['rbf', 'matern12', 'matern32', 'matern52'] as const;
export type ProfileName = (typeof PROFILES)[number];

/** Which columns take part, and how much a squared difference in each counts. */
export interface Metric {
  /** Numbers first, then the columns of names. */
  readonly columns: readonly number[];
  readonly names: number;
  /** 1 / l^2, one a column. */
  readonly weights: Float64Array;
  /** Position of each column's length scale among the parameters. */
  readonly parameters: readonly number[];
}

/** Numbers in a column, a multiple of the four that are worked on together. */
const padded = (n: number): number => (n + 3) & ~3;

/** The metric's columns of the points in units of their length scales; names as they are. */
class Scaled {
  readonly #metric: Metric;
  readonly #factors: Float64Array;

  constructor(metric: Metric) {
    this.#metric = metric;
    const numbers = metric.columns.length - metric.names;
    this.#factors = metric.weights.map((weight, c) => (c < numbers ? Math.sqrt(weight) : 1));
  }

  /** Entry (i, c) at i * row + c * column. */
  #write({ data, n, d }: Points, out: Float64Array, row: number, column: number): Float64Array {
    this.#metric.columns.forEach((from, c) => {
      const factor = this.#factors[c]!;
      for (let i = 0; i < n; i++) out[i * row + c * column] = factor * data[i * d + from]!;
    });
    return out;
  }

  rows(points: Points): Float64Array {
    const width = this.#factors.length;
    return this.#write(points, new Float64Array(points.n * width), width, 1);
  }

  /** Column by column, padded with zeros. */
  columns(points: Points): Float64Array {
    const length = padded(points.n);
    return this.#write(points, new Float64Array(length * this.#factors.length), 1, length);
  }
}

/** The matrices of a profile over a metric, which is asked for the points' number of columns. */
export function stationaryMatrices(name: ProfileName, metricOf: (d: number) => Metric): KernelMatrices {
  const kind = PROFILES.indexOf(name);
  return {
    fill: (a, b, lower, out) => {
      const metric = metricOf(a.d);
      const scaled = new Scaled(metric);
      const [width, { names }] = [metric.columns.length, metric];
      using room = operands((a.n + padded(b.n) + 1) * width + out.length);
      const rows = room.copy(scaled.rows(a));
      const across = room.copy(scaled.columns(b));
      const weights = room.copy(metric.weights.subarray(width - names));
      const to = room.reserve(out.length);
      room.exports.fill(kind, rows, a.n, across, 8 * padded(b.n), b.n, width - names, names, weights, to, lower);
      out.set(room.at(to, out.length));
    },
    contract: (x, pairWeights, out, at) => {
      const metric = metricOf(x.d);
      const scaled = new Scaled(metric);
      const [width, { names }] = [metric.columns.length, metric];
      using room = operands((x.n + padded(x.n) + 4) * width + x.n * x.n);
      const rows = room.copy(scaled.rows(x));
      const across = room.copy(scaled.columns(x));
      const weights = room.copy(metric.weights.subarray(width - names));
      const pairs = room.copy(pairWeights);
      const slopes = room.reserve(2 * width);
      const to = room.reserve(1 + width);
      const { contract } = room.exports;
      contract(kind, rows, across, 8 * padded(x.n), x.n, width - names, names, weights, pairs, slopes, to);
      const sums = room.at(to, 1 + width);
      // What a column adds to s is proportional to 1 / l^2.
      metric.parameters.forEach((p, c) => {
        out[at + p]! -= 2 * sums[1 + c]!;
      });
      return sums[0]!;
    },
  };
}
