/** The whole state of a training run as plain data, and how a model, head and optimiser are put into it. */

import { loadCheckpoint, SkeinError, saveCheckpoint, Type } from '@skein/core';
import { type Optimizer, tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { fetchValues } from '../fetch-values.ts';
import { SeededLayer } from '../models/dropout.ts';
import {
  type OptimizerState,
  optimizerState,
  optimizerVariables,
  setOptimizerState,
} from '../models/optimizer-state.ts';
import { layersWithin } from '../models/walk.ts';
import { modelWeights, setModelWeights } from '../models/weights.ts';
import type { RandomState } from '../random.ts';
import { type Measured, UNWATCHED, type Watch } from './early-stopping.ts';
import { NO_PLATEAU, type Plateau } from './plateau.ts';

/** An epoch that has ended. Its loss is the mean over its batches of their losses before each step. */
export interface EpochRecord extends Measured {
  /** Counted from 1. */
  readonly epoch: number;
  /** Optimiser steps until its end. */
  readonly step: number;
  readonly learningRate: number;
}

/** Where a run is. Sums are of the epoch that has begun. */
export interface Position {
  readonly epoch: number;
  readonly batch: number;
  readonly step: number;
  readonly lossSum: number;
  readonly samples: number;
  readonly history: readonly EpochRecord[];
  readonly watch: Watch;
  readonly plateau: Plateau;
  /** The optimiser's learning rate at the start; null before it. */
  readonly initialRate: number | null;
}

/** Weights of a model and variables of a head. */
export interface Parameters {
  readonly weights: readonly Float32Array[];
  readonly head: readonly Float32Array[];
}

/** A run's state: plain data, so that it can be cloned, sent and saved. */
export interface FitState {
  readonly position: Position;
  readonly parameters: Parameters;
  /** Parameters of the best epoch, where early stopping may restore them. */
  readonly best: Parameters | null;
  readonly optimizer: OptimizerState;
  /** Random streams of the model's dropout and noise layers. */
  readonly streams: readonly RandomState[];
}

export const START: Position = {
  epoch: 0,
  batch: 0,
  step: 0,
  lossSum: 0,
  samples: 0,
  history: [],
  watch: UNWATCHED,
  plateau: NO_PLATEAU,
  initialRate: null,
};

/** What is trained: a model, and variables of its heads. */
export interface Trained {
  readonly model: LayersModel;
  readonly variables: readonly Variable[];
  readonly optimizer: Optimizer;
}

function streamsOf(model: LayersModel) {
  return layersWithin(model).flatMap((layer) => (layer instanceof SeededLayer ? [layer.stream] : []));
}

/** Copies of the parameters. */
export async function readParameters({ model, variables }: Trained): Promise<Parameters> {
  await fetchValues([...model.weights.map((weight) => weight.read()), ...variables]);
  return {
    weights: modelWeights(model),
    head: variables.map((variable) => Float32Array.from(variable.dataSync())),
  };
}

/** Sets the parameters. Throws `SHAPE` or `CHECKPOINT` when they belong to another model or head. */
export function writeParameters({ model, variables }: Trained, { weights, head }: Parameters): void {
  const [expected, found] = [variables.map(({ size }) => size), head.map(({ length }) => length)];
  if (String(expected) !== String(found)) {
    throw new SkeinError('CHECKPOINT', `head: expected variables of [${expected}] numbers, got [${found}]`, {
      advice: 'resume with the head that the run began with',
    });
  }
  setModelWeights(model, weights);
  tidy(() => {
    for (const [i, variable] of variables.entries()) variable.assign(tensor(head[i]!, variable.shape));
  });
}

/** The state of a run. */
export async function readState(trained: Trained, position: Position, best: Parameters | null): Promise<FitState> {
  await fetchValues(optimizerVariables(trained.optimizer));
  return {
    position,
    best,
    parameters: await readParameters(trained),
    optimizer: optimizerState(trained.optimizer),
    streams: streamsOf(trained.model).map((stream) => stream.state()),
  };
}

/** Puts a run into a state. */
export function writeState(trained: Trained, { parameters, optimizer, streams }: FitState): void {
  writeParameters(trained, parameters);
  setOptimizerState(trained.optimizer, optimizer);
  const own = streamsOf(trained.model);
  if (own.length !== streams.length) {
    throw new SkeinError('CHECKPOINT', `dropout: expected ${own.length} random streams, got ${streams.length}`);
  }
  for (const [i, stream] of own.entries()) stream.restore(streams[i]!);
}

const FILE = {
  kind: 'nn/fit',
  version: 2,
  schema: Type.Unsafe<FitState>(
    Type.Object({
      position: Type.Object({ step: Type.Integer(), epoch: Type.Integer(), batch: Type.Integer() }),
      parameters: Type.Object({ weights: Type.Array(Type.Unknown()), head: Type.Array(Type.Unknown()) }),
      optimizer: Type.Object({ type: Type.String() }),
      streams: Type.Array(Type.Unknown()),
    }),
  ),
};

/** Writes a state to a file, atomically. Throws `IO`. */
export function saveFitState(path: string, state: FitState): void {
  saveCheckpoint(path, { kind: FILE.kind, version: FILE.version, step: state.position.step, state });
}

/** Reads a state that `saveFitState` wrote. Throws `CHECKPOINT`. */
export function loadFitState(path: string): FitState {
  return loadCheckpoint(path, FILE).state;
}
