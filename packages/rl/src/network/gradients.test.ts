import { expectClose } from '@skein/core/testkit';
import { tf, useBackend } from '@skein/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { clipByGlobalNorm, clippedStep } from './gradients.ts';

beforeAll(async () => {
  await useBackend('simd');
});

describe('clipByGlobalNorm', () => {
  const gradients = () => ({ a: tf.tensor1d([3, 0]), b: tf.tensor1d([4]) });

  test('shortens all gradients by one factor where their common norm is longer', () => {
    const { a, b } = clipByGlobalNorm(gradients(), 1);
    expectClose([...a!.dataSync(), ...b!.dataSync()], [0.6, 0, 0.8], { rtol: 1e-5, atol: 0 });
  });

  test('leaves shorter ones as they are', () => {
    const { a, b } = clipByGlobalNorm(gradients(), 5.1);
    expect([...a!.dataSync(), ...b!.dataSync()]).toEqual([3, 0, 4]);
  });
});

test('clippedStep moves against the clipped gradient and returns the loss before', () => {
  const w = tf.variable(tf.tensor1d([3, 4]));
  const loss = clippedStep(tf.train.sgd(1), () => tf.mul(tf.sum(tf.square(w)), 0.5) as tf.Scalar, [[w]], 2.5);
  expect(loss.dataSync()[0]).toBe(12.5);
  expectClose(w.dataSync(), [1.5, 2], { rtol: 1e-5, atol: 0 });
});

test('groups of variables are bounded on their own', () => {
  const [a, b] = [tf.variable(tf.tensor1d([3, 4])), tf.variable(tf.tensor1d([0.5]))];
  const loss = () => tf.mul(tf.add(tf.sum(tf.square(a)), tf.sum(tf.square(b))), 0.5) as tf.Scalar;
  clippedStep(tf.train.sgd(1), loss, [[a], [b]], 2.5);
  expectClose([...a.dataSync(), ...b.dataSync()], [1.5, 2, 0], { rtol: 1e-5, atol: 1e-6 });
});
