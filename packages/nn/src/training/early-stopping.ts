/** Early stopping: training ends when what it watches has not improved for a number of epochs. */

import { SkeinError } from '@skein/core';

export interface EarlyStoppingOptions {
  /** Epochs without improvement after which training ends. */
  readonly patience?: number;
  /** What counts as an improvement. */
  readonly minDelta?: number;
  /** Puts the model back to its best epoch at the end. */
  readonly restoreBest?: boolean;
}

export const EARLY_STOPPING_DEFAULTS = {
  patience: 5,
  minDelta: 0,
  restoreBest: true,
} as const satisfies Required<EarlyStoppingOptions>;

/** The best loss so far, of the validation data where there is any, and the epochs since. */
export interface Watch {
  readonly loss: number;
  readonly epoch: number;
  readonly waited: number;
}

/** Before the first epoch. JSON has no infinity, so that a best epoch of -1 means none. */
export const UNWATCHED: Watch = { loss: 0, epoch: -1, waited: 0 };

/** The watch after an epoch. */
export function watch(before: Watch, loss: number, epoch: number, minDelta: number): Watch {
  const improved = before.epoch < 0 || loss < before.loss - minDelta;
  return improved ? { loss, epoch, waited: 0 } : { ...before, waited: before.waited + 1 };
}

/** Options with their defaults. Throws `CONFIG`. */
export function earlyStopping(options: EarlyStoppingOptions): Required<EarlyStoppingOptions> {
  const { patience, minDelta } = { ...EARLY_STOPPING_DEFAULTS, ...options };
  if (!(Number.isSafeInteger(patience) && patience >= 1)) {
    throw new SkeinError('CONFIG', `earlyStopping: patience: expected a positive integer, got ${patience}`);
  }
  if (!(minDelta >= 0)) {
    throw new SkeinError('CONFIG', `earlyStopping: minDelta: expected a non-negative number, got ${minDelta}`);
  }
  return { ...EARLY_STOPPING_DEFAULTS, ...options };
}
