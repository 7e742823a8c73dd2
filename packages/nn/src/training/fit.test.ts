import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  balancedClassWeights,
  bernoulliHead,
  categoricalHead,
  classAccuracy,
  type EpochEvent,
  evaluateModel,
  type FitOptions,
  fit,
  independentHeads,
  modelWeights,
  nadam,
  normalHead,
  squaredError,
  tf,
  useBackend,
} from '../index.ts';
import { clouds, column, line, small, wave } from '../testkit/fit-data.ts';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('simd');
});

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

  it('bounds the norm of each gradient alone, and of all together', async () => {
    // Gradients of (w1 + w2 - 50)^2 at 0 are -100 for each of two variables.
    const build = () => {
      const input = tf.input({ shape: [1] });
      const twice = [1, 2].map(() => {
        const layer = tf.layers.dense({ units: 1, useBias: false, kernelInitializer: 'zeros' });
        return layer.apply(input) as tf.SymbolicTensor;
      });
      return tf.model({ inputs: input, outputs: tf.layers.add().apply(twice) as tf.SymbolicTensor });
    };
    for (const [bound, expected] of [
      [{ clipEachNorm: 3 }, 3],
      [{ clipNorm: 3 }, 3 / Math.SQRT2],
      [{ clipValue: 2, clipNorm: 3 }, 2],
      [{ clipEachNorm: 4, clipNorm: Math.SQRT2 }, 1],
      [{ clipEachNorm: 200 }, 100],
    ] as const) {
      const model = build();
      const data = { x: column([1]), y: column([50]) };
      await fit(model, data, { loss: squaredError, optimizer: tf.train.sgd(1), epochs: 1, ...bound });
      for (const weight of modelWeights(model)) expectClose(weight, [expected], { rtol: 1e-6 });
    }
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

describe('misuse', () => {
  it('is told by name', async () => {
    const bad = (data: Parameters<typeof fit>[1], more: Partial<FitOptions> = {}) =>
      fit(line(), data, { loss: squaredError, ...more });
    await expect(bad(wave(4, 1), { epochs: 0 })).rejects.toThrow(/epochs: expected a positive integer, got 0/);
    await expect(bad(wave(4, 1), { clipNorm: -1 })).rejects.toThrow(/clipNorm: expected a positive number, got -1/);
    await expect(bad(wave(4, 1), { earlyStopping: { patience: 0 } })).rejects.toThrow(/patience/);
    await expect(bad({ x: column([1, 2]), y: column([1]) })).rejects.toThrow(/got 2 inputs, 1 targets, 2 weights/);
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
