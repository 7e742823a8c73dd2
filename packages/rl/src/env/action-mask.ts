/** Masks of legal actions: rows of `n` numbers, 1 for a legal action and 0 for another, actions from the smallest on. */

import type { Rng } from '@skein/core';
import type { EnvironmentDefinition } from './definition.ts';

/** Masks of several rows, `[rows, n]`; null where every action is legal. */
export type ActionMasks = Uint8Array | null;

/** Numbers of one row's mask: its actions if the environment tells which are legal, else 0. */
export function maskSize({ actionSpec, actionMask }: Pick<EnvironmentDefinition, 'actionSpec' | 'actionMask'>): number {
  return actionMask !== undefined && actionSpec.kind === 'discrete' ? actionSpec.n : 0;
}

/** A row's part of masks. */
export function maskOfRow(masks: Uint8Array, n: number, row: number): Uint8Array {
  return masks.subarray(row * n, (row + 1) * n);
}

/** True if action `action` of a row is legal. */
export function isLegal(masks: ActionMasks, n: number, row: number, action: number): boolean {
  return masks === null || masks[row * n + action] === 1;
}

/** One of a row's legal actions, each as likely; any of the `n` if none is. */
export function randomLegalAction(masks: ActionMasks, n: number, row: number, rng: Rng): number {
  if (masks === null) return rng.integer(n);
  let legal = 0;
  for (let a = 0; a < n; a++) legal += masks[row * n + a]!;
  if (legal === 0) return rng.integer(n);
  let left = rng.integer(legal);
  let action = 0;
  while (masks[row * n + action] !== 1 || left-- > 0) action++;
  return action;
}

/** Index of the largest legal of `n` values of row `row`; the first one among equals, 0 if none is legal. */
export function bestLegalAction(values: ArrayLike<number>, row: number, n: number, masks: ActionMasks = null): number {
  let best = -1;
  for (let a = 0; a < n; a++) {
    if (!isLegal(masks, n, row, a)) continue;
    if (best < 0 || values[row * n + a]! > values[row * n + best]!) best = a;
  }
  return Math.max(0, best);
}
