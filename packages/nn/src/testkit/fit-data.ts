/** Data and models for tests of training. */

import { createRng } from '@skein/core';
import { mlp, type Samples, tf } from '../index.ts';

/** y = sin(3 x) with noise that grows with |x|. */
export function wave(count: number, seed: number): Samples {
  const rng = createRng(seed);
  const x = rng.fillUniform(new Float32Array(count), -1, 1);
  const y = x.map((value) => Math.sin(3 * value) + Math.abs(value) * 0.3 * rng.normal());
  return { x: { data: x, shape: [count, 1] }, y: { data: y, shape: [count] } };
}

/** Three clouds of points; class k around (cos, sin)(2 pi k / 3). */
export function clouds(count: number, seed: number): Samples {
  const rng = createRng(seed);
  const [x, y] = [new Float32Array(2 * count), new Float32Array(count)];
  for (let i = 0; i < count; i++) {
    y[i] = i % 3;
    const angle = (2 * Math.PI * y[i]!) / 3;
    x.set([Math.cos(angle) + 0.3 * rng.normal(), Math.sin(angle) + 0.3 * rng.normal()], 2 * i);
  }
  return { x: { data: x, shape: [count, 2] }, y: { data: y, shape: [count] } };
}

/** A network with one hidden layer. */
export const small = (inputs: number, outputs: number) =>
  mlp({ inputs, hidden: [16], outputs, activation: 'tanh', rng: createRng(1) });

/** One weight at zero without bias: its gradient can be followed by hand. */
export function line(): tf.LayersModel {
  const layer = tf.layers.dense({ units: 1, useBias: false, kernelInitializer: 'zeros', inputShape: [1] });
  return tf.sequential({ layers: [layer] });
}

/** Numbers as one column. */
export const column = (values: readonly number[]) => ({ data: Float32Array.from(values), shape: [values.length, 1] });
