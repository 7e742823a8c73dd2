import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile, initialise, modelWeights, setModelWeights, tf, useBackend } from '../index.ts';
import { SimdBackend } from '../simd/backend.ts';
import { runKernelOn } from '../testkit/differential.ts';
import { casesOf, type KernelCase, type Plain } from '../testkit/kernel-cases.ts';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('simd');
});

const { layers, sequential } = tf;

interface Work {
  readonly make: () => tf.LayersModel;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

const head = () => [layers.flatten(), layers.dense({ units: 3 })];

/** Models whose layers take different roads through the engine. */
const WORKS: Readonly<Record<string, Work>> = {
  'convolution and pooling': {
    make: () =>
      sequential({
        layers: [
          layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [8, 8, 2] }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.conv2d({ filters: 5, kernelSize: 1, activation: 'tanh' }),
          layers.averagePooling2d({ poolSize: 3, strides: 1 }),
          ...head(),
        ],
      }),
    x: [5, 8, 8, 2],
    y: [5, 3],
  },
  'depthwise convolution': {
    make: () =>
      sequential({
        layers: [
          layers.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [6, 6, 3] }),
          ...head(),
        ],
      }),
    x: [3, 6, 6, 3],
    y: [3, 3],
  },
  'batch and layer norm': {
    make: () =>
      sequential({
        layers: [
          // A bias before a batch norm has no gradient but rounding errors, which Adam would blow up.
          layers.dense({ units: 6, inputShape: [4], useBias: false }),
          layers.batchNormalization(),
          layers.reLU(),
          layers.layerNormalization(),
          layers.dense({ units: 3 }),
        ],
      }),
    x: [7, 4],
    y: [7, 3],
  },
  lstm: {
    make: () => sequential({ layers: [layers.lstm({ units: 6, inputShape: [5, 4] }), layers.dense({ units: 3 })] }),
    x: [4, 5, 4],
    y: [4, 3],
  },
  gru: {
    make: () => sequential({ layers: [layers.gru({ units: 6, inputShape: [5, 4] }), layers.dense({ units: 3 })] }),
    x: [4, 5, 4],
    y: [4, 3],
  },
  softmax: {
    make: () =>
      sequential({
        layers: [
          layers.dense({ units: 9, activation: 'elu', inputShape: [4] }),
          layers.dense({ units: 3, activation: 'softmax' }),
        ],
      }),
    x: [6, 4],
    y: [6, 3],
  },
};

/** Losses and weights of a few steps on the current backend. */
function train({ make, x, y }: Work, start: readonly Float32Array[] | null, compiled: boolean) {
  const model = make();
  if (start === null) initialise(model, { rng: createRng(4) });
  else setModelWeights(model, start);
  const first = modelWeights(model);
  const rng = createRng(8);
  const adam = tf.train.adam(0.01);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const step = (input: tf.Tensor, goal: tf.Tensor) =>
    adam.minimize(
      () => tf.losses.meanSquaredError(goal, model.apply(input, { training: true }) as tf.Tensor) as tf.Scalar,
      true,
      variables,
    )!;
  const call = compiled ? compile(step) : step;
  const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
  const losses = Array.from({ length: 4 }, () => {
    const input = tf.tensor(rng.fillNormal(new Float32Array(size(x))), [...x]);
    const goal = tf.tensor(rng.fillNormal(new Float32Array(size(y))), [...y]);
    return call(input, goal).dataSync()[0]!;
  });
  return { first, losses, weights: modelWeights(model) };
}

describe('layers of tfjs', () => {
  it.each(Object.entries(WORKS))('train compiled as on the cpu backend: %s', async (_name, work) => {
    await useBackend('cpu');
    const eager = train(work, null, false);
    await useBackend('simd');
    const fast = train(work, eager.first, true);
    expectClose(fast.losses, eager.losses, { rtol: 1e-4, atol: 1e-5 });
    for (const [i, weights] of eager.weights.entries())
      expectClose(fast.weights[i]!, weights, { atol: 2e-4, rtol: 1e-3 });
  });
});

const isPlain = (item: unknown): item is Plain => Array.isArray((item as Plain).values);

/** A case whose inputs can be arguments of a compiled function. */
function arrayInputs({ inputs }: KernelCase): { key: string; plain: Plain }[] | null {
  const entries = Object.entries(inputs);
  if (!entries.every(([, plain]) => isPlain(plain) && plain.dtype !== 'string')) return null;
  return entries.map(([key, plain]) => ({ key, plain: plain as Plain }));
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

describe('every kernel, compiled', () => {
  const names = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);
  it.each(names.sort())('%s replays what it does eagerly', async (name) => {
    for (const one of casesOf(name, createRng(21).split(name)).slice(0, 4)) {
      const args = arrayInputs(one);
      if (args === null || args.length === 0) continue;
      const expected = await runKernelOn('simd', name, one);
      const numeric = expected.every(({ dtype }) => dtype in ARRAYS);
      if (!numeric) continue;
      const isList = Array.isArray(one.inputs);
      const fn = compile((...tensors: tf.Tensor[]) => {
        const inputs = isList ? tensors : Object.fromEntries(args.map(({ key }, i) => [key, tensors[i]!]));
        return tf.engine().runKernel(name, inputs as tf.NamedTensorMap, (one.attrs ?? {}) as never);
      });
      const arrays = args.map(({ plain }) => ({
        data: ARRAYS[plain.dtype as 'float32'].from(plain.values as number[]),
        shape: plain.shape,
      }));
      fn(...arrays);
      const again = fn(...arrays);
      const results = Array.isArray(again) ? again : [again as tf.Tensor];
      for (const [i, result] of results.entries()) expect(result.dataSync(), name).toEqual(expected[i]!.values);
    }
  });
});

describe('memory', () => {
  it('of a plan stays valid when the WebAssembly memory grows', () => {
    const weight = tf.variable(tf.ones([4]));
    const fn = compile((x: tf.Tensor) => {
      weight.assign(weight.add(x) as tf.Tensor1D);
      return weight.mul(2);
    });
    const x = Float32Array.of(1, 2, 3, 4);
    const out = [new Float32Array(4)];
    fn({ data: x, shape: [4] });
    const { memoryBlocks } = tf.backend() as SimdBackend;
    const { generation } = memoryBlocks;
    const large = tf.zeros([64, 1024, 1024]);
    expect(memoryBlocks.generation).toBeGreaterThan(generation);
    fn.run([x], out);
    expect([...out[0]!]).toEqual([6, 10, 14, 18]);
    expect([...weight.dataSync()]).toEqual([3, 5, 7, 9]);
    large.dispose();
  });

  it('of disposed functions is given back', () => {
    const { memoryBlocks } = tf.backend() as SimdBackend;
    const round = () => {
      const fn = compile((x: tf.Tensor) => x.matMul(x).relu().sum());
      fn({ data: new Float32Array(900), shape: [30, 30] }).dispose();
      fn.dispose();
    };
    round();
    const { reservedBytes } = memoryBlocks;
    for (let i = 0; i < 20; i++) round();
    expect(memoryBlocks.reservedBytes).toBe(reservedBytes);
  });
});

describe('the plain SIMD build', () => {
  it('computes what the relaxed build computes, up to rounding', async () => {
    const run = () => {
      const { losses } = train(WORKS['convolution and pooling']!, null, true);
      return losses;
    };
    const relaxed = run();
    tf.removeBackend('simd');
    tf.registerBackend('simd', () => new SimdBackend('simd'), 3);
    await useBackend('simd');
    expect((tf.backend() as SimdBackend).module.build).toBe('simd');
    expectClose(run(), relaxed, { rtol: 1e-4, atol: 1e-5 });
  });
});
