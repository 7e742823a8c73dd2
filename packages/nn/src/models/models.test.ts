import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  activation,
  initialise,
  loadModel,
  mlp,
  modelWeights,
  saveModel,
  setModelWeights,
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

describe('added activations', () => {
  it('have their values and gradients in layers, and come back from a saved model', async () => {
    const at = [-2, -0.5, 0.5, 2];
    const cases = [
      ['leakyRelu', (x: number) => (x < 0 ? 0.01 * x : x), (x: number) => (x < 0 ? 0.01 : 1)],
      ['cosine', Math.cos, (x: number) => -Math.sin(x)],
    ] as const;
    for (const [name, value, slope] of cases) {
      const layer = tf.layers.activation({ activation: activation(name), inputShape: [4] });
      const model = tf.sequential({ layers: [layer] });
      const folder = mkdtempSync(join(tmpdir(), 'skein-model-'));
      await saveModel(model, folder);
      const loaded = await loadModel(folder);
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
