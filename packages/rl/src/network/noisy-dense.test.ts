import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { compile, tf, useBackend } from '@skein/nn';
import { beforeAll, expect, test } from 'vitest';
import { noiseSize, noisyDense, setNoise } from './noisy-dense.ts';

beforeAll(async () => {
  await useBackend('simd');
});

const INPUTS = 3;
const UNITS = 2;

function model(seed = 1): tf.LayersModel {
  const input = tf.input({ shape: [INPUTS] });
  const output = noisyDense({ units: UNITS, rng: createRng(seed) }).apply(input) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: output });
}

const x = [0.3, -1, 2];
const normal = [0.5, -2, 1, 4, -0.25];

/** Outputs by the definition, weight by weight. */
function byHand(weights: readonly ArrayLike<number>[]): number[] {
  const [kernel, bias, kernelSigma, biasSigma] = weights as [
    ArrayLike<number>,
    ArrayLike<number>,
    ArrayLike<number>,
    ArrayLike<number>,
  ];
  const f = (e: number) => Math.sign(e) * Math.sqrt(Math.abs(e));
  return Array.from({ length: UNITS }, (_, j) => {
    const out = f(normal[INPUTS + j]!);
    return x.reduce(
      (sum, xi, i) => sum + xi * (kernel[i * UNITS + j]! + kernelSigma[i * UNITS + j]! * f(normal[i]!) * out),
      bias[j]! + biasSigma[j]! * out,
    );
  });
}

test('weights are mean + sigma f(input noise) f(output noise)', () => {
  const noisy = model();
  expect(noiseSize(noisy)).toBe(INPUTS + UNITS);
  setNoise(noisy, tf.tensor2d([normal]));
  const out = noisy.apply(tf.tensor2d([x]), { training: true }) as tf.Tensor;
  expectClose(out.dataSync(), byHand(noisy.getWeights().map((weight) => weight.dataSync())), {
    rtol: 1e-5,
    atol: 1e-6,
  });
});

test('without training there is no noise', () => {
  const noisy = model();
  setNoise(noisy, tf.tensor2d([normal]));
  const [kernel, bias] = noisy.getWeights() as [tf.Tensor2D, tf.Tensor1D];
  const expected = tf.add(tf.matMul(tf.tensor2d([x]), kernel), bias).dataSync();
  expectClose((noisy.apply(tf.tensor2d([x])) as tf.Tensor).dataSync(), expected, { rtol: 1e-6, atol: 0 });
});

test('a compiled function takes new noise each time, and rows may have their own', () => {
  const noisy = model();
  const forward = compile((inputs: tf.Tensor2D, noise: tf.Tensor2D) => {
    setNoise(noisy, noise);
    return noisy.apply(inputs, { training: true }) as tf.Tensor;
  });
  const other = normal.map((value) => -value);
  const each = [normal, other].map((noise) => [...forward(tf.tensor2d([x]), tf.tensor2d([noise])).dataSync()]);
  expect(each[0]).not.toEqual(each[1]);
  const both = forward(tf.tensor2d([x, x]), tf.tensor2d([normal, other])).dataSync();
  expectClose(both, each.flat(), { rtol: 1e-6, atol: 0 });
});

test('gradients of means and sigmas are those of the definition', () => {
  const noisy = model();
  const variables = noisy.trainableWeights.map((weight) => weight.read() as tf.Variable);
  setNoise(noisy, tf.tensor2d([normal]));
  const loss = () => tf.sum(tf.square(noisy.apply(tf.tensor2d([x]), { training: true }) as tf.Tensor)) as tf.Scalar;
  const { grads } = tf.variableGrads(loss, variables);
  const weights = noisy.getWeights().map((weight) => Float64Array.from(weight.dataSync()));
  const value = () => byHand(weights).reduce((sum, out) => sum + out * out, 0);
  for (const [k, variable] of variables.entries()) {
    const numeric = weights[k]!.map((_, i) => {
      const step = 1e-5;
      weights[k]![i]! += step;
      const above = value();
      weights[k]![i]! -= 2 * step;
      const below = value();
      weights[k]![i]! += step;
      return (above - below) / (2 * step);
    });
    expectClose(grads[variable.name]!.dataSync(), numeric, { rtol: 1e-4, atol: 1e-5 });
  }
});

test('first weights depend on the stream alone; a layer comes back from its configuration', () => {
  const values = (made: tf.LayersModel) => made.getWeights().map((weight) => [...weight.dataSync()]);
  expect(values(model(2))).toEqual(values(model(2)));
  expect(values(model(2))[0]).not.toEqual(values(model(3))[0]);
  const sigma = 0.5 / Math.sqrt(INPUTS);
  expectClose(values(model())[3]!, [sigma, sigma], { rtol: 1e-6, atol: 0 });
  const layer = model().layers[1]!;
  expect(layer.getConfig()).toMatchObject({ units: UNITS, sigma: 0.5 });
});
