import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  absoluteError,
  categoricalHead,
  classAccuracy,
  cosineDecay,
  evaluateModel,
  type FitOptions,
  fit,
  initialise,
  modelWeights,
  normalHead,
  type Samples,
  squaredError,
  tf,
  useBackend,
} from '../index.ts';

beforeAll(async () => {
  await useBackend('simd');
});

const array = (shape: number[], seed: number) => {
  const size = shape.reduce((product, n) => product * n, 1);
  return { data: createRng(seed).fillNormal(new Float32Array(size)), shape };
};

/** Inputs `left` [3] and `right` [2], outputs `sum` [2] and `size` [1]. */
function twoByTwo(): tf.LayersModel {
  const { layers } = tf;
  const [left, right] = [tf.input({ shape: [3], name: 'left' }), tf.input({ shape: [2], name: 'right' })];
  const joined = layers.concatenate().apply([left, right]) as tf.SymbolicTensor;
  const hidden = layers.dense({ units: 8, activation: 'tanh' }).apply(joined) as tf.SymbolicTensor;
  const sum = layers.dense({ units: 2, name: 'sum' }).apply(hidden) as tf.SymbolicTensor;
  const size = layers.dense({ units: 1, name: 'size' }).apply(hidden) as tf.SymbolicTensor;
  const model = tf.model({ inputs: [left, right], outputs: [sum, size] });
  initialise(model, { rng: createRng(1) });
  return model;
}

const COUNT = 20;
const named = (): Samples => ({
  x: { left: array([COUNT, 3], 1), right: array([COUNT, 2], 2) },
  y: { size: array([COUNT], 4), sum: array([COUNT, 2], 3) },
});

const sgd = (): Partial<FitOptions> => ({ optimizer: tf.train.sgd(0.1), epochs: 2, batchSize: 8 });

describe('several inputs and outputs', () => {
  it('take the steps of TensorFlow.js, by name and as lists', async () => {
    const { x, y } = named() as { x: Record<string, { data: Float32Array; shape: number[] }>; y: typeof x };
    const lists = { x: [x['left']!, x['right']!], y: [y['sum']!, y['size']!] };
    const theirs = twoByTwo();
    theirs.compile({ optimizer: tf.train.sgd(0.1), loss: ['meanSquaredError', 'meanSquaredError'] });
    const tensors = (values: { data: Float32Array; shape: number[] }[]) =>
      values.map(({ data, shape }) => tf.tensor(data, shape.length === 1 ? [...shape, 1] : shape));
    const options = { epochs: 2, batchSize: 8, shuffle: false, verbose: 0 } as const;
    await theirs.fit(tensors(lists.x), tensors(lists.y), options);
    for (const data of [named(), lists]) {
      const ours = twoByTwo();
      await fit(ours, data, { loss: squaredError, ...sgd() });
      for (const [i, weight] of modelWeights(ours).entries()) {
        expectClose(weight, modelWeights(theirs)[i]!, { rtol: 1e-4, atol: 1e-6 });
      }
    }
  });

  it('have losses, factors, weights and metrics of their own', async () => {
    const model = twoByTwo();
    const measures = {
      loss: { sum: squaredError, size: absoluteError },
      lossWeights: { size: 3 },
      metrics: { size: { far: squaredError } },
    };
    const half = Float32Array.from({ length: COUNT }, (_, i) => i % 2);
    const data = { ...named(), weights: { sum: half } };
    const { loss, metrics } = await evaluateModel(model, data, measures);
    expect(Object.keys(metrics)).toEqual(['sum.loss', 'size.loss', 'size.far']);
    expectClose(loss, metrics['sum.loss']! + 3 * metrics['size.loss']!, { rtol: 1e-6 });

    const [sum, size] = model.predict(
      [array([COUNT, 3], 1), array([COUNT, 2], 2)].map((a) => tf.tensor(a.data, a.shape as [number, number])),
    ) as tf.Tensor[];
    const mean = (values: number[]) => values.reduce((total, value) => total + value, 0) / values.length;
    const [goal, far] = [array([COUNT, 2], 3).data, array([COUNT], 4).data];
    const squares = [...sum!.dataSync()].map((value, i) => (value - goal[i]!) ** 2);
    const odd = squares.filter((_, i) => Math.floor(i / 2) % 2 === 1);
    expectClose(metrics['sum.loss']!, mean(odd), { rtol: 1e-5 });
    const differences = [...size!.dataSync()].map((value, i) => value - far[i]!);
    expectClose(metrics['size.loss']!, mean(differences.map(Math.abs)), { rtol: 1e-5 });
    expectClose(metrics['size.far']!, mean(differences.map((d) => d * d)), { rtol: 1e-5 });
  });

  it('train only what a factor of zero leaves', async () => {
    const model = twoByTwo();
    const before = modelWeights(model);
    await fit(model, named(), { loss: squaredError, lossWeights: [1, 0], ...sgd() });
    const after = modelWeights(model);
    const changed = model.weights.map((_, i) => String(before[i]) !== String(after[i]));
    expect(changed).toEqual([true, true, true, true, false, false]);
  });

  it('may have heads, classes with weights, and a stream', async () => {
    const { layers } = tf;
    const input = tf.input({ shape: [2], name: 'point' });
    const hidden = layers.dense({ units: 16, activation: 'tanh' }).apply(input) as tf.SymbolicTensor;
    const kind = layers.dense({ units: 2, name: 'kind' }).apply(hidden) as tf.SymbolicTensor;
    const where = layers.dense({ units: 2, name: 'where' }).apply(hidden) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: [kind, where] });
    initialise(model, { rng: createRng(1) });
    const points = array([200, 2], 5);
    const side = Float32Array.from({ length: 200 }, (_, i) => (points.data[2 * i]! > 0 ? 1 : 0));
    const height = Float32Array.from({ length: 200 }, (_, i) => Math.sin(2 * points.data[2 * i + 1]!));
    const batch: Samples = {
      x: points,
      y: { kind: { data: side, shape: [200] }, where: { data: height, shape: [200] } },
    };
    const { history } = await fit(model, [batch, batch], {
      loss: { kind: categoricalHead({ classes: 2 }), where: normalHead({ sigma: 'input' }) },
      metrics: { kind: { accuracy: classAccuracy } },
      classWeights: { kind: { 0: 2 } },
      schedule: cosineDecay({ initial: 0.02, steps: 300 }),
      epochs: 150,
    });
    expect(history.at(-1)!.metrics['kind.accuracy']).toBeGreaterThan(0.97);
    expect(history.at(-1)!.metrics['where.loss']).toBeLessThan(0);
  });
});

describe('what does not fit is told with its path, what was expected and what came', () => {
  const attempt = (data: Samples, more: Partial<FitOptions> = {}) =>
    fit(twoByTwo(), data, { loss: squaredError, ...sgd(), ...more });
  const { x, y } = named();

  it.each([
    [
      'a single array for two inputs',
      { x: array([COUNT, 3], 1), y },
      /data\.x: expected shape \[batch, 2\], got \[20, 3\]/,
    ],
    [
      'a list that is too short',
      { x: [array([COUNT, 3], 1)], y },
      /data\.x: expected one for each of left, right, got a list of 1/,
    ],
    [
      'an unknown name',
      { x: { ...(x as object), lift: array([1], 1) }, y },
      /data\.x: expected one for each of left, right, got the key lift/,
    ],
    [
      'a missing name',
      { x, y: { sum: array([COUNT, 2], 3) } },
      /data\.y: expected one for each of sum, size, got no value for data\.y\.size/,
    ],
    [
      'another width',
      { x: { ...(x as object), left: array([COUNT, 4], 1) }, y },
      /data\.x\.left: expected shape \[batch, 3\], got \[20, 4\]/,
    ],
    [
      'another number of samples',
      { x, y: { ...(y as object), size: array([7], 1) } },
      /data: expected as many .* got 20 and 20 inputs, 20 and 7 targets, 20 and 20 weights/,
    ],
    [
      'too few numbers',
      { x, y: { ...(y as object), size: { data: new Float32Array(3), shape: [COUNT] } } },
      /data\.y\.size: expected 20 numbers for shape \[20\], got 3/,
    ],
    [
      'targets of another shape than the output',
      { x, y: { ...(y as object), sum: array([COUNT, 1], 1) } },
      /squaredError: expected targets of shape \[8,2\], got \[8,1\]/,
    ],
  ])('%s', async (_what, data, message) => {
    await expect(attempt(data as Samples)).rejects.toThrow(message);
  });

  it('in validation data and options too', async () => {
    const bad = { ...named(), x: { left: array([COUNT, 3], 1), right: array([COUNT, 5], 1) } };
    await expect(attempt(named(), { validation: bad })).rejects.toThrow(
      /validation\.x\.right: expected shape \[batch, 2\]/,
    );
    await expect(attempt(named(), { loss: [squaredError] })).rejects.toThrow(
      /loss: expected one for each of sum, size/,
    );
    await expect(attempt(named(), { lossWeights: { sum: Number.NaN } })).rejects.toThrow(
      /lossWeights\.sum: expected a finite/,
    );
    const heads = { sum: normalHead({ targets: 2 }), size: categoricalHead({ classes: 2 }) };
    await expect(attempt(named(), { loss: heads })).rejects.toThrow(
      /targets of size: row 0, column 0: expected a class/,
    );
  });
});
