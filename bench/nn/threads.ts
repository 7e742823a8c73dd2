/** Where threads win: products and convolutions of growing size on one and on two threads, with equal bits. */

import { createRng } from '@skein/core';
import { compile, tf, useThreads } from '@skein/nn';
import { type Benchmark, compareSides, keepToCores, type Row, type Side, significant } from '../harness.ts';
import { onBackend, turns } from './sides.ts';

interface Shared {
  readonly work: string;
  readonly shapes: readonly (readonly number[])[];
  /** Multiplications. */
  readonly size: number;
  readonly fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
}

const product = (n: number): Shared => ({
  work: `product of ${n} x ${n}`,
  shapes: [
    [n, n],
    [n, n],
  ],
  size: n ** 3,
  fn: (a, b) => tf.matMul(a, b),
});

/** A convolution that keeps the size of its images. */
const convolution = (batch: number, side: number, window: number, inputs: number, filters: number): Shared => ({
  work: `convolution ${window} x ${window} of ${batch} images ${side} x ${side} x ${inputs}, ${filters} filters`,
  shapes: [
    [batch, side, side, inputs],
    [window, window, inputs, filters],
  ],
  size: batch * side ** 2 * window ** 2 * inputs * filters,
  fn: (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
});

const WORKS = [
  ...[96, 128, 192, 256, 512, 1024, 2048].map(product),
  convolution(8, 14, 5, 6, 16),
  convolution(64, 14, 5, 6, 16),
  convolution(32, 32, 3, 32, 64),
];

const noise = (seed: number, shape: readonly number[]) =>
  createRng(seed).fillNormal(new Float32Array(shape.reduce((count, n) => count * n, 1)));

/** The work on one thread and on two; throws where their results differ in a bit. */
function sidesOf({ work, shapes, fn }: Shared): Side[] {
  const inputs = shapes.map((shape, i) => noise(i, shape));
  const compiled = compile(fn, { inputs: shapes.map((shape) => ({ shape })) });
  const outputs = [1, 2].map((threads) => {
    useThreads(threads);
    return [...compiled.run(inputs)] as Float32Array[];
  });
  const [one, two] = outputs.map(([values]) => Buffer.from(values!.buffer));
  if (!one!.equals(two!)) throw new Error(`${work}: the results on one and on two threads differ`);
  return outputs.map((output, i) =>
    onBackend(`${i + 1}`, 'simd', () => {
      useThreads(i + 1);
      compiled.run(inputs, output);
    }),
  );
}

export const benchmark: Benchmark = {
  claim:
    'Two threads make large products and convolutions up to 1.8 times as fast, with the same bits; small ones stay on one, ' +
    'so that none becomes noticeably slower.',
  async run({ quick }) {
    keepToCores(2);
    await tf.setBackend('simd');
    const rows: Row[] = [];
    for (const shared of WORKS) {
      const [one, two] = await compareSides(sidesOf(shared), turns(quick));
      rows.push({
        work: shared.work,
        'million multiplications': significant(shared.size / 1e6),
        'ms on one thread': significant(one!.ms),
        'on two': significant(two!.ms),
        'fastest round on one': significant(one!.spread[0]),
        'on two threads': significant(two!.spread[0]),
        'times as fast': significant(one!.spread[0] / two!.spread[0]),
      });
    }
    return rows;
  },
};
