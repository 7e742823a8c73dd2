/** Early stopping: training ends when what it watches has not improved for a number of epochs. */

import { SkeinError } from '@skein/core';

/** What is watched: it improves when it falls. */
export interface WatchOptions {
  /** Name of a metric; without one, the loss, of the validation data where there is any. */
  readonly metric?: string;
  /** The metric improves when it rises. */
  readonly maximise?: boolean;
}

export interface EarlyStoppingOptions extends WatchOptions {
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
} as const satisfies EarlyStoppingOptions;

/** The best value so far, and the epochs since. */
export interface Watch {
  readonly value: number;
  readonly epoch: number;
  readonly waited: number;
}

/** Before the first epoch. JSON has no infinity, so that a best epoch of -1 means none. */
export const UNWATCHED: Watch = { value: 0, epoch: -1, waited: 0 };

/** The watch after an epoch. */
export function watch(before: Watch, value: number, epoch: number, minDelta: number): Watch {
  const improved = before.epoch < 0 || value < before.value - minDelta;
  return improved ? { value, epoch, waited: 0 } : { ...before, waited: before.waited + 1 };
}

/** What an epoch gave. */
export interface Measured {
  readonly loss: number;
  readonly validationLoss: number | null;
  readonly metrics: Readonly<Record<string, number>>;
}

/** The watched number of an epoch, so that less is better. Throws `CONFIG` for a metric that is not measured. */
export function watchedValue({ metric, maximise = false }: WatchOptions, measured: Measured): number {
  if (metric === undefined) return measured.validationLoss ?? measured.loss;
  const value = measured.metrics[metric];
  if (value !== undefined) return maximise ? -value : value;
  const known = Object.keys(measured.metrics).join(', ') || 'none';
  throw new SkeinError('CONFIG', `metric: expected one that is measured (${known}), got ${metric}`, {
    advice: 'give it in the option metrics; with several outputs its name is output.metric',
  });
}

/** The type of options that are all there but what is watched. */
export type EarlyStopping = WatchOptions & Required<Omit<EarlyStoppingOptions, keyof WatchOptions>>;

/** Options with their defaults. Throws `CONFIG`. */
export function earlyStopping(options: EarlyStoppingOptions): EarlyStopping {
  const settings = { ...EARLY_STOPPING_DEFAULTS, ...options };
  checkPatience('earlyStopping', settings);
  return settings;
}

/** Throws `CONFIG` for numbers out of range. */
export function checkPatience(what: string, { patience, minDelta }: { patience: number; minDelta: number }): void {
  if (!(Number.isSafeInteger(patience) && patience >= 1)) {
    throw new SkeinError('CONFIG', `${what}: patience: expected a positive integer, got ${patience}`);
  }
  if (!(minDelta >= 0)) {
    throw new SkeinError('CONFIG', `${what}: minDelta: expected a non-negative number, got ${minDelta}`);
  }
}
