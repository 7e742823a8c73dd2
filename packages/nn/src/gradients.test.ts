import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, it } from 'vitest';
import { compile, tf, useBackend } from './index.ts';

/** Shapes and how often they are repeated along each axis. */
const CASES = [
  [[3], [5]],
  [
    [2, 3],
    [4, 1],
  ],
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 3],
    [1, 1],
  ],
  [
    [2, 2, 1, 3],
    [2, 1, 3, 2],
  ],
] as const;

/** Sums what lies over each number of a repeated array, index by index. */
function sumCopies(values: ArrayLike<number>, shape: readonly number[], reps: readonly number[]): Float32Array {
  const sums = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++) {
    let [rest, to, step] = [i, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis]!;
      to += ((rest % (size * reps[axis]!)) % size) * step;
      rest = Math.floor(rest / (size * reps[axis]!));
      step *= size;
    }
    sums[to]! += values[i]!;
  }
  return sums;
}

describe('the gradient of tile', () => {
  it.each(CASES)('sums the copies of %j repeated %j times', async (shape, reps) => {
    for (const backend of ['simd', 'cpu'] as const) {
      await useBackend(backend);
      const tiled = shape.map((size, axis) => size * reps[axis]!);
      const weights = createRng(3).fillNormal(new Float32Array(tiled.reduce((product, size) => product * size, 1)));
      const gradient = tf.grad((x) => tf.sum(tf.mul(tf.tile(x, [...reps]), tf.tensor(weights, tiled))));
      const result = gradient(tf.ones([...shape]));
      expect(result.shape).toEqual([...shape]);
      expectClose(result.dataSync(), sumCopies(weights, shape, reps), { rtol: 1e-5, atol: 1e-5 });
    }
  });

  it('leaves a layer normalisation with the same few steps for any number of rows', async () => {
    await useBackend('simd');
    const layer = tf.layers.layerNormalization();
    layer.apply(tf.zeros([1, 8]));
    const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const train = compile((x: tf.Tensor) => {
      const loss = () => tf.sum(tf.square(layer.apply(x) as tf.Tensor)) as tf.Scalar;
      return Object.values(tf.variableGrads(loss, weights).grads);
    });
    for (const rows of [4, 64]) train.prepare({ shape: [rows, 8] });
    const steps = [...train.explain().matchAll(/: (\d+) steps/g)].map(([, count]) => Number(count));
    expect(steps).toHaveLength(2);
    expect(steps[1]).toBe(steps[0]);
  });
});
