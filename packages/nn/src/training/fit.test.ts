import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  balancedClassWeights,
  bernoulliHead,
  categoricalHead,
  classAccuracy,
  dropout,
  type EpochEvent,
  evaluateModel,
  type FitOptions,
  type FitState,
  fit,
  independentHeads,
  initialise,
  loadFitState,
  mlp,
  modelWeights,
  nadam,
  normalHead,
  type Samples,
  saveFitState,
  squaredError,
  tf,
  useBackend,
} from '../index.ts';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('simd');
});

/** y = sin(3 x) with noise that grows with |x|. */
function wave(count: number, seed: number): Samples {
  const rng = createRng(seed);
  const x = rng.fillUniform(new Float32Array(count), -1, 1);
  const y = x.map((value) => Math.sin(3 * value) + Math.abs(value) * 0.3 * rng.normal());
  return { x: { data: x, shape: [count, 1] }, y: { data: y, shape: [count] } };
}

/** Three clouds of points; class k around (cos, sin)(2 pi k / 3). */
function clouds(count: number, seed: number): Samples {
  const rng = createRng(seed);
  const [x, y] = [new Float32Array(2 * count), new Float32Array(count)];
  for (let i = 0; i < count; i++) {
    y[i] = i % 3;
    const angle = (2 * Math.PI * y[i]!) / 3;
    x.set([Math.cos(angle) + 0.3 * rng.normal(), Math.sin(angle) + 0.3 * rng.normal()], 2 * i);
  }
  return { x: { data: x, shape: [count, 2] }, y: { data: y, shape: [count] } };
}

const small = (inputs: number, outputs: number) =>
  mlp({ inputs, hidden: [16], outputs, activation: 'tanh', rng: createRng(1) });

/** One weight at zero without bias: its gradient can be followed by hand. */
function line(): tf.LayersModel {
  const layer = tf.layers.dense({ units: 1, useBias: false, kernelInitializer: 'zeros', inputShape: [1] });
  return tf.sequential({ layers: [layer] });
}

const column = (values: readonly number[]) => ({ data: Float32Array.from(values), shape: [values.length, 1] });

describe('fit', () => {
  it('learns classes, with nadam and a head', async () => {
    const model = small(2, 3);
    const result = await fit(model, clouds(300, 1), {
      loss: categoricalHead({ classes: 3 }),
      optimizer: nadam({ learningRate: 0.01 }),
      epochs: 15,
      rng: createRng(2),
      validation: clouds(90, 3),
      metrics: { accuracy: classAccuracy },
    });
    expect(result.ended).toBe('epochs');
    expect(result.history).toHaveLength(15);
    expect(result.history.at(-1)!.metrics['accuracy']).toBeGreaterThan(0.97);
    const evaluation = await evaluateModel(model, clouds(90, 3), { loss: categoricalHead({ classes: 3 }) });
    expectClose(evaluation.loss, result.history.at(-1)!.validationLoss!, { rtol: 1e-5 });
  });

  it('recovers noise that depends on the input', async () => {
    const head = normalHead({ sigma: 'input' });
    const model = small(1, 2);
    await fit(model, wave(2000, 1), { loss: head, optimizer: tf.train.adam(0.01), epochs: 40, rng: createRng(2) });
    const sigma = head.describe(model.predict(tf.tensor2d([[0.05], [0.9]])) as tf.Tensor)['sigma']!.dataSync();
    expect(sigma[0]).toBeLessThan(0.1);
    expect(sigma[1]).toBeGreaterThan(0.2);
    expect(sigma[1]).toBeLessThan(0.35);
  });

  it('takes the steps that eager TensorFlow.js takes', async () => {
    const data = wave(50, 4);
    const [ours, theirs] = [small(1, 1), small(1, 1)];
    await fit(ours, data, { loss: squaredError, optimizer: tf.train.momentum(0.05, 0.9), epochs: 2, batchSize: 16 });
    theirs.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'meanSquaredError' });
    const { x, y } = data as { x: { data: Float32Array }; y: { data: Float32Array } };
    await theirs.fit(tf.tensor2d(x.data, [50, 1]), tf.tensor2d(y.data, [50, 1]), {
      epochs: 2,
      batchSize: 16,
      shuffle: false,
      verbose: 0,
    });
    for (const [i, weight] of modelWeights(ours).entries()) {
      expectClose(weight, modelWeights(theirs)[i]!, { rtol: 1e-4, atol: 1e-6 });
    }
  });

  it('weighs samples and classes in the loss', async () => {
    const model = line();
    const data = { x: column([1, 1]), y: column([0, 1]), weights: [1, 3] };
    const options = { loss: squaredError, optimizer: tf.train.sgd(1), epochs: 1, classWeights: { 1: 2 } };
    const { history } = await fit(model, data, options);
    // Losses 0 and 1 with weights 1 and 6; the gradient of w is (1 (w - 0) + 6 (w - 1)) 2 / 2 = -6.
    expectClose(history[0]!.loss, 3);
    expectClose(modelWeights(model)[0]!, [6]);
    expect(balancedClassWeights([0, 0, 0, 1])).toEqual({ 0: 4 / 6, 1: 2 });
  });

  it('bounds gradients by norm and by value', async () => {
    const data = { x: column([1]), y: column([50]) };
    for (const [bound, expected] of [
      [{ clipNorm: 3 }, 3],
      [{ clipValue: 2 }, 2],
      [{}, 100],
    ] as const) {
      const model = line();
      await fit(model, data, { loss: squaredError, optimizer: tf.train.sgd(1), epochs: 1, ...bound });
      expectClose(modelWeights(model)[0]!, [expected], { rtol: 1e-6 });
    }
  });

  it('adds the regularisers of layers', async () => {
    const layer = tf.layers.dense({
      units: 1,
      useBias: false,
      kernelInitializer: 'ones',
      kernelRegularizer: tf.regularizers.l2({ l2: 0.5 }),
      inputShape: [1],
    });
    const model = tf.sequential({ layers: [layer] });
    const data = { x: column([0]), y: column([0]) };
    const { history } = await fit(model, data, { loss: squaredError, optimizer: tf.train.sgd(0.1), epochs: 1 });
    expectClose(history[0]!.loss, 0.5);
    expectClose(modelWeights(model)[0]!, [0.9], { rtol: 1e-6 });
  });

  it('follows a schedule and tells about each batch', async () => {
    const told: number[][] = [];
    const { history } = await fit(line(), wave(10, 1), {
      loss: squaredError,
      optimizer: tf.train.sgd(1),
      epochs: 2,
      batchSize: 4,
      schedule: (step) => 0.1 / (step + 1),
      onBatch: ({ epoch, batch, batches, step, learningRate }) => {
        told.push([epoch, batch, batches!, step, learningRate]);
      },
    });
    expect(told.map((row) => row.slice(0, 4))).toEqual([
      [1, 1, 3, 1],
      [1, 2, 3, 2],
      [1, 3, 3, 3],
      [2, 1, 3, 4],
      [2, 2, 3, 5],
      [2, 3, 3, 6],
    ]);
    expectClose(
      told.map((row) => row[4]!),
      [1, 2, 3, 4, 5, 6].map((n) => 0.1 / n),
    );
    expect(history[1]!.step).toBe(6);
  });

  it('reads a stream as it reads the same batches from memory', async () => {
    const all = wave(64, 2) as { x: { data: Float32Array }; y: { data: Float32Array } };
    async function* stream() {
      for (let from = 0; from < 64; from += 16) {
        const rows = (data: Float32Array) => column([...data.subarray(from, from + 16)]);
        yield { x: rows(all.x.data), y: rows(all.y.data) };
      }
    }
    const [a, b] = [small(1, 1), small(1, 1)];
    const options = () => ({ loss: squaredError, optimizer: tf.train.adam(0.01), epochs: 3, batchSize: 16 });
    await fit(a, wave(64, 2), options());
    await fit(b, stream, options());
    expect(modelWeights(b)).toEqual(modelWeights(a));
  });

  it('gives the same on a backend without plans', async () => {
    const train = async () => {
      const model = small(2, 1);
      const y = { data: Float32Array.from({ length: 30 }, (_, i) => i % 2), shape: [30] };
      const data = { x: clouds(30, 1).x, y };
      await fit(model, data, { loss: bernoulliHead(), optimizer: tf.train.adam(0.01), epochs: 2, rng: createRng(1) });
      return modelWeights(model);
    };
    const simd = await train();
    await useBackend('cpu');
    const cpu = await train();
    await useBackend('simd');
    for (const [i, weight] of simd.entries()) expectClose(weight, cpu[i]!, { rtol: 1e-4, atol: 1e-5 });
  });
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

describe('misuse', () => {
  it('is told by name', async () => {
    const bad = (data: Parameters<typeof fit>[1], more: Partial<FitOptions> = {}) =>
      fit(line(), data, { loss: squaredError, ...more });
    await expect(bad(wave(4, 1), { epochs: 0 })).rejects.toThrow(/epochs: expected a positive integer, got 0/);
    await expect(bad(wave(4, 1), { clipNorm: -1 })).rejects.toThrow(/clipNorm: expected a positive number, got -1/);
    await expect(bad(wave(4, 1), { earlyStopping: { patience: 0 } })).rejects.toThrow(/patience/);
    await expect(bad({ x: column([1, 2]), y: column([1]) })).rejects.toThrow(/got 2 inputs, 1 targets and 2 weights/);
    await expect(bad({ x: column([1]), y: column([Number.NaN]) })).rejects.toThrow(/expected a finite loss, got NaN/);
    await expect(bad(() => [])).rejects.toThrow(/expected at least one batch/);
  });

  it('includes targets that a head cannot explain', async () => {
    const train = (loss: FitOptions['loss'], y: number[]) =>
      fit(small(1, 3), { x: column([1]), y: { data: Float32Array.from(y), shape: [1, y.length] } }, { loss });
    const classes = categoricalHead({ classes: 3 });
    await expect(train(classes, [3])).rejects.toThrow(/row 0, column 0: expected a class number in \[0, 3\), got 3/);
    await expect(train(bernoulliHead({ targets: 3 }), [0, 1, 2])).rejects.toThrow(
      /column 2: expected a number in \[0, 1\]/,
    );
    const joint = independentHeads({ size: normalHead(), kind: categoricalHead({ classes: 2 }) });
    await expect(train(joint, [5, 0.5])).rejects.toThrow(/column 1: expected a class number in \[0, 2\), got 0.5/);
    await expect(train(classes, [0, 1])).rejects.toThrow(/targets: expected shape \[batch, 1\]/);
  });

  it('leaves no tensors behind', async () => {
    const model = line();
    const optimizer = tf.train.sgd(0.1);
    const told: EpochEvent[] = [];
    await fit(model, wave(8, 1), { loss: squaredError, optimizer, epochs: 1 });
    const before = tf.memory().numTensors;
    await fit(model, wave(8, 1), { loss: squaredError, optimizer, epochs: 2, onEpoch: (event) => told.push(event) });
    expect(tf.memory().numTensors).toBe(before);
    expect(told.map(({ epoch, epochs }) => [epoch, epochs])).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });
});
