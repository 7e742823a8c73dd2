import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '@skein/core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type BatchEvent,
  categoricalHead,
  classAccuracy,
  dropout,
  type EpochEvent,
  type FitOptions,
  type FitState,
  fit,
  initialise,
  loadFitState,
  modelWeights,
  nadam,
  normalHead,
  progressLine,
  type Samples,
  saveFitState,
  squaredError,
  tf,
  useBackend,
} from '../index.ts';
import { clouds, column, line, small, wave } from '../testkit/fit-data.ts';

beforeAll(async () => {
  await useBackend('simd');
});

describe('early stopping', () => {
  it('ends when the validation loss rises, and restores the best epoch', async () => {
    const model = small(1, 1);
    const seen: number[][] = [];
    const result = await fit(model, wave(12, 1), {
      loss: squaredError,
      optimizer: tf.train.adam(0.05),
      epochs: 1000,
      validation: wave(50, 9),
      earlyStopping: { patience: 3 },
      onEpoch: () => {
        seen.push([...modelWeights(model)[0]!]);
      },
    });
    expect(result.ended).toBe('early');
    const { best, history } = result;
    expect(history).toHaveLength(best!.epoch + 3);
    expect(Math.min(...history.map(({ validationLoss }) => validationLoss!))).toBe(best!.validationLoss);
    expect([...modelWeights(model)[0]!]).toEqual(seen[best!.epoch - 1]);
  });
});

describe('early stopping by a metric', () => {
  it('keeps the epoch where it was highest', async () => {
    const result = await fit(small(2, 3), clouds(90, 1), {
      loss: categoricalHead({ classes: 3 }),
      optimizer: tf.train.adam(0.1),
      epochs: 200,
      metrics: { accuracy: classAccuracy },
      earlyStopping: { metric: 'accuracy', maximise: true, patience: 4 },
    });
    const accuracies = result.history.map(({ metrics }) => metrics['accuracy']!);
    expect(result.ended).toBe('early');
    expect(result.best!.metrics['accuracy']).toBe(Math.max(...accuracies));
    expect(accuracies.indexOf(Math.max(...accuracies))).toBe(result.best!.epoch - 1);
  });
});

describe('progress', () => {
  it('tells speed and time left, which falls to nothing', async () => {
    const events: (BatchEvent | EpochEvent)[] = [];
    const tell = (event: BatchEvent | EpochEvent) => void events.push(event);
    await fit(small(1, 1), wave(40, 1), {
      loss: squaredError,
      epochs: 2,
      batchSize: 20,
      validation: wave(10, 2),
      onBatch: tell,
      onEpoch: tell,
    });
    expect(events.map((event) => ('batch' in event ? 'batch' : 'epoch'))).toEqual([
      'batch',
      'batch',
      'epoch',
      'batch',
      'batch',
      'epoch',
    ]);
    expect(events.every(({ samplesPerSecond }) => samplesPerSecond > 0)).toBe(true);
    expect(events.map(({ secondsLeft }) => secondsLeft! > 0)).toEqual([true, true, true, true, false, false]);
  });

  it('has a line for people', () => {
    const batch = { epoch: 2, epochs: 40, batch: 3, batches: 13, step: 16, loss: 0.123456, learningRate: 0.01 };
    expect(progressLine({ ...batch, samplesPerSecond: 12345.6, secondsLeft: 61.2 })).toBe(
      'epoch 2/40, batch 3/13, loss 0.1235, 12,346 samples/s, 1 min 2 s left',
    );
    const epoch = {
      epoch: 2,
      epochs: 40,
      step: 26,
      loss: 1,
      validationLoss: 2,
      metrics: { accuracy: 0.5 },
      best: true,
    };
    expect(progressLine({ ...epoch, learningRate: 0.01, samplesPerSecond: 9, secondsLeft: null })).toBe(
      'epoch 2/40, loss 1, validation 2, accuracy 0.5, best so far, 9 samples/s',
    );
  });
});

describe('a loss that is not finite ends training and is explained', () => {
  const train = (data: Samples, more: Partial<FitOptions> = {}) =>
    fit(line(), data, { loss: squaredError, optimizer: tf.train.sgd(1), epochs: 3, ...more });

  it('by the number in the data', async () => {
    const bad = train({ x: column([1, 2, Number.NaN]), y: column([1, 2, 3]) });
    await expect(bad).rejects.toMatchObject({
      code: 'NUMERIC',
      message: expect.stringMatching(/epoch 1, batch 1: .* got NaN: x of \S+ has NaN in sample 2 of the batch/),
      advice: expect.stringContaining('remove or replace'),
    });
    const infinite = train({ x: column([1]), y: column([Number.POSITIVE_INFINITY]) });
    await expect(infinite).rejects.toThrow(/got Infinity: y of \S+ has Infinity in sample 0/);
  });

  it('by the losses before it', async () => {
    const bad = train({ x: column([1e10]), y: column([1]) });
    await expect(bad).rejects.toMatchObject({
      message: expect.stringMatching(
        /epoch 2, batch 1: .* the data of the batch is finite, the loss before it was 1, the/,
      ),
      advice: expect.stringContaining('lower the learning rate'),
    });
  });
});

describe('resuming', () => {
  const data = wave(40, 6);
  const build = () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 8, activation: 'tanh', inputShape: [1] }),
        dropout({ rate: 0.3, rng: createRng(5) }),
        tf.layers.dense({ units: 1 }),
      ],
    });
    initialise(model, { rng: createRng(4) });
    return model;
  };
  const options = (head = normalHead({ sigma: 'learned' })): FitOptions => ({
    loss: head,
    optimizer: nadam({ learningRate: 0.02 }),
    epochs: 4,
    batchSize: 16,
    rng: createRng(8),
    validation: wave(20, 7),
    earlyStopping: { patience: 50 },
  });

  it('in the middle of an epoch continues to the bit, through a file', async () => {
    const straight = build();
    const expected = await fit(straight, data, options());

    const path = join(mkdtempSync(join(tmpdir(), 'skein-fit-')), 'fit.skein');
    const first = build();
    const stopped = await fit(first, data, {
      ...options(),
      onBatch: ({ step }) => (step === 5 ? 'stop' : undefined),
      checkpoint: { save: (state) => saveFitState(path, state) },
    });
    expect(stopped.ended).toBe('callback');
    const state = loadFitState(path);
    expect([state.position.epoch, state.position.batch, state.position.step]).toEqual([1, 2, 5]);

    const second = build();
    const resumed = await fit(second, data, { ...options(), resume: state });
    expect(resumed.history).toEqual(expected.history);
    expect(modelWeights(second)).toEqual(modelWeights(straight));
    expect(resumed.state.parameters).toEqual(expected.state.parameters);
    expect(resumed.state.streams).toEqual(expected.state.streams);
  });

  it('stops by signal with a state, and checkpoints every so many steps', async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    const result = await fit(build(), data, {
      ...options(),
      signal: controller.signal,
      onBatch: ({ step }) => {
        if (step === 7) controller.abort();
      },
      checkpoint: {
        everySteps: 2,
        save: ({ position }: FitState) => {
          steps.push(position.step);
        },
      },
    });
    expect(result.ended).toBe('signal');
    expect(steps).toEqual([2, 4, 6, 7]);
  });

  it('refuses a state of another model or head', async () => {
    const { state } = await fit(build(), data, { ...options(), epochs: 1 });
    await expect(fit(small(1, 1), data, { ...options(), resume: state })).rejects.toThrow(/expected arrays of/);
    await expect(fit(build(), data, { ...options(normalHead()), resume: state })).rejects.toThrow(/head: expected/);
  });
});
