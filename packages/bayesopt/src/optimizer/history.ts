/** What the trials so far tell a method, as points of the unit cube and losses (smaller is better). */

import { type Space, spaceToUnit } from '@skein/core';
import type { TrialRecord } from './trial.ts';

export interface History {
  /** Canonical points of finished trials and their losses. */
  readonly observed: readonly { readonly point: Float64Array; readonly loss: number }[];
  /** Canonical points of running trials. */
  readonly pending: readonly Float64Array[];
}

/**
 * The history of a study. A failed trial counts as the worst complete one: it happened where it happened, and nothing is
 * known but that nobody wants it again. A pruned trial counts as its last value, but as no better than the median.
 * While no trial is complete there are no losses, and all others are left out.
 */
export function historyOf(space: Space, trials: readonly TrialRecord[], maximise: boolean): History {
  const sign = maximise ? -1 : 1;
  const complete = trials.flatMap(({ outcome }) => (outcome?.kind === 'complete' ? [sign * outcome.value] : []));
  const sorted = complete.toSorted((a, b) => a - b);
  const worst = sorted.at(-1);
  const median = sorted[sorted.length >> 1];
  const observed: { point: Float64Array; loss: number }[] = [];
  const pending: Float64Array[] = [];
  for (const { values, outcome } of trials) {
    const point = spaceToUnit(space, values);
    if (outcome === null) pending.push(point);
    else if (outcome.kind === 'complete') observed.push({ point, loss: sign * outcome.value });
    else if (worst === undefined || median === undefined) continue;
    else if (outcome.kind === 'failed') observed.push({ point, loss: worst });
    else observed.push({ point, loss: Math.max(median, sign * (outcome.value ?? sign * worst)) });
  }
  return { observed, pending };
}
