import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../index.ts';
import { type KernelResult, runKernelOn } from '../testkit/differential.ts';
import {
  casesOf,
  EDGE_CASES,
  EXCLUDED,
  KERNEL_CASES,
  type KernelCase,
  notFiniteCasesOf,
  OTHERWISE_NOT_FINITE,
} from '../testkit/kernel-cases.ts';
import { OWN_KERNELS } from './register.ts';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('simd');
});

const names = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);

/** Inner products cancel: their error is relative to the size of the terms. */
const TOLERANCE = { rtol: 1e-5, atol: 3e-5 };

/** Runs a case on both backends; shapes, types and numbers must agree. */
async function compare(name: string, one: KernelCase, context: string): Promise<void> {
  const expected = await runKernelOn('cpu', name, one);
  const actual = await runKernelOn('simd', name, one);
  const kinds = (results: readonly KernelResult[]) => results.map(({ shape, dtype }) => ({ shape, dtype }));
  expect(kinds(actual), context).toEqual(kinds(expected));
  for (const [j, { dtype, values }] of expected.entries()) {
    if (dtype === 'float32' || dtype === 'complex64') {
      expectClose(actual[j]!.values as Float32Array, values as Float32Array, TOLERANCE);
    } else {
      const numbers = (results: ArrayLike<unknown>) => Array.from(results);
      expect(numbers(actual[j]!.values), context).toEqual(numbers(values));
    }
  }
}

describe('every kernel of the CPU backend', () => {
  it('has cases', () => {
    expect(names.filter((name) => !(name in KERNEL_CASES) && !(name in EXCLUDED))).toEqual([]);
    expect(Object.keys(OWN_KERNELS).filter((name) => !names.includes(name))).toEqual([]);
  });

  it('has cases without a number if it is our own', () => {
    const others = ['Concat', 'GatherNd', 'GatherV2', 'MirrorPad', 'PadV2', 'ScatterNd', 'StridedSlice'];
    const gradients = Object.keys(OWN_KERNELS).filter((name) => /Grad$|Backprop/.test(name));
    const covered = [...Object.keys(EDGE_CASES), ...others, ...gradients, 'ResizeNearestNeighbor'];
    expect(Object.keys(OWN_KERNELS).filter((name) => !covered.includes(name))).toEqual([
      'TensorScatterUpdate',
      'Unpack',
    ]);
  });

  it.each(names.filter((name) => !(name in EXCLUDED)).sort())('%s gives the same on simd', async (name) => {
    const cases = casesOf(name, createRng(11).split(name));
    expect(cases.length).toBeGreaterThan(0);
    for (const [i, one] of cases.entries()) await compare(name, one, `${name} case ${i}`);
  });

  const comparable = names.filter((name) => !(name in EXCLUDED) && !(name in OTHERWISE_NOT_FINITE)).sort();
  it.each(comparable)('%s gives the same at NaN and infinity', async (name) => {
    const cases = notFiniteCasesOf(name, createRng(12).split(name));
    for (const [i, one] of cases.entries()) await compare(name, one, `${name} case ${i} with NaN and infinities`);
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

describe('where the CPU backend is wrong', () => {
  it('a strided slice may drop an axis', async () => {
    await useBackend('simd');
    const x = tf.range(0, 30).reshape([5, 6]);
    const slice = tf.stridedSlice(x, [2, 1], [3, 6], [1, 2], 0, 0, 0, 0, 1);
    expect([slice.shape, [...slice.dataSync()]]).toEqual([[3], [13, 15, 17]]);
  });

  it('the gradient of resizing to the nearest pixel adds what each pixel became, in every image', async () => {
    await useBackend('simd');
    const x = tf.zeros<tf.Rank.R4>([2, 2, 1, 1]);
    const weights = tf.range(0, 12).reshape([2, 3, 2, 1]);
    const gradient = tf.grad((y: tf.Tensor) =>
      tf.image
        .resizeNearestNeighbor(y as tf.Tensor4D, [3, 2])
        .mul(weights)
        .sum(),
    );
    expect([...gradient(x).dataSync()]).toEqual([0 + 1 + 2 + 3, 4 + 5, 6 + 7 + 8 + 9, 10 + 11]);
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
  acos: (x) => x.mul(0.5).acos(),
  acosh: (x) => x.add(1).acosh(),
  addN: (x) => tf.addN([x, x.square(), x]),
  asin: (x) => x.mul(0.5).asin(),
  asinh: (x) => x.asinh(),
  atan: (x) => x.atan(),
  atan2: (x) => tf.atan2(x, x.square().add(1)),
  atanh: (x) => x.mul(0.5).atanh(),
  batchNorm: (x) =>
    tf.batchNorm(
      x,
      x.mean(0) as tf.Tensor1D,
      tf.ones<tf.Rank.R1>([4]),
      tf.ones<tf.Rank.R1>([4]),
      tf.ones<tf.Rank.R1>([4]),
      1e-3,
    ),
  batchedMatMul: (x) => tf.matMul(x.as3D(2, 3, 2), x.as3D(2, 2, 3), true, true),
  broadcast: (x) => x.mul(x.sum(1, true)).div(x.max(0).add(1)),
  batchToSpace: (x) =>
    tf.batchToSpaceND(
      x.as4D(2, 3, 2, 1),
      [1, 2],
      [
        [0, 0],
        [0, 1],
      ],
    ),
  clip: (x) => x.clipByValue(0.5, 1.1),
  concat: (x) => tf.concat([x, x.square()], 1),
  conv2d: (x) => tf.conv2d(x.as4D(1, 3, 4, 1), tf.ones([2, 2, 1, 2]), 1, 'same'),
  convFilter: (x) => tf.conv2d(tf.ones<tf.Rank.R4>([1, 5, 5, 2]), x.as4D(2, 3, 2, 1), 1, 'valid'),
  conv3d: (x) => tf.conv3d(x.as5D(1, 3, 2, 2, 1), tf.ones([2, 2, 2, 1, 1]), 1, 'same'),
  conv3dFilter: (x) => tf.conv3d(tf.ones<tf.Rank.R5>([1, 4, 4, 4, 1]), x.as5D(3, 2, 2, 1, 1), 1, 'valid'),
  conv2dTranspose: (x) => tf.conv2dTranspose(x.as4D(1, 3, 4, 1), tf.ones([2, 2, 2, 1]), [1, 4, 5, 2], 1, 'valid'),
  cos: (x) => x.cos(),
  cosh: (x) => x.cosh(),
  crossEntropy: (x) =>
    tf.losses.softmaxCrossEntropy(
      tf.tensor2d([
        [1, 0, 0, 0],
        [0, 0.5, 0.5, 0],
        [0, 0, 0, 1],
      ]),
      x,
    ),
  cumsum: (x) => x.cumsum(1),
  depthwiseFilter: (x) => tf.depthwiseConv2d(tf.ones<tf.Rank.R4>([1, 5, 5, 2]), x.as4D(2, 3, 2, 1), 1, 'same'),
  depthwise: (x) => tf.depthwiseConv2d(x.as4D(1, 3, 2, 2), tf.ones([2, 2, 2, 1]), 1, 'same'),
  dilation: (x) => tf.dilation2d(x.as3D(3, 4, 1), tf.zeros([2, 2, 1]), 1, 'valid'),
  elu: (x) => x.sub(0.8).elu(),
  div: (x) => x.div(x.sum(0)),
  erf: (x) => x.erf(),
  exp: (x) => x.exp(),
  expandDims: (x) => x.expandDims(1).square(),
  expm1: (x) => x.expm1(),
  gather: (x) => x.gather(tf.tensor1d([2, 0, 2], 'int32')),
  layerNorm: (x) => tf.layers.layerNormalization().apply(x) as tf.Tensor,
  leakyRelu: (x) => x.sub(0.8).leakyRelu(0.2),
  log: (x) => x.log(),
  localResponseNormalization: (x) => tf.localResponseNormalization(x.as3D(1, 3, 4)),
  log1p: (x) => x.log1p(),
  logSoftmax: (x) => x.logSoftmax(),
  logSumExp: (x) => x.logSumExp(1),
  matMul: (x) => x.matMul(x, false, true),
  max: (x) => x.max(1),
  maximum: (x) => tf.maximum(x, 0.8),
  maxPool: (x) => tf.maxPool(x.as4D(1, 3, 4, 1), 2, 1, 'valid'),
  maxPool3d: (x) => tf.maxPool3d(x.as5D(1, 3, 2, 2, 1), 2, 1, 'valid'),
  avgPool3d: (x) => tf.avgPool3d(x.as5D(1, 3, 2, 2, 1), 2, 1, 'valid'),
  avgPool: (x) => tf.avgPool(x.as4D(1, 3, 4, 1), 2, 1, 'valid'),
  mean: (x) => x.mean(0),
  min: (x) => x.min(0),
  ...Object.fromEntries(
    (['reflect', 'symmetric'] as const).map((mode) => [
      `mirrorPad, ${mode}`,
      (x: tf.Tensor) =>
        tf.mirrorPad(
          x,
          [
            [1, 2],
            [0, 3],
          ],
          mode,
        ),
    ]),
  ),
  mod: (x) => tf.mod(x.mul(2).add(1.5), x.add(1)),
  minimum: (x) => tf.minimum(x, 0.8),
  pad: (x) =>
    x.pad([
      [1, 0],
      [0, 2],
    ]),
  pow: (x) => x.pow(2.5),
  prelu: (x) => tf.prelu(x.sub(0.8), tf.tensor1d([0.1, 0.2, 0.3, 0.4])),
  preluSlope: (x) => tf.prelu(x.sub(0.8), x),
  prod: (x) => x.prod(1),
  reciprocal: (x) => x.reciprocal(),
  relu6: (x) => x.mul(6).relu6(),
  resizeBilinear: (x) => tf.image.resizeBilinear(x.as4D(1, 2, 3, 2), [5, 4]),
  resizeNearest: (x) => tf.image.resizeNearestNeighbor(x.as4D(2, 2, 3, 1), [5, 4]),
  rsqrt: (x) => x.rsqrt(),
  relu: (x) => x.sub(0.8).relu(),
  reverse: (x) => x.reverse(1).mul(x),
  selu: (x) => x.sub(0.8).selu(),
  sigmoid: (x) => x.sigmoid(),
  sin: (x) => x.sin(),
  sinh: (x) => x.sinh(),
  slice: (x) => x.slice([1, 1], [2, 2]),
  softmax: (x) => x.softmax(),
  softplus: (x) => x.softplus(),
  spaceToBatch: (x) =>
    tf.spaceToBatchND(
      x.as4D(1, 3, 4, 1),
      [1, 2],
      [
        [0, 0],
        [1, 1],
      ],
    ),
  split: (x) => x.split(2, 1)[1]!,
  sqrt: (x) => x.sqrt(),
  squaredDifference: (x) => tf.squaredDifference(x, x.square()),
  sum: (x) => x.sum(1, true).mul(x),
  tan: (x) => x.tan(),
  unsortedSegmentSum: (x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, 0, 1], 'int32'), 2).square(),
  stack: (x) => tf.stack([x, x.mul(2)]),
  tanh: (x) => x.tanh(),
  tile: (x) => x.tile([2, 1]),
  transpose: (x) => x.transpose().matMul(x),
  unstack: (x) => tf.unstack(x)[1]!.square(),
  where: (x) => tf.where(tf.greater(tf.ones([3, 4]), 0), x.square(), x),
};

/** Kernels with a gradient in TensorFlow.js that is zero, or made up, because they are steps or take no floats. */
const STEPS = new Set(
  'ArgMax ArgMin Ceil ComplexAbs Floor FloorDiv GreaterEqual IsFinite IsInf IsNan OneHot OnesLike Round Sign Step ZerosLike'.split(
    ' ',
  ),
);

describe('gradients agree with finite differences', () => {
  it('are checked of every kernel that has one', async () => {
    await useBackend('simd');
    const used = new Set<string>();
    for (const f of Object.values(SMOOTH)) {
      const { kernelNames } = await tf.profile(() => f(tf.fill<tf.Rank.R2>([3, 4], 0.7)));
      for (const name of kernelNames) used.add(name);
    }
    const differentiable = names.filter((name) => tf.getGradient(name) !== undefined);
    expect(differentiable.filter((name) => !used.has(name) && !STEPS.has(name))).toEqual([]);
  });

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
