/** Points and targets as callers give them, checked once at the door and kept flat inside. */

import { SkeinError, show } from '@skein/core';
import type { Matrix } from 'ml-matrix';

/** n points of d numbers: rows, or an ml-matrix `Matrix`. */
export type Inputs = readonly ArrayLike<number>[] | Matrix;

/** n points of d numbers, row-major. */
export interface Points {
  readonly data: Float64Array;
  readonly n: number;
  readonly d: number;
}

const isMatrix = (inputs: Inputs): inputs is Matrix => !Array.isArray(inputs);

/** The points, flat. Throws `SHAPE` unless every row has `d` numbers (default: as many as the first), `INPUT` for NaN. */
export function toPoints(inputs: Inputs, name: string, d?: number): Points {
  const rows: readonly ArrayLike<number>[] = isMatrix(inputs) ? inputs.to2DArray() : inputs;
  const width = d ?? rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    if (row.length !== width) {
      throw new SkeinError('SHAPE', `${name}[${i}]: expected ${width} numbers, got ${row.length}`);
    }
    data.set(row, i * width);
  }
  const bad = data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) {
    const row = Math.floor(bad / width);
    throw new SkeinError('INPUT', `${name}[${row}][${bad % width}]: expected a finite number, got ${data[bad]}`, {
      details: { row, column: bad % width },
    });
  }
  return { data, n: rows.length, d: width };
}

/** The targets as a copy. Throws `SHAPE` unless there are `n`, `INPUT` naming every row that is not finite. */
export function toTargets(targets: ArrayLike<number>, name: string, n: number): Float64Array {
  if (targets.length !== n) {
    throw new SkeinError('SHAPE', `${name}: expected ${n} numbers, one a point, got ${targets.length}`);
  }
  const y = Float64Array.from(targets);
  const rows = [...y.keys()].filter((i) => !Number.isFinite(y[i]!));
  if (rows.length > 0) {
    throw new SkeinError('INPUT', `${name}: expected finite numbers, got ${y[rows[0]!]} in row ${show(rows)}`, {
      details: { rows },
      advice: 'Leave the rows out, or replace failed evaluations by the worst finite value.',
    });
  }
  return y;
}

/** The points of both, in order. */
export function concatPoints(a: Points, b: Points): Points {
  const data = new Float64Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return { data, n: a.n + b.n, d: a.d };
}

/** Points of d numbers, one array each, as flat points. */
export function flatten(points: readonly Float64Array[], d: number): Points {
  const data = new Float64Array(points.length * d);
  points.forEach((point, i) => {
    data.set(point, i * d);
  });
  return { data, n: points.length, d };
}
