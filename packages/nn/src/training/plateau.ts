/** A learning rate that falls when what is watched has not improved for a number of epochs. */

import { SkeinError } from '@skein/core';
import { checkPatience, UNWATCHED, type Watch, type WatchOptions, watch } from './early-stopping.ts';

export interface PlateauOptions extends WatchOptions {
  /** What the learning rate is multiplied with. */
  readonly factor?: number;
  /** Epochs without improvement after which it is. */
  readonly patience?: number;
  /** What counts as an improvement. */
  readonly minDelta?: number;
  /** Epochs after a reduction that are not counted. */
  readonly cooldown?: number;
  /** Smallest learning rate. */
  readonly minimum?: number;
}

export const PLATEAU_DEFAULTS = {
  factor: 0.1,
  patience: 10,
  minDelta: 0,
  cooldown: 0,
  minimum: 0,
} as const satisfies PlateauOptions;

export type PlateauSettings = WatchOptions & Required<Omit<PlateauOptions, keyof WatchOptions>>;

/** Where the reductions are. */
export interface Plateau {
  readonly watch: Watch;
  /** Epochs of cooling down that are left. */
  readonly cooling: number;
  /** Product of the factors so far. */
  readonly scale: number;
}

export const NO_PLATEAU: Plateau = { watch: UNWATCHED, cooling: 0, scale: 1 };

/** The state after an epoch. The rule is that of PyTorch's ReduceLROnPlateau, whose patience is one less. */
export function afterEpoch(before: Plateau, value: number, epoch: number, settings: PlateauSettings): Plateau {
  const watched = watch(before.watch, value, epoch, settings.minDelta);
  const cooling = Math.max(0, before.cooling - 1);
  if (before.cooling > 0) return { ...before, watch: { ...watched, waited: 0 }, cooling };
  if (watched.waited < settings.patience) return { ...before, watch: watched };
  return { watch: { ...watched, waited: 0 }, cooling: settings.cooldown, scale: before.scale * settings.factor };
}

/** Options with their defaults. Throws `CONFIG`. */
export function plateauSettings(options: PlateauOptions): PlateauSettings {
  const settings = { ...PLATEAU_DEFAULTS, ...options };
  const { factor, cooldown, minimum } = settings;
  checkPatience('reduceOnPlateau', settings);
  const check = (name: string, value: number, valid: boolean, expected: string) => {
    if (!valid) throw new SkeinError('CONFIG', `reduceOnPlateau: ${name}: expected ${expected}, got ${value}`);
  };
  check('factor', factor, factor > 0 && factor < 1, 'a number in (0, 1)');
  check('cooldown', cooldown, Number.isSafeInteger(cooldown) && cooldown >= 0, 'a non-negative integer');
  check('minimum', minimum, minimum >= 0, 'a non-negative number');
  return settings;
}
