/**
 * A search space as optimisers see it: a point of the unit cube, one column a dimension. A canonical point sits in the
 * middle of the cell of each discrete value, and at 0.5 in every inactive column; equal values have equal points.
 */

import { type Dimension, isActive, type Space, spaceFromUnit, spaceToUnit, type Values } from '@skein/core';

/** One column of the cube. */
export interface Column {
  /** Number of values, or Infinity for a continuous column. */
  readonly count: number;
  /** Values without order: the distance of two different ones is always the same. */
  readonly categorical: boolean;
}

/** The columns of a space and its canonical points. */
export interface Columns {
  readonly columns: readonly Column[];
  /** The canonical form of a point, as a new array. */
  canonical(point: ArrayLike<number>): Float64Array;
  /** Which columns take part at a point. */
  active(point: ArrayLike<number>): readonly boolean[];
  /** False if the values of a canonical point are known to be forbidden. */
  allows(point: Float64Array): boolean;
}

const columnOf = (dimension: Dimension<unknown>): Column => ({
  count: dimension.cardinality,
  categorical: Number.isFinite(dimension.cardinality) && !dimension.ordered,
});

/** The columns of a space, in the order of its names; `allows` tells which values may be suggested (default all). */
export function columnsOf<S extends Space>(space: S, allows?: (values: Values<S>) => boolean): Columns {
  const dimensions = Object.values(space);
  return {
    columns: dimensions.map(columnOf),
    canonical: (point) => spaceToUnit(space, spaceFromUnit(space, point)),
    active: (point) => {
      const values: Values<Space> = spaceFromUnit(space, point);
      return dimensions.map((dimension) => isActive(dimension, values));
    },
    allows: (point) => allows === undefined || allows(spaceFromUnit(space, point)),
  };
}

/** A canonical point as a key: equal exactly for equal values. */
export const keyOf = (point: Float64Array): string => point.join();

/** Position of value `k` of a discrete column. */
export const cellMiddle = (column: Column, k: number): number => (k + 0.5) / column.count;

/** The value that a position of a discrete column belongs to. */
export const cellOf = (column: Column, u: number): number => Math.min(column.count - 1, Math.floor(u * column.count));
