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

/** The chosen columns of the points, row by row. */
function rowsOf({ data, n, d }: Points, columns: readonly number[]): Float64Array {
  const width = columns.length;
  const out = new Float64Array(n * width);
  for (let i = 0; i < n; i++) for (let c = 0; c < width; c++) out[i * width + c] = data[i * d + columns[c]!]!;
  return out;
}

/** Numbers in a column, a multiple of the four that are worked on together. */
const padded = (n: number): number => (n + 3) & ~3;

/** The chosen columns of the points, column by column, padded with zeros. */
function columnsOf({ data, n, d }: Points, columns: readonly number[]): Float64Array {
  const length = padded(n);
  const out = new Float64Array(length * columns.length);
  for (let i = 0; i < n; i++) for (let c = 0; c < columns.length; c++) out[c * length + i] = data[i * d + columns[c]!]!;
  return out;
}

/** The matrices of a profile over a metric, which is asked for the points' number of columns. */
export function stationaryMatrices(name: ProfileName, metricOf: (d: number) => Metric): KernelMatrices {
  const kind = PROFILES.indexOf(name);
  return {
    fill: (a, b, lower, out) => {
      const { columns, names, weights } = metricOf(a.d);
      const width = columns.length;
      const room = operands((a.n + padded(b.n) + 1) * width + out.length);
      const rows = room.copy(rowsOf(a, columns));
      const across = room.copy(columnsOf(b, columns));
      const scales = room.copy(weights);
      const to = room.reserve(out.length);
      room.exports.fill(kind, rows, a.n, across, 8 * padded(b.n), b.n, width - names, names, scales, to, lower);
      out.set(room.at(to, out.length));
    },
    contract: (x, pairWeights, out, at) => {
      const { columns, names, weights, parameters } = metricOf(x.d);
      const width = columns.length;
      const room = operands((x.n + padded(x.n) + 4) * width + x.n * x.n);
      const rows = room.copy(rowsOf(x, columns));
      const across = room.copy(columnsOf(x, columns));
      const scales = room.copy(weights);
      const pairs = room.copy(pairWeights);
      const slopes = room.reserve(2 * width);
      const to = room.reserve(1 + width);
      const { contract } = room.exports;
      contract(kind, rows, across, 8 * padded(x.n), x.n, width - names, names, scales, pairs, slopes, to);
      const sums = room.at(to, 1 + width);
      // ds/dlog(l) = -2 difference^2 / l^2.
      for (let c = 0; c < width; c++) out[at + parameters[c]!]! -= 2 * weights[c]! * sums[1 + c]!;
      return sums[0]!;
    },
  };
}
