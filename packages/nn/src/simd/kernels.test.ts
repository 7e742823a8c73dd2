import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../index.ts';
import { runKernelOn } from '../testkit/differential.ts';
import { casesOf, EXCLUDED, KERNEL_CASES } from '../testkit/kernel-cases.ts';
import { OWN_KERNELS } from './register.ts';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('simd');
});

const names = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);

/** Inner products cancel: their error is relative to the size of the terms. */
const TOLERANCE = { rtol: 1e-5, atol: 3e-5 };

describe('every kernel of the CPU backend', () => {
  it('has cases', () => {
    expect(names.filter((name) => !(name in KERNEL_CASES) && !(name in EXCLUDED))).toEqual([]);
    expect(Object.keys(OWN_KERNELS).filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(names.filter((name) => !(name in EXCLUDED)).sort())('%s gives the same on simd', async (name) => {
    const cases = casesOf(name, createRng(11).split(name));
    expect(cases.length).toBeGreaterThan(0);
    for (const [i, one] of cases.entries()) {
      const expected = await runKernelOn('cpu', name, one);
      const actual = await runKernelOn('simd', name, one);
      const context = `${name} case ${i}`;
      expect(
        actual.map(({ shape, dtype }) => ({ shape, dtype })),
        context,
      ).toEqual(expected.map(({ shape, dtype }) => ({ shape, dtype })));
      for (const [j, { dtype, values }] of expected.entries()) {
        if (dtype === 'float32' || dtype === 'complex64') {
          expectClose(actual[j]!.values as Float32Array, values as Float32Array, TOLERANCE);
        } else {
          expect(Array.from(actual[j]!.values as ArrayLike<unknown>), context).toEqual(
            Array.from(values as ArrayLike<unknown>),
          );
        }
      }
    }
  });
});

describe('products', () => {
  it('broadcast batches that repeat in part', async () => {
    await useBackend('simd');
    const a = tf.tensor4d([1, 2, 3, 4], [2, 1, 1, 2]);
    const b = tf.tensor4d([1, 0, 0, 1, 1, 1], [1, 3, 2, 1]);
    expect(tf.matMul(a, b).reshape([2, 3]).arraySync()).toEqual([
      [1, 2, 3],
      [3, 4, 7],
    ]);
  });
});

/** Derivative of a function of an array by central differences. */
function numericGradient(f: (x: Float32Array) => number, x: Float32Array, step: number): Float32Array {
  return x.map((value, i) => {
    const at = (y: number) => f(x.with(i, y));
    return (at(value + step) - at(value - step)) / (2 * step);
  });
}

/** Differentiable functions of a `[3, 4]` matrix with entries in (0.3, 1.3). */
const SMOOTH: Readonly<Record<string, (x: tf.Tensor2D) => tf.Tensor>> = {
  abs: (x) => x.sub(0.8).abs(),
  batchNorm: (x) =>
    tf.batchNorm(
      x,
      x.mean(0) as tf.Tensor1D,
      tf.ones<tf.Rank.R1>([4]),
      tf.ones<tf.Rank.R1>([4]),
      tf.ones<tf.Rank.R1>([4]),
      1e-3,
    ),
  broadcast: (x) => x.mul(x.sum(1, true)).div(x.max(0).add(1)),
  clip: (x) => x.clipByValue(0.5, 1.1),
  concat: (x) => tf.concat([x, x.square()], 1),
  conv2d: (x) => tf.conv2d(x.as4D(1, 3, 4, 1), tf.ones([2, 2, 1, 2]), 1, 'same'),
  convFilter: (x) => tf.conv2d(tf.ones<tf.Rank.R4>([1, 5, 5, 2]), x.as4D(2, 3, 2, 1), 1, 'valid'),
  cumsum: (x) => x.cumsum(1),
  depthwise: (x) => tf.depthwiseConv2d(x.as4D(1, 3, 2, 2), tf.ones([2, 2, 2, 1]), 1, 'same'),
  elu: (x) => x.sub(0.8).elu(),
  exp: (x) => x.exp(),
  gather: (x) => x.gather(tf.tensor1d([2, 0, 2], 'int32')),
  leakyRelu: (x) => x.sub(0.8).leakyRelu(0.2),
  log: (x) => x.log(),
  logSoftmax: (x) => x.logSoftmax(),
  logSumExp: (x) => x.logSumExp(1),
  matMul: (x) => x.matMul(x, false, true),
  maximum: (x) => tf.maximum(x, 0.8),
  maxPool: (x) => tf.maxPool(x.as4D(1, 3, 4, 1), 2, 1, 'valid'),
  avgPool: (x) => tf.avgPool(x.as4D(1, 3, 4, 1), 2, 1, 'valid'),
  mean: (x) => x.mean(0),
  pad: (x) =>
    x.pad([
      [1, 0],
      [0, 2],
    ]),
  pow: (x) => x.pow(2.5),
  prod: (x) => x.prod(1),
  relu: (x) => x.sub(0.8).relu(),
  reverse: (x) => x.reverse(1).mul(x),
  selu: (x) => x.sub(0.8).selu(),
  sigmoid: (x) => x.sigmoid(),
  sin: (x) => x.sin(),
  slice: (x) => x.slice([1, 1], [2, 2]),
  softmax: (x) => x.softmax(),
  softplus: (x) => x.softplus(),
  split: (x) => x.split(2, 1)[1]!,
  sqrt: (x) => x.sqrt(),
  stack: (x) => tf.stack([x, x.mul(2)]),
  tanh: (x) => x.tanh(),
  tile: (x) => x.tile([2, 1]),
  transpose: (x) => x.transpose().matMul(x),
  where: (x) => tf.where(tf.greater(tf.ones([3, 4]), 0), x.square(), x),
};

describe('gradients agree with finite differences', () => {
  it.each(Object.entries(SMOOTH))('%s', async (_name, f) => {
    await useBackend('simd');
    const rng = createRng(5);
    const x = rng.fillUniform(new Float32Array(12), 0.3, 1.3);
    const weighted = (matrix: tf.Tensor) => {
      const y = f(matrix as tf.Tensor2D);
      const weights = Float32Array.from({ length: y.size }, (_, i) => Math.cos(i));
      return y.mul(tf.tensor(weights, y.shape)).sum();
    };
    const value = (values: Float32Array) => tf.tidy(() => weighted(tf.tensor2d(values, [3, 4])).dataSync()[0]!);
    const exact = tf
      .grad(weighted)(tf.tensor2d(x, [3, 4]))
      .dataSync() as Float32Array;
    expectClose(exact, numericGradient(value, x, 2e-3), { rtol: 1e-2, atol: 6e-3 });
  });
});
