import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile, tf, useBackend } from './index.ts';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('simd');
});

type Options = NonNullable<Parameters<typeof tf.layers.layerNormalization>[0]>;

const CASES: readonly (readonly [string, readonly number[], Options])[] = [
  ['rows', [6, 9], {}],
  ['sequences', [2, 5, 16], { epsilon: 1e-5 }],
  ['images', [2, 3, 3, 4], {}],
  ['no scale', [4, 8], { scale: false }],
  ['no offset', [4, 8], { center: false }],
  ['neither', [4, 8], { scale: false, center: false }],
  ['one column', [5, 1], {}],
  ['another axis', [4, 6], { axis: 0 }],
  ['two axes', [3, 4, 5], { axis: [1, 2] }],
];

const numbers = (label: string, shape: readonly number[]) => {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(createRng(5).split(label).fillNormal(new Float32Array(size), 1, 2), [...shape]);
};

type Run = (fn: (x: tf.Tensor) => tf.Tensor[]) => (x: tf.Tensor) => tf.Tensor[];

const eagerly: Run = (fn) => fn;
const compiled: Run = (fn) => compile(fn);

/**
 * Output and gradients of the input and the weights, on the current backend. tfjs's own layer has no gradient without
 * its scale or offset, so `whole` gives it both, neutral where the options want none.
 */
function work(shape: readonly number[], options: Options, whole: boolean, run: Run) {
  const { scale = true, center = true } = options;
  const layer = tf.layers.layerNormalization(whole ? { ...options, scale: true, center: true } : options);
  layer.build([...shape]);
  const drawn = layer.weights.map(({ originalName, shape: size }) => {
    const wanted = originalName.endsWith('gamma') ? scale : center;
    return wanted ? numbers(originalName.slice(-4), size as number[]) : null;
  });
  layer.setWeights(drawn.map((value, i) => value ?? (layer.weights[i]!.read() as tf.Tensor)));
  const variables = layer.trainableWeights.filter((_, i) => drawn[i] !== null).map((w) => w.read() as tf.Variable);
  const weights = numbers('weights', shape);
  const fn = (input: tf.Tensor) => {
    const loss = (x: tf.Tensor) => (layer.apply(x) as tf.Tensor).mul(weights).sum() as tf.Scalar;
    const dw = variables.length === 0 ? {} : tf.variableGrads(() => loss(input), variables).grads;
    return [layer.apply(input) as tf.Tensor, tf.grad(loss)(input), ...Object.values(dw)];
  };
  return run(fn)(numbers('x', shape)).map((y) => y.dataSync() as Float32Array);
}

describe('layer normalisation', () => {
  it.each(CASES)('and its gradients are those of tfjs: %s', async (_name, shape, options) => {
    await useBackend('cpu');
    const expected = work(shape, options, true, eagerly);
    await useBackend('simd');
    for (const run of [eagerly, compiled]) {
      const actual = work(shape, options, false, run);
      expect(actual).toHaveLength(expected.length);
      for (const [i, values] of expected.entries()) expectClose(actual[i]!, values, { rtol: 1e-4, atol: 2e-5 });
    }
  });

  it('is one step forward and one backward', () => {
    const layer = tf.layers.layerNormalization();
    layer.build([4, 8]);
    const train = compile((x: tf.Tensor) => tf.grad((y: tf.Tensor) => (layer.apply(y) as tf.Tensor).square().sum())(x));
    train.prepare({ shape: [4, 8] });
    const names = [...train.explain().matchAll(/^ *\d+ +([^:]+):/gm)].map(([, name]) => name!);
    expect(names.filter((name) => name.startsWith('layerNorm'))).toEqual(['layerNorm', 'layerNormGradient']);
    expect(names.length).toBeLessThanOrEqual(3);
  });
});
