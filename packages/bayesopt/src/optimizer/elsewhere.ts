/**
 * Looking elsewhere. Once the expected improvement is negligible everywhere, more trials only polish the basin of the best
 * one, and the rest of the space is where a better basin would be. Three of four suggestions then maximise the expected
 * improvement over the best trial outside of that basin, under a process of the trials out there, so that a second basin is
 * descended into as the first one was; then a third one, and so on.
 *
 * A basin is what descends to the same minimum of the posterior mean, and what is correlated with that minimum. Measured on
 * Hartmann-6, where a third of all starts lead to the lesser of two basins.
 */

import type { Factored } from '../gp/likelihood.ts';
import { posteriorMean } from '../gp/posterior.ts';
import { lbfgsb } from '../optim/lbfgsb.ts';
import type { Column } from './columns.ts';

export const elsewhereDefaults = {
  /** Expected improvements below this, in deviations of the transformed outcomes, are negligible. */
  negligible: 0.03,
  /** The same where some dimensions are names or steps: there the next combination may lead on from the same basin. */
  negligibleAmongSteps: 1e-3,
  /** One in so many suggestions still polishes. */
  polishing: 4,
  /** With fewer dimensions the trials of an ordinary study cover the space anyway. */
  leastDimensions: 5,
  /** With more trials, descending from each of them takes long. */
  mostTrials: 300,
  /** Points that are more correlated with a basin's minimum than this belong to it. */
  correlation: 0.2,
  /** Ends of descents more correlated than this are the same minimum. */
  sameness: 0.9,
  /** Basins that are left, one after the other, for want of improvement. */
  mostBasins: 5,
} as const;

/** True if the best score, a log expected improvement, is negligible, and it is not this trial's turn to polish. */
export function isTimeToLookElsewhere(
  bestScore: number,
  trial: number,
  columns: readonly Column[],
  n: number,
): boolean {
  const { negligible, negligibleAmongSteps, polishing, leastDimensions, mostTrials } = elsewhereDefaults;
  if (columns.length < leastDimensions || n > mostTrials || trial % polishing === 0) return false;
  const hasSteps = columns.some(({ count }) => Number.isFinite(count));
  return bestScore < Math.log(hasSteps ? negligibleAmongSteps : negligible);
}

/** The best basins together. */
export interface Region {
  /** Trials in it. */
  readonly rows: ReadonlySet<number>;
  holds(point: Float64Array): boolean;
}

/** The basin of the best trial, that and the basin of the best trial outside of it, and so on. */
export function* otherRegions(at: Factored): Generator<Region> {
  const { model, x, y } = at;
  const { n, d } = x;
  const { correlation, sameness, mostBasins } = elsewhereDefaults;
  const pointOf = (row: number): Float64Array => x.data.slice(row * d, (row + 1) * d);
  const variance = model.kernel.value(x.data, 0, x.data, 0, d);
  const areClose = (a: Float64Array, b: Float64Array, least: number): boolean =>
    model.kernel.value(a, 0, b, 0, d) > least * variance;
  const ends = Array.from({ length: n }, (_, row) => descend(at, pointOf(row)));
  const rows = new Set<number>();
  const minima: Float64Array[] = [];
  const holds = (point: Float64Array): boolean => minima.some((minimum) => areClose(point, minimum, correlation));
  while (minima.length < mostBasins) {
    const outside = [...ends.keys()].filter((row) => !rows.has(row));
    const minimum = ends[outside.reduce((best, row) => (y[row]! < y[best]! ? row : best), outside[0]!)]!;
    minima.push(minimum);
    for (const row of outside) {
      if (areClose(ends[row]!, minimum, sameness) || areClose(pointOf(row), minimum, correlation)) rows.add(row);
    }
    if (rows.size === n) return;
    yield { rows: new Set(rows), holds };
  }
}

/** The minimum of the posterior mean that a point descends to, in the unit cube. */
function descend(at: Factored, from: Float64Array): Float64Array {
  const { d } = at.x;
  const { value, addInputGradient } = posteriorMean(at);
  const mean = (point: Float64Array, gradient: Float64Array): number => {
    addInputGradient(point, 0, d, 1, gradient.fill(0));
    return value(point, 0, d);
  };
  const bounds = { lower: new Float64Array(d), upper: new Float64Array(d).fill(1) };
  return lbfgsb(mean, from, { ...bounds, maxIterations: 50, gradientTolerance: 1e-3 }).x;
}
