/** What `fit` takes and tells. */

import { type Rng, SkeinError } from '@skein/core';
import type { Optimizer } from '@tensorflow/tfjs-core';
import type { ClassWeights, Data } from './data.ts';
import type { EarlyStoppingOptions } from './early-stopping.ts';
import type { GradientBounds } from './gradients.ts';
import type { Measures } from './objective.ts';
import type { PlateauOptions } from './plateau.ts';
import type { Each } from './ports.ts';
import type { Speed } from './progress.ts';
import type { Schedule } from './schedules.ts';
import type { EpochRecord, FitState } from './state.ts';

/** Progress after a batch. */
export interface BatchEvent extends Speed {
  /** Counted from 1, and how many there will be. */
  readonly epoch: number;
  readonly epochs: number;
  /** Batches of this epoch so far, and in all (null where only the stream knows). */
  readonly batch: number;
  readonly batches: number | null;
  /** Optimiser steps since the first start. */
  readonly step: number;
  /** Mean loss of the batch, with regularisers. */
  readonly loss: number;
  readonly learningRate: number;
}

/** Progress after an epoch: its record, and whether it is the best so far. */
export interface EpochEvent extends EpochRecord, Speed {
  readonly epochs: number;
  readonly best: boolean;
}

export interface CheckpointOptions {
  /** Optimiser steps between two checkpoints; without it one after each epoch. One more is made when training is stopped. */
  readonly everySteps?: number;
  /** Keeps a state, e.g. with `saveFitState`. */
  readonly save: (state: FitState) => void | Promise<void>;
}

export interface FitOptions extends GradientBounds, Measures {
  /** An optimiser of `tf.train`, or `nadam`; Adam if not given. */
  readonly optimizer?: Optimizer;
  /** Passes over the data, those before a resume included. */
  readonly epochs?: number;
  readonly batchSize?: number;
  /** Shuffles samples in memory: epoch e in the order of `rng.split(e)`. Without it they keep their order. */
  readonly rng?: Rng;
  /** Data for the losses and metrics of each epoch; without it metrics are of the training data. */
  readonly validation?: Data;
  readonly earlyStopping?: EarlyStoppingOptions;
  /** The learning rate of each step; without it the optimiser's. */
  readonly schedule?: Schedule;
  /** Lowers the learning rate, or what the schedule says, when epochs bring no improvement. */
  readonly reduceOnPlateau?: PlateauOptions;
  /** Weights of classes in the training loss, for all outputs or for each. */
  readonly classWeights?: Each<ClassWeights>;
  /** Called after each batch and awaited; training ends when it gives `'stop'`. */
  readonly onBatch?: (event: BatchEvent) => unknown;
  /** Called after each epoch and awaited; training ends when it gives `'stop'`. */
  readonly onEpoch?: (event: EpochEvent) => unknown;
  readonly checkpoint?: CheckpointOptions;
  /** Continues from here: the steps that follow are to the bit those of a run that never stopped. */
  readonly resume?: FitState;
  /** Ends training after the current batch. */
  readonly signal?: AbortSignal;
}

export const FIT_DEFAULTS = { epochs: 10, batchSize: 32, learningRate: 1e-3 } as const;

/** Why training ended. */
export type FitEnd = 'epochs' | 'early' | 'callback' | 'signal';

export interface FitResult {
  readonly ended: FitEnd;
  readonly history: readonly EpochRecord[];
  /** The best epoch, by validation loss where there is validation data; null before the first has ended. */
  readonly best: EpochRecord | null;
  /** The state at the end, before a best epoch was restored. */
  readonly state: FitState;
}

/** Throws `CONFIG` for numbers out of range. */
export function checkFitOptions(options: FitOptions): void {
  const { epochs, batchSize, clipNorm, clipEachNorm, clipValue, checkpoint } = options;
  for (const [name, value] of Object.entries({ epochs, batchSize, everySteps: checkpoint?.everySteps })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw new SkeinError('CONFIG', `fit: ${name}: expected a positive integer, got ${value}`);
    }
  }
  for (const [name, value] of Object.entries({ clipNorm, clipEachNorm, clipValue })) {
    if (value !== undefined && !(value > 0)) {
      throw new SkeinError('CONFIG', `fit: ${name}: expected a positive number, got ${value}`);
    }
  }
}
