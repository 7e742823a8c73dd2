/** What the surrogates made of networks share: standardised data, a trained network, its outputs. */

import type { Rng } from '@skein/core';
import { fit, mlp, squaredError, tf, useBackend } from '@skein/nn';
import { type Inputs, type Points, toPoints, toTargets } from '../linalg/points.ts';

export interface NetworkOptions {
  /** Units of the hidden layers. */
  readonly hidden: readonly number[];
  /** Activation of the hidden layers, by tfjs's name. Smooth ones give smooth surrogates. */
  readonly activation: 'tanh' | 'relu' | 'elu' | 'swish';
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
}

export const networkDefaults = {
  hidden: [32, 32],
  activation: 'tanh',
  epochs: 300,
  batchSize: 32,
  learningRate: 1e-2,
  seed: 0,
} as const satisfies NetworkOptions;

/** Columns with mean 0 and variance 1, and the way there for new points. */
export class Standardiser {
  readonly #mean: Float64Array;
  readonly #deviation: Float64Array;

  constructor({ data, n, d }: Points) {
    const column = (j: number): number[] => Array.from({ length: n }, (_, i) => data[i * d + j]!);
    this.#mean = Float64Array.from({ length: d }, (_, j) => column(j).reduce((a, b) => a + b, 0) / n);
    this.#deviation = Float64Array.from({ length: d }, (_, j) => {
      const variance = column(j).reduce((sum, v) => sum + (v - this.#mean[j]!) ** 2, 0) / n;
      return Math.sqrt(variance) || 1;
    });
  }

  /** Standardised values, single precision. */
  apply({ data, d }: Points): Float32Array {
    return Float32Array.from(data, (v, k) => (v - this.#mean[k % d]!) / this.#deviation[k % d]!);
  }

  mean(column = 0): number {
    return this.#mean[column]!;
  }

  deviation(column = 0): number {
    return this.#deviation[column]!;
  }
}

/** Checked training data, standardised. */
export interface Prepared {
  readonly inputs: Standardiser;
  readonly outputs: Standardiser;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly n: number;
  readonly d: number;
}

/** Throws `SHAPE` or `INPUT` for data that do not fit, naming rows. */
export function prepare(x: Inputs, y: ArrayLike<number>): Prepared {
  const points = toPoints(x, 'X');
  const { n, d } = points;
  const targets = { data: toTargets(y, 'y', n), n, d: 1 };
  const [inputs, outputs] = [new Standardiser(points), new Standardiser(targets)];
  return { inputs, outputs, x: inputs.apply(points), y: outputs.apply(targets), n, d };
}

/** A network of one output, trained on rows of the data (which may repeat). */
export async function trained(
  { x, y, d }: Prepared,
  rows: readonly number[],
  options: NetworkOptions,
  rng: Rng,
): Promise<tf.LayersModel> {
  await useBackend('auto');
  const { hidden, activation, epochs, batchSize, learningRate } = options;
  const model = mlp({ inputs: d, hidden: [...hidden], outputs: 1, activation, rng: rng.split('weights') });
  const chosen = Float32Array.from({ length: rows.length * d }, (_, k) => x[rows[Math.floor(k / d)]! * d + (k % d)]!);
  await fit(
    model,
    {
      x: { data: chosen, shape: [rows.length, d] },
      y: { data: Float32Array.from(rows, (i) => y[i]!), shape: [rows.length] },
    },
    {
      loss: squaredError,
      epochs,
      batchSize: Math.min(batchSize, rows.length),
      optimizer: tf.train.adam(learningRate),
      rng: rng.split('order'),
      schedule: (step) => learningRate * coolingAt(step, epochs * Math.ceil(rows.length / batchSize)),
    },
  );
  return model;
}

/** A cosine from 1 to 0 over the second half of the steps. */
const coolingAt = (step: number, steps: number): number =>
  0.5 * (1 + Math.cos(Math.PI * Math.max(0, Math.min(1, (2 * step) / steps - 1))));

/** Outputs of a model at rows of d standardised numbers, row-major. */
export function outputsOf(model: tf.LayersModel, rows: Float32Array, d: number): Float32Array {
  return tf
    .tidy(() => {
      const result = model.predict(tf.tensor2d(rows, [rows.length / d, d])) as tf.Tensor;
      return result.dataSync() as Float32Array;
    })
    .slice();
}
