import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  activation,
  classBiases,
  compile,
  dropout,
  elu,
  gaussianDropout,
  gaussianNoise,
  initialise,
  type KernelScheme,
  loadModel,
  maxout,
  mlp,
  modelWeights,
  saveModel,
  setModelWeights,
  setOutputBiases,
  tf,
  useBackend,
} from '../index.ts';

beforeAll(async () => {
  await useBackend('simd');
});

const small = (seed: number) => mlp({ inputs: 4, hidden: [6], outputs: 2, rng: createRng(seed) });

describe('seeded models', () => {
  it('are equal for equal seeds, whatever was built before', () => {
    const first = modelWeights(small(3));
    mlp({ inputs: 2, hidden: [], outputs: 1, rng: createRng(9) });
    expect(modelWeights(small(3))).toEqual(first);
    expect(modelWeights(small(4))).not.toEqual(first);
  });

  it('have kernels with the spread of their scheme and zero biases', () => {
    const model = mlp({ inputs: 100, hidden: [], outputs: 80, rng: createRng(1), kernel: 'heNormal' });
    const [kernel, bias] = modelWeights(model);
    const variance = kernel!.reduce((sum, x) => sum + x * x, 0) / kernel!.length;
    expect(variance).toBeGreaterThan(0.9 * (2 / 100));
    expect(variance).toBeLessThan(1.1 * (2 / 100));
    expect(bias!.every((x) => x === 0)).toBe(true);
    initialise(model, { rng: createRng(1), kernel: 'fanInUniform' });
    const largest = Math.max(...modelWeights(model)[0]!.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(0.1);
    expect(largest).toBeGreaterThan(0.099);
  });
});

describe('initial variances', () => {
  const variance = (kernel: 'heFanOutNormal' | 'heAverageNormal') => {
    const model = mlp({ inputs: 100, hidden: [], outputs: 300, rng: createRng(1), kernel });
    const [weights] = modelWeights(model);
    return weights!.reduce((sum, x) => sum + x * x, 0) / weights!.length;
  };

  it("are He's for gradients, and the compromise for both directions", () => {
    expectClose(variance('heFanOutNormal'), 2 / 300, { rtol: 0.03 });
    expectClose(variance('heAverageNormal'), 4 / 400, { rtol: 0.03 });
  });
});

describe('other schemes', () => {
  const kernels = (kernel: KernelScheme, sizes = [30, 20]) =>
    modelWeights(mlp({ inputs: sizes[0]!, hidden: [], outputs: sizes[1]!, rng: createRng(1), kernel }))[0]!;

  it('have one spread for all kernels, or one number', () => {
    const normal = kernels({ normal: 0.1 }, [300, 200]);
    expectClose(normal.reduce((sum, x) => sum + x * x, 0) / normal.length, 0.01, { rtol: 0.02 });
    expect(Math.max(...kernels({ uniform: 0.3 }).map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.3));
    expect(new Set(kernels({ constant: 2 }))).toEqual(new Set([2]));
  });

  it.each([
    [30, 20],
    [20, 30],
    [25, 25],
  ])('orthogonal: the product with itself is the identity (%i x %i)', (rows, columns) => {
    const matrix = tf.tensor2d(kernels('orthogonal', [rows, columns]), [rows, columns]);
    const tall = rows >= columns;
    const product = tf.matMul(matrix, matrix, tall, !tall);
    expectClose(product.dataSync(), tf.eye(Math.min(rows, columns)).dataSync(), { atol: 1e-6, rtol: 0 });
  });

  it.each([
    [30, 20],
    [20, 30],
    [3, 3, 4, 25],
    [1, 5],
  ])("tfjs's orthogonal: columns or rows of one length (%j)", (...shape) => {
    const columns = shape.at(-1)!;
    const own = tf.initializers.orthogonal({ gain: 1.5, seed: 7 });
    const matrix = tf.reshape(own.apply(shape), [-1, columns]) as tf.Tensor2D;
    const rows = matrix.shape[0];
    const [tall, count] = [rows >= columns, Math.min(rows, columns)];
    const product = tf.matMul(matrix, matrix, tall, !tall);
    expectClose(product.dataSync(), tf.mul(tf.eye(count), 1.5 ** 2).dataSync(), { atol: 2e-6, rtol: 0 });
    // The seed decides, and the numbers are those of a decomposition Q R with a positive diagonal, as tfjs's own.
    const normal = tf.randomNormal<tf.Rank.R2>([Math.max(rows, columns), count], 0, 1, 'float32', 7);
    const [q, r] = tf.linalg.qr(normal);
    const signs = tf.sign(tf.sum(tf.mul(r!, tf.eye(count)), 0));
    const unique = tf.mul(tf.mul(q!, signs), 1.5);
    expectClose(matrix.dataSync(), (tall ? unique : tf.transpose(unique)).dataSync(), { atol: 1e-5, rtol: 0 });
    expect(own.getConfig()).toEqual({ gain: 1.5, seed: 7 });
  });

  it('draw without a seed anew, and refuse vectors', () => {
    const own = tf.initializers.orthogonal({});
    expect(own.apply([4, 4]).dataSync()).not.toEqual(own.apply([4, 4]).dataSync());
    expect(() => own.apply([4])).toThrow(/2 dimensions or more, got float32 \[4\]/);
  });

  it('draw the matrices from state to state on their own', () => {
    const model = tf.sequential({ layers: [tf.layers.gru({ units: 4, inputShape: [3, 2] })] });
    initialise(model, { rng: createRng(1), kernel: { constant: 1 }, recurrentKernel: { constant: 2 } });
    expect(modelWeights(model).map((values) => values[0])).toEqual([1, 2, 0]);
  });

  it('are refused when unknown', () => {
    expect(() => kernels({ normal: Number.NaN })).toThrow(
      /kernel: expected one of glorotUniform, .*got \{"normal":null\}/,
    );
    expect(() => kernels('xavier' as 'orthogonal')).toThrow(/got "xavier"/);
  });
});

describe('biases of a classifier', () => {
  it('begin at the share of each class: 332 water molecules of 410', () => {
    const counts = [332, 27, 21, 20, 5, 5];
    const labels = counts.flatMap((count, label) => new Array<number>(count).fill(label));
    const biases = classBiases(labels, 6);
    expectClose(biases, [-0.21, -2.72, -2.98, -3.02, -4.42, -4.42], { atol: 0.02 });
    const model = mlp({ inputs: 3, hidden: [4], outputs: 6, rng: createRng(1), outputActivation: 'softmax' });
    setOutputBiases(model, biases);
    expectClose(
      (model.predict(tf.zeros([1, 3])) as tf.Tensor).dataSync(),
      counts.map((n) => n / 410),
      { rtol: 1e-5 },
    );
    expect(() => setOutputBiases(model, [1, 2])).toThrow(/expected arrays of/);
    expect([...classBiases([0, 0], 2)]).toEqual([0, Math.fround(Math.log(0.25))]);
  });
});

/** A layer as a model that has been saved and read back. */
async function savedAndLoaded(layer: tf.layers.Layer): Promise<tf.LayersModel> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-model-'));
  const model = tf.sequential({ layers: [layer] });
  await saveModel(model, folder);
  return loadModel(folder);
}

describe('added layers', () => {
  it('maxout is the greatest of its affine functions, and learns the absolute value exactly', async () => {
    const model = await savedAndLoaded(maxout({ units: 1, inputShape: [1] }));
    setModelWeights(model, [
      [1, -1],
      [0, 0],
    ]);
    const x = tf.tensor2d([[-2], [0.5], [3]]);
    expect([...(model.predict(x) as tf.Tensor).dataSync()]).toEqual([2, 0.5, 3]);
    const slope = tf.grad((input) => tf.sum(model.apply(input) as tf.Tensor))(x);
    expect([...slope.dataSync()]).toEqual([-1, 1, 1]);
    const sequence = maxout({ units: 4, pieces: 3, inputShape: [5, 2] });
    expect((tf.sequential({ layers: [sequence] }).predict(tf.ones([2, 5, 2])) as tf.Tensor).shape).toEqual([2, 5, 4]);
  });

  it('elu has any alpha', async () => {
    const model = await savedAndLoaded(elu({ alpha: 0.4, inputShape: [3] }));
    const x = tf.tensor2d([[-2, -0.5, 2]]);
    expectClose((model.predict(x) as tf.Tensor).dataSync(), [0.4 * Math.expm1(-2), 0.4 * Math.expm1(-0.5), 2], {
      rtol: 1e-6,
    });
    const slope = tf.grad((input) => tf.sum(model.apply(input) as tf.Tensor))(x);
    expectClose(slope.dataSync(), [0.4 * Math.exp(-2), 0.4 * Math.exp(-0.5), 1], { rtol: 1e-6 });
  });
});

describe('seeded noise', () => {
  const rng = () => createRng(7);
  const moments = (layer: tf.layers.Layer, value: number) =>
    tf.tidy(() => {
      const { mean, variance } = tf.moments(layer.apply(tf.fill([40_000], value), { training: true }) as tf.Tensor);
      return [mean.dataSync()[0]!, variance.dataSync()[0]!];
    });

  it('has the mean and variance of its kind', () => {
    expectClose(moments(dropout({ rate: 0.2, rng: rng() }), 3), [3, (9 * 0.2) / 0.8], { rtol: 0.03 });
    expectClose(moments(gaussianDropout({ rate: 0.2, rng: rng() }), 3), [3, (9 * 0.2) / 0.8], { rtol: 0.03 });
    expectClose(moments(gaussianNoise({ stddev: 0.5, rng: rng() }), 3), [3, 0.25], { rtol: 0.03 });
  });

  it('zeroes whole channels where axes are shared', () => {
    const layer = dropout({ rate: 0.5, rng: rng(), sharedAxes: [1, 2] });
    const rows = (layer.apply(tf.ones([6, 2, 3, 4]), { training: true }) as tf.Tensor).transpose([0, 3, 1, 2]);
    const channels = rows.reshape([24, 6]).arraySync() as number[][];
    expect(channels.every((channel) => new Set(channel).size === 1)).toBe(true);
    expect(new Set(channels.flat())).toEqual(new Set([0, 2]));
  });

  it.each([
    ['dropout', () => dropout({ rate: 0.5, rng: rng(), sharedAxes: [1] })],
    ['gaussianDropout', () => gaussianDropout({ rate: 0.5, rng: rng() })],
    ['gaussianNoise', () => gaussianNoise({ stddev: 1, rng: rng() })],
  ])('%s: replays draw anew, as the eager layer does, and a saved layer goes on', async (_name, make) => {
    const x = tf.ones([3, 4]);
    const draw = (layer: tf.layers.Layer) => () => [...(layer.apply(x, { training: true }) as tf.Tensor).dataSync()];
    const eager = draw(make());
    const layer = make();
    const compiled = compile((input: tf.Tensor) => layer.apply(input, { training: true }) as tf.Tensor);
    const replayed = () => [...compiled(x).dataSync()];
    const [first, second] = [replayed(), replayed()];
    expect(first).toEqual(eager());
    expect(second).toEqual(eager());
    expect(second).not.toEqual(first);
    const config = layer.getConfig();
    const copy = (
      layer.constructor as unknown as { fromConfig(type: unknown, c: unknown): tf.layers.Layer }
    ).fromConfig(layer.constructor, config);
    expect(draw(copy)()).toEqual(eager());
    expect([...(layer.apply(x) as tf.Tensor).dataSync()]).toEqual(new Array(12).fill(1));
  });

  it('refuses rates that drop everything', () => {
    expect(() => dropout({ rate: 1, rng: rng() })).toThrow(/dropout: rate: expected a number in \[0, 1\), got 1/);
  });
});

describe('added activations', () => {
  it('have their values and gradients in layers, and come back from a saved model', async () => {
    const at = [-2, -0.5, 0.5, 2];
    const cases = [
      ['leakyRelu', (x: number) => (x < 0 ? 0.01 * x : x), (x: number) => (x < 0 ? 0.01 : 1)],
      ['cosine', Math.cos, (x: number) => -Math.sin(x)],
      ['step', (x: number) => (x < 0 ? 0 : 1), () => 0],
    ] as const;
    for (const [name, value, slope] of cases) {
      const layer = tf.layers.activation({ activation: activation(name), inputShape: [4] });
      const loaded = await savedAndLoaded(layer);
      const x = tf.tensor2d([at]);
      expectClose((loaded.predict(x) as tf.Tensor).dataSync(), at.map(value), { rtol: 1e-6, atol: 1e-7 });
      const gradient = tf.grad((input) => tf.sum(loaded.apply(input) as tf.Tensor))(x);
      expectClose(gradient.dataSync(), at.map(slope), { rtol: 1e-6, atol: 1e-7 });
    }
  });
});

describe('weights', () => {
  it('refuses arrays of other sizes', () => {
    expect(() => setModelWeights(small(1), [new Float32Array(3)])).toThrow(
      /expected arrays of \[24,6,12,2\] numbers, got \[3\]/,
    );
  });
});

describe('saved models', () => {
  it('come back with the same weights and outputs, also through tfjs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skein-model-'));
    const model = small(5);
    await saveModel(model, folder);
    const loaded = await loadModel(folder);
    expect(modelWeights(loaded)).toEqual(modelWeights(model));
    const x = tf.ones([3, 4]);
    expect((loaded.predict(x) as tf.Tensor).arraySync()).toEqual((model.predict(x) as tf.Tensor).arraySync());
    const json = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
    expect(json.weightsManifest[0].paths).toEqual(['weights.bin']);
    expect(json.format).toBe('layers-model');
  });

  it('are refused when missing, damaged or mixed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skein-model-'));
    await expect(loadModel(join(folder, 'none'))).rejects.toThrow(/expected a saved model/);
    await saveModel(small(1), folder);
    const weights = readFileSync(join(folder, 'weights.bin'));
    weights[0] = weights[0]! ^ 1;
    writeFileSync(join(folder, 'weights.bin'), weights);
    await expect(loadModel(folder)).rejects.toThrow(/digest differs/);
    writeFileSync(join(folder, 'model.json'), '{}');
    await expect(loadModel(folder)).rejects.toThrow(/modelTopology/);
  });
});
