/** `fit`: training of a model on minibatches, with compiled steps and a state that resumes exactly. */

import { setImmediate } from 'node:timers/promises';
import { SkeinError } from '@skein/core';
import {
  add,
  type Optimizer,
  type Scalar,
  type Tensor,
  train,
  type Variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { setLearningRate } from '../models/optimizer-state.ts';
import { type Batch, batchCount, batches, type Data } from './data.ts';
import { type EarlyStoppingOptions, earlyStopping, watch } from './early-stopping.ts';
import { BatchFunction, checkBatch, Evaluator, predictBatch, sampleLoss, weightedMean } from './evaluate.ts';
import { boundGradients } from './gradients.ts';
import { checkFitOptions, FIT_DEFAULTS, type FitEnd, type FitOptions, type FitResult } from './options.ts';
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

/** Milliseconds between two pauses in which timers and signals are served. */
const PAUSE_EVERY = 50;

/**
 * Trains a model with one input and one output on samples in memory or a stream of batches. The step is compiled: forward
 * pass, gradients, clipping and optimiser are replayed from plans, one for each batch size. Each batch's loss is the
 * weighted sum of its samples' losses divided by its size, plus the model's regularisers.
 *
 * Throws `NUMERIC` when the loss is not finite, `SHAPE` or `INPUT` for data that does not fit, `CONFIG` for options that do not and
 * `CHECKPOINT` when `resume` belongs to another run.
 */
export async function fit(model: LayersModel, data: Data, options: FitOptions): Promise<FitResult> {
  checkFitOptions(options);
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
  private readonly batchSize: number;
  private readonly trained: Trained;
  private readonly stopping: Required<EarlyStoppingOptions> | null;
  private readonly step: BatchFunction;
  private readonly evaluator: Evaluator;
  /** Whether the optimiser is our own and goes with the run. */
  private readonly ownOptimizer: boolean;
  private position: Position;
  private best: Parameters | null;
  private learningRate: number;
  private readonly startedAt = performance.now();
  private pausedAt = performance.now();
  private seen = 0;
  private lastLoss = 0;

  constructor(model: LayersModel, data: Data, options: FitOptions) {
    this.options = options;
    this.data = data;
    this.epochs = options.epochs ?? FIT_DEFAULTS.epochs;
    this.batchSize = options.batchSize ?? FIT_DEFAULTS.batchSize;
    this.stopping = options.earlyStopping === undefined ? null : earlyStopping(options.earlyStopping);
    this.ownOptimizer = options.optimizer === undefined;
    const optimizer = options.optimizer ?? train.adam(FIT_DEFAULTS.learningRate);
    const variables = typeof options.loss === 'function' ? [] : options.loss.variables;
    this.trained = { model, variables, optimizer };
    this.step = new BatchFunction(trainingStep(this.trained, options), 1);
    this.evaluator = new Evaluator(model, options);
    if (options.resume !== undefined) writeState(this.trained, options.resume);
    this.position = options.resume?.position ?? START;
    this.best = options.resume?.best ?? null;
    this.learningRate = learningRateOf(optimizer);
  }

  async run(): Promise<FitResult> {
    let ended: FitEnd | null = this.exhausted() ? 'early' : null;
    while (ended === null && this.position.epoch < this.epochs) ended = (await this.epoch()) ?? (await this.endEpoch());
    const state = this.state();
    if (ended !== null && ended !== 'early') await this.options.checkpoint?.save(state);
    if (this.stopping?.restoreBest && this.best !== null) writeParameters(this.trained, this.best);
    const { history, watch: watched } = this.position;
    return { ended: ended ?? 'epochs', history, best: history[watched.epoch - 1] ?? null, state };
  }

  /** Trains to the end of the epoch; says why if it stops before. */
  private async epoch(): Promise<FitEnd | null> {
    const { epoch, batch: skip } = this.position;
    const { classWeights, signal } = this.options;
    const order = this.options.rng?.split(epoch) ?? null;
    for await (const batch of batches(this.data, { batchSize: this.batchSize, order, skip, classWeights })) {
      if (signal?.aborted) return 'signal';
      this.trainOn(batch);
      if (this.tellBatch() === 'stop') return 'callback';
      await this.checkpointStep();
      await this.pause();
    }
    return signal?.aborted ? 'signal' : null;
  }

  private trainOn(batch: Batch): void {
    const { position } = this;
    checkBatch(this.options.loss, batch);
    if (this.options.schedule !== undefined) {
      this.learningRate = this.options.schedule(position.step);
      setLearningRate(this.trained.optimizer, this.learningRate);
    }
    const loss = this.step.run(batch)[0]!;
    if (!Number.isFinite(loss)) throw diverged(loss, position);
    this.seen += batch.size;
    this.lastLoss = loss;
    this.position = {
      ...position,
      batch: position.batch + 1,
      step: position.step + 1,
      lossSum: position.lossSum + loss * batch.size,
      samples: position.samples + batch.size,
    };
  }

  private speed(): number {
    return (1000 * this.seen) / (performance.now() - this.startedAt);
  }

  private tellBatch() {
    const { batch, step, epoch } = this.position;
    return this.options.onBatch?.({
      epoch: epoch + 1,
      batch,
      batches: batchCount(this.data, this.batchSize),
      step,
      loss: this.lastLoss,
      learningRate: this.learningRate,
      samplesPerSecond: this.speed(),
    });
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
      await checkpoint.save(this.state());
    }
  }

  /** Measures and records an epoch; says why if it is the last one. */
  private async endEpoch(): Promise<FitEnd | null> {
    const record = await this.record();
    const { position } = this;
    const watched = watch(
      position.watch,
      record.validationLoss ?? record.loss,
      record.epoch,
      this.stopping?.minDelta ?? 0,
    );
    const history = [...position.history, record];
    this.position = { ...START, epoch: record.epoch, step: position.step, history, watch: watched };
    const best = watched.epoch === record.epoch;
    if (best && this.stopping?.restoreBest) this.best = readParameters(this.trained);
    const { onEpoch, checkpoint } = this.options;
    const answer = await onEpoch?.({ ...record, epochs: this.epochs, best, samplesPerSecond: this.speed() });
    if (checkpoint !== undefined && checkpoint.everySteps === undefined) await checkpoint.save(this.state());
    if (answer === 'stop') return 'callback';
    return this.exhausted() ? 'early' : null;
  }

  private async record(): Promise<EpochRecord> {
    const { epoch, step, lossSum, samples } = this.position;
    if (samples === 0) {
      throw new SkeinError('INPUT', `fit: epoch ${epoch + 1}: expected at least one batch, got none`, {
        advice: 'give a function that starts a new pass over the stream on each call',
      });
    }
    const { validation, metrics } = this.options;
    const measured = validation !== undefined || metrics !== undefined;
    const evaluation = measured ? await this.evaluator.measure(validation ?? this.data) : null;
    return {
      epoch: epoch + 1,
      step,
      loss: lossSum / samples,
      validationLoss: validation === undefined ? null : evaluation!.loss,
      metrics: evaluation?.metrics ?? {},
      learningRate: this.learningRate,
    };
  }

  private exhausted(): boolean {
    return this.stopping !== null && this.position.watch.waited >= this.stopping.patience;
  }

  private state(): FitState {
    return readState(this.trained, this.position, this.best);
  }

  dispose(): void {
    this.step.dispose();
    this.evaluator.dispose();
    if (this.ownOptimizer) this.trained.optimizer.dispose();
  }
}

/** One optimiser step on a batch; gives the loss before it. */
function trainingStep({ model, variables, optimizer }: Trained, options: FitOptions) {
  const loss = sampleLoss(options.loss);
  const all = [...model.trainableWeights.map((weight) => weight.read() as Variable), ...variables];
  return (x: Tensor, y: Tensor, weights: Tensor): Tensor => {
    const objective = (): Scalar => {
      const data = weightedMean(loss(predictBatch(model, x, true), y), weights);
      return model.calculateLosses().reduce<Tensor>((total, penalty) => add(total, penalty), data) as Scalar;
    };
    const { value, grads } = variableGrads(objective, all);
    optimizer.applyGradients(boundGradients(grads, options));
    return value;
  };
}

function diverged(loss: number, { epoch, batch, step }: Position): SkeinError {
  return new SkeinError('NUMERIC', `fit: epoch ${epoch + 1}, batch ${batch + 1}: expected a finite loss, got ${loss}`, {
    details: { epoch, batch, step },
    advice: 'lower the learning rate, bound the gradients with clipNorm, or look for inputs that are not finite',
  });
}
