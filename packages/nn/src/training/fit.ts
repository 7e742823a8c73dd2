/** `fit`: training of a model on minibatches, with compiled steps and a state that resumes exactly. */

import { setImmediate } from 'node:timers/promises';
import { SkeinError } from '@skein/core';
import { type Optimizer, train, type Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { setLearningRate } from '../models/optimizer-state.ts';
import { BatchFunction } from './batch-function.ts';
import { type Batch, type Data, fetchSamples, Reader } from './data.ts';
import { diverged } from './diverged.ts';
import { type EarlyStopping, earlyStopping, watch, watchedValue } from './early-stopping.ts';
import { Evaluator } from './evaluate.ts';
import { checkBatch, type OutputObjective, objectivesOf } from './objective.ts';
import { checkFitOptions, FIT_DEFAULTS, type FitEnd, type FitOptions, type FitResult } from './options.ts';
import { afterEpoch, type PlateauSettings, plateauSettings } from './plateau.ts';
import { type Ports, portsOf } from './ports.ts';
import { Pace } from './progress.ts';
import {
  type EpochRecord,
  type FitState,
  type Parameters,
  type Position,
  readParameters,
  readState,
  START,
  type Trained,
  writeParameters,
  writeState,
} from './state.ts';
import { trainingStep } from './step.ts';

/** Milliseconds between two pauses in which timers and signals are served. */
const PAUSE_EVERY = 50;

/**
 * Trains a model on samples in memory or a stream of batches. The step is compiled: forward pass, gradients, clipping and
 * optimiser are replayed from plans, one for each batch size. A batch's loss is the weighted sum of its samples' losses
 * divided by its size, over the outputs in the sum of `lossWeights`, plus the model's regularisers.
 *
 * Throws `NUMERIC` when the loss is not finite, `SHAPE` or `INPUT` for data that does not fit, `CONFIG` for options that
 * do not and `CHECKPOINT` when `resume` belongs to another run.
 */
export async function fit(model: LayersModel, data: Data, options: FitOptions): Promise<FitResult> {
  checkFitOptions(options);
  await fetchSamples(data);
  const run = new Fit(model, data, options);
  try {
    return await run.run();
  } finally {
    run.dispose();
  }
}

function learningRateOf(optimizer: Optimizer): number {
  if ('rate' in optimizer) return (optimizer.rate as Variable).dataSync()[0]!;
  return (optimizer as unknown as { learningRate: number }).learningRate;
}

class Fit {
  private readonly options: FitOptions;
  private readonly data: Data;
  private readonly epochs: number;
  private readonly ports: Ports;
  private readonly reader: Reader;
  private readonly objectives: readonly OutputObjective[];
  private readonly trained: Trained;
  private readonly stopping: EarlyStopping | null;
  private readonly plateau: PlateauSettings | null;
  private readonly step: BatchFunction;
  private readonly evaluator: Evaluator;
  private readonly pace = new Pace();
  private position: Position;
  private best: Parameters | null;
  private learningRate: number;
  private lastLoss: number | null = null;
  private pausedAt = performance.now();

  constructor(model: LayersModel, data: Data, options: FitOptions) {
    const { epochs, batchSize, classWeights, earlyStopping: stopping, reduceOnPlateau } = options;
    this.options = options;
    this.data = data;
    this.epochs = epochs ?? FIT_DEFAULTS.epochs;
    this.ports = portsOf(model);
    const { inputs, outputs } = this.ports;
    this.objectives = objectivesOf(outputs, options);
    this.stopping = stopping === undefined ? null : earlyStopping(stopping);
    this.plateau = reduceOnPlateau === undefined ? null : plateauSettings(reduceOnPlateau);
    this.reader = new Reader(data, {
      path: 'data',
      ports: this.ports,
      classWeights,
      batchSize: batchSize ?? FIT_DEFAULTS.batchSize,
    });
    const heads = new Set(this.objectives.flatMap(({ head }) => head ?? []));
    const variables = [...heads].flatMap((head) => head.variables);
    this.trained = { model, variables, optimizer: options.optimizer ?? train.adam(FIT_DEFAULTS.learningRate) };
    this.step = new BatchFunction(
      trainingStep(this.trained, this.objectives, options),
      inputs.length,
      outputs.length,
      1,
    );
    this.evaluator = new Evaluator(model, options);
    if (options.resume !== undefined) writeState(this.trained, options.resume);
    this.learningRate = learningRateOf(this.trained.optimizer);
    this.position = options.resume?.position ?? { ...START, initialRate: this.learningRate };
    this.best = options.resume?.best ?? null;
  }

  async run(): Promise<FitResult> {
    let ended: FitEnd | null = this.exhausted() ? 'early' : null;
    while (ended === null && this.position.epoch < this.epochs) ended = (await this.epoch()) ?? (await this.endEpoch());
    const state = await this.state();
    if (ended !== null && ended !== 'early') await this.options.checkpoint?.save(state);
    if (this.stopping?.restoreBest && this.best !== null) writeParameters(this.trained, this.best);
    const { history, watch: watched } = this.position;
    return { ended: ended ?? 'epochs', history, best: history[watched.epoch - 1] ?? null, state };
  }

  /** Trains to the end of the epoch; says why if it stops before. */
  private async epoch(): Promise<FitEnd | null> {
    const { epoch, batch: skip } = this.position;
    const { rng, signal } = this.options;
    for await (const batch of this.reader.batches({ order: rng?.split(epoch) ?? null, skip })) {
      if (signal?.aborted) return 'signal';
      await this.trainOn(batch);
      const answer = this.options.onBatch?.(this.batchEvent());
      if ((answer instanceof Promise ? await answer : answer) === 'stop') return 'callback';
      await this.checkpointStep();
      await this.pause();
    }
    return signal?.aborted ? 'signal' : null;
  }

  private async trainOn(batch: Batch): Promise<void> {
    const { position } = this;
    checkBatch(this.objectives, batch);
    this.setLearningRate();
    const loss = (await this.step.run(batch))[0]!;
    if (!Number.isFinite(loss)) {
      const where = { loss, lossBefore: this.lastLoss, learningRate: this.learningRate, ...position };
      throw diverged(where, batch, this.ports);
    }
    this.pace.count(batch.size);
    this.lastLoss = loss;
    this.position = {
      ...position,
      batch: position.batch + 1,
      step: position.step + 1,
      lossSum: position.lossSum + loss * batch.size,
      samples: position.samples + batch.size,
    };
  }

  /** The schedule's rate, or the optimiser's own, after reductions. */
  private setLearningRate(): void {
    const { schedule } = this.options;
    if (schedule === undefined && this.plateau === null) return;
    const { step, plateau, initialRate } = this.position;
    const rate = (schedule?.(step) ?? initialRate!) * plateau.scale;
    const wanted = plateau.scale < 1 ? Math.max(rate, this.plateau?.minimum ?? 0) : rate;
    if (wanted === this.learningRate) return;
    this.learningRate = wanted;
    setLearningRate(this.trained.optimizer, wanted);
  }

  /** Speed so far, and the time until the last epoch. */
  private speed() {
    const { epoch, batch, step } = this.position;
    // Where only the stream knows, epochs before this one tell how long one is.
    const batches = this.reader.count ?? (epoch === 0 ? null : Math.round((step - batch) / epoch));
    return this.pace.speed(batches === null ? null : Math.max(0, (this.epochs - epoch) * batches - batch));
  }

  private batchEvent() {
    const { batch, step, epoch } = this.position;
    return {
      epoch: epoch + 1,
      epochs: this.epochs,
      batch,
      batches: this.reader.count,
      step,
      loss: this.lastLoss!,
      learningRate: this.learningRate,
      ...this.speed(),
    };
  }

  /** Lets timers, signals and other work run now and then. */
  private async pause(): Promise<void> {
    if (performance.now() - this.pausedAt < PAUSE_EVERY) return;
    await setImmediate();
    this.pausedAt = performance.now();
  }

  private async checkpointStep(): Promise<void> {
    const { checkpoint } = this.options;
    if (checkpoint?.everySteps !== undefined && this.position.step % checkpoint.everySteps === 0) {
      await checkpoint.save(await this.state());
    }
  }

  /** Measures and records an epoch; says why if it is the last one. */
  private async endEpoch(): Promise<FitEnd | null> {
    const record = await this.record();
    const best = this.advance(record);
    if (best && this.stopping?.restoreBest) this.best = await readParameters(this.trained);
    const { onEpoch, checkpoint } = this.options;
    const answer = await onEpoch?.({ ...record, epochs: this.epochs, best, ...this.speed() });
    if (checkpoint !== undefined && checkpoint.everySteps === undefined) await checkpoint.save(await this.state());
    if (answer === 'stop') return 'callback';
    return this.exhausted() ? 'early' : null;
  }

  /** Goes to the start of the next epoch; says whether this one is the best so far. */
  private advance(record: EpochRecord): boolean {
    const { position, stopping, plateau } = this;
    const { epoch, step } = record;
    const watched = watch(position.watch, watchedValue(stopping ?? {}, record), epoch, stopping?.minDelta ?? 0);
    this.position = {
      ...START,
      epoch,
      step,
      history: [...position.history, record],
      watch: watched,
      plateau:
        plateau === null
          ? position.plateau
          : afterEpoch(position.plateau, watchedValue(plateau, record), epoch, plateau),
      initialRate: position.initialRate,
    };
    return watched.epoch === epoch;
  }

  private async record(): Promise<EpochRecord> {
    const { epoch, step, lossSum, samples } = this.position;
    if (samples === 0) {
      throw new SkeinError('INPUT', `fit: epoch ${epoch + 1}: expected at least one batch, got none`, {
        advice: 'a generator can be read once: give a function that starts a new pass over the stream on each call',
      });
    }
    const { validation } = this.options;
    const evaluation = await this.evaluate();
    return {
      epoch: epoch + 1,
      step,
      loss: lossSum / samples,
      validationLoss: validation === undefined ? null : evaluation!.loss,
      metrics: evaluation?.metrics ?? {},
      learningRate: this.learningRate,
    };
  }

  private async evaluate() {
    const { validation, metrics } = this.options;
    if (validation !== undefined) return this.evaluator.measure(validation, 'validation');
    return metrics === undefined ? null : this.evaluator.measure(this.data);
  }

  private exhausted(): boolean {
    return this.stopping !== null && this.position.watch.waited >= this.stopping.patience;
  }

  private state(): Promise<FitState> {
    return readState(this.trained, this.position, this.best);
  }

  dispose(): void {
    this.step.dispose();
    this.evaluator.dispose();
    // An optimiser of our own goes with the run.
    if (this.options.optimizer === undefined) this.trained.optimizer.dispose();
  }
}
