/** What the trials so far tell a method, as points of the unit cube and losses (smaller is better). */

import { type Space, spaceToUnit } from '@skein/core';
import type { TrialRecord } from './trial.ts';

export interface History {
  readonly observed: readonly Observation[];
  /** Canonical points of running trials. */
  readonly pending: readonly Float64Array[];
}

/** A finished trial. */
export interface Observation {
  /** Canonical. */
  readonly point: Float64Array;
  readonly loss: number;
  /** Quantities that must be at most 0; null where the trial did not live to measure them. */
  readonly constraints: readonly number[] | null;
  /** What the evaluation cost, if that was told. */
  readonly cost?: number;
  /** Its loss then is that of the worst complete trial, for methods that look no closer. */
  readonly failed?: true;
}

/** Sum of a trial's violations: 0 if it satisfies every constraint, Infinity if they were not measured. */
export const violation = ({ constraints }: Pick<Observation, 'constraints'>): number =>
  constraints === null ? Infinity : constraints.reduce((sum, c) => sum + Math.max(0, c), 0);

/** Losses beyond it count as this, so that their squares are finite. */
const LARGEST = 1e150;

/**
 * The history of a study. A failed trial counts as the worst complete one: it happened where it happened, and nothing is
 * known but that nobody wants it again. A pruned trial counts as its last value, but as no better than the median.
 * While no trial is complete there are no losses, and all others are left out.
 */
export function historyOf(space: Space, trials: readonly TrialRecord[], maximise: boolean): History {
  const sign = maximise ? -1 : 1;
  const lossOf = (value: number): number => Math.min(LARGEST, Math.max(-LARGEST, sign * value));
  const complete = trials.flatMap(({ outcome }) => (outcome?.kind === 'complete' ? [lossOf(outcome.value)] : []));
  const sorted = complete.toSorted((a, b) => a - b);
  const worst = sorted.at(-1);
  const median = sorted[sorted.length >> 1];
  const observed: Observation[] = [];
  const pending: Float64Array[] = [];
  for (const { values, outcome } of trials) {
    const point = spaceToUnit(space, values);
    if (outcome === null) pending.push(point);
    else if (outcome.kind === 'complete') {
      const { value, constraints = [], cost } = outcome;
      observed.push({ point, loss: lossOf(value), constraints, ...(cost === undefined ? {} : { cost }) });
    } else if (worst !== undefined && median !== undefined) {
      if (outcome.kind === 'failed') observed.push({ point, loss: worst, constraints: null, failed: true });
      else {
        const last = outcome.value === undefined ? worst : lossOf(outcome.value);
        observed.push({ point, loss: Math.max(median, last), constraints: null });
      }
    }
  }
  return { observed, pending };
}
