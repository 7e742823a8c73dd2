import { createRng } from '@skein/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, tf, useBackend, useThreads } from './index.ts';

beforeAll(async () => {
  await useBackend('simd');
});

afterAll(() => useThreads(1));

const noise = (...shape: number[]) => ({
  data: createRng(7).fillNormal(new Float32Array(shape.reduce((product, n) => product * n, 1))),
  shape,
});

/** Rows, columns and inner size, all large enough to be shared: by columns, by rows, with edges of tiles, and longer than one block. */
const PRODUCTS = [
  [128, 512, 784],
  [131, 303, 277],
  [515, 33, 900],
  [60_001, 6, 25],
  [1000, 12, 1601],
  [1100, 70, 600],
] as const;

const TRANSPOSES = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

const tensor = (...shape: number[]) => tf.tensor(noise(...shape).data, shape);

/** A tensor's values as text, so that equal means equal to the bit. */
const bytes = (x: tf.Tensor) => Buffer.from(x.dataSync().buffer).toString('base64');

describe('threads', () => {
  it.each(PRODUCTS)('change no bit of a product of %i x %i, inner size %i', (m, n, k) => {
    const results = [1, 2, 3].map((threads) => {
      useThreads(threads);
      return TRANSPOSES.map(([transposeA, transposeB]) =>
        tf.tidy(() => {
          const a = tensor(...(transposeA ? [k, m] : [m, k]));
          const b = tensor(...(transposeB ? [n, k] : [k, n]));
          const options = { a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: tensor(n), transposeA, transposeB };
          return bytes(tf.fused.matMul({ ...options, activation: 'relu' }));
        }),
      );
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('change no bit of a batch of small products', () => {
    const results = [1, 2, 3].map((threads) => {
      useThreads(threads);
      return TRANSPOSES.map(([transposeA, transposeB]) =>
        tf.tidy(() => {
          const a = tensor(...(transposeA ? [37, 160, 61] : [37, 61, 160]));
          const b = tensor(...(transposeB ? [37, 50, 160] : [37, 160, 50]));
          return bytes(tf.matMul(a, b, transposeA, transposeB));
        }),
      );
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('change no bit of a convolution and its gradients', () => {
    const gradients = tf.grads((x: tf.Tensor, w: tf.Tensor) =>
      tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'))),
    );
    const [x, w] = [tensor(10, 28, 28, 6), tensor(5, 5, 6, 16)];
    const results = [1, 2, 4].map((threads) => {
      useThreads(threads);
      return gradients([x, w]).map(bytes);
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('run many products one after another', () => {
    useThreads(2);
    const square = compile((x: tf.Tensor2D) => tf.matMul(x, x), { inputs: [{ shape: [208, 208] }] });
    const a = noise(208, 208);
    const [first, next] = [new Float32Array(208 ** 2), new Float32Array(208 ** 2)];
    square.run([a.data], [first]);
    for (let i = 0; i < 500; i++) {
      square.run([a.data], [next]);
      if (i % 100 === 0) expect(next).toEqual(first);
    }
  });

  it('are refused where they make no sense', async () => {
    for (const threads of [0, 1.5, 65, Number.NaN]) expect(() => useThreads(threads)).toThrow(/expected an integer/);
    await useBackend('cpu');
    expect(() => useThreads(2)).toThrow(/simd backend/);
    await useBackend('simd');
  });
});
