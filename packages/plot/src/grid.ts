/** Axes of search dimensions, and grids over the unit square that contours are drawn from. */

import type { Dimension } from '@skein/core';

/** How a dimension is drawn: by Vega's scale over its natural values. */
export interface AxisScale {
  readonly type: 'linear' | 'log' | 'point';
  readonly domain: readonly unknown[];
}

/** The kind of a dimension's values, inside of a condition too. */
const isNames = (dimension: Dimension<unknown>): boolean =>
  Number.isFinite(dimension.cardinality) && typeof valueAt(dimension, 0.5) !== 'number';

/** The value at a position; lists and booleans as texts. */
export function valueAt(dimension: Dimension<unknown>, u: number): string | number {
  const value = dimension.fromUnit(u);
  return typeof value === 'number' ? value : String(value);
}

/** The values of a dimension of names, in order. */
export const namesOf = (dimension: Dimension<unknown>): string[] =>
  Array.from({ length: dimension.cardinality }, (_, k) =>
    String(valueAt(dimension, (k + 0.5) / dimension.cardinality)),
  );

/** The scale of a dimension: names are points, and numbers logarithmic if the middle is the ends' geometric mean. */
export function axisOf(dimension: Dimension<unknown>): AxisScale {
  if (isNames(dimension)) return { type: 'point', domain: namesOf(dimension) };
  const [low, middle, high] = [0, 0.5, 1].map((u) => Number(dimension.fromUnit(u))) as [number, number, number];
  const isLog = low > 0 && high > 4 * low && Math.abs(middle - Math.sqrt(low * high)) < 1e-6 * high;
  return { type: isLog ? 'log' : 'linear', domain: [low, high] };
}

/** Numbers on an axis: few digits, powers of ten on logarithmic ones. */
export const tickFormat = (scale: AxisScale): string => (scale.type === 'log' ? '~e' : '~r');

/** Values on a square grid; the first row is the lowest y. */
export interface Grid {
  readonly side: number;
  readonly values: Float64Array;
}

/** Points (x, y) of the grid in [0, 1]^2, at the middles of its cells, row by row. */
export const gridPoints = (side: number): [x: number, y: number][] =>
  Array.from({ length: side * side }, (_, at) => [((at % side) + 0.5) / side, (Math.floor(at / side) + 0.5) / side]);
