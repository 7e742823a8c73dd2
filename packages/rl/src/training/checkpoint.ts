/** Training checkpoints as bytes and files. */

import { decodeCheckpoint, encodeCheckpoint, loadCheckpoint, saveCheckpoint } from '@skein/core';
import { TrainingState } from './run.ts';

const CHECKPOINT = { kind: 'rl/training', version: 2, schema: TrainingState } as const;

const wrapped = (state: TrainingState) => ({
  kind: CHECKPOINT.kind,
  version: CHECKPOINT.version,
  step: state.step,
  state,
});

/** A training run's state as bytes. */
export function encodeTraining(state: TrainingState): Uint8Array {
  return encodeCheckpoint(wrapped(state));
}

/** A training run's state from bytes. Throws `CHECKPOINT` for other or damaged bytes. */
export function decodeTraining(bytes: Uint8Array, what?: string): TrainingState {
  return decodeCheckpoint(bytes, CHECKPOINT, what).state;
}

/** Writes a training run's state to a file, atomically. */
export function saveTraining(path: string, state: TrainingState): void {
  saveCheckpoint(path, wrapped(state));
}

/** Reads a training run's state from a file. Throws `CHECKPOINT`. */
export function loadTraining(path: string): TrainingState {
  return loadCheckpoint(path, CHECKPOINT).state;
}
