/** What the surrogates made of networks share: standardised data, a trained network, its outputs. */

import { type Rng, SkeinError } from '@skein/core';
import { type Compiled, compile, mlp, setLearningRate, squaredError, tf } from '@skein/nn';
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

/**
 * A network of one output, trained on rows of the data (which may repeat) with Adam. It does not wait between steps as `fit`
 * does: the suggestions of a study are made at once. Throws `NUMERIC` when the loss is not finite.
 */
export function trained(data: Prepared, rows: readonly number[], options: NetworkOptions, rng: Rng): tf.LayersModel {
  const { hidden, activation } = options;
  const model = mlp({ inputs: data.d, hidden: [...hidden], outputs: 1, activation, rng: rng.split('weights') });
  const loss = train(model, data, rows, options, rng.split('order'));
  if (Number.isFinite(loss)) return model;
  model.dispose();
  throw new SkeinError('NUMERIC', `networks: expected a finite loss, got ${loss}`, { advice: 'Lower learningRate.' });
}

/** All epochs, each in an order of its own; gives the loss before the last step. */
function train(
  model: tf.LayersModel,
  { x, y, d }: Prepared,
  rows: readonly number[],
  options: NetworkOptions,
  order: Rng,
): number {
  const { epochs, learningRate } = options;
  const batchSize = Math.min(options.batchSize, rows.length);
  const steps = epochs * Math.ceil(rows.length / batchSize);
  const optimizer = tf.train.adam(learningRate);
  const step = compiledStep(model, optimizer);
  for (const n of [batchSize, rows.length % batchSize]) if (n > 0) step.prepare({ shape: [n, d] }, { shape: [n, 1] });
  const loss = new Float32Array(1);
  let taken = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const shuffled = order.split(epoch).shuffle([...rows]);
    for (let from = 0; from < rows.length; from += batchSize) {
      const batch = shuffled.slice(from, from + batchSize);
      setLearningRate(optimizer, learningRate * coolingAt(taken++, steps));
      step.run([rowsOf(x, d, batch), rowsOf(y, 1, batch)], [loss]);
    }
  }
  step.dispose();
  optimizer.dispose();
  return loss[0]!;
}

/** A step on inputs and targets of a batch; gives the mean squared error before it. */
function compiledStep(model: tf.LayersModel, optimizer: tf.Optimizer): Compiled<[tf.Tensor, tf.Tensor], tf.Tensor> {
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  return compile((x: tf.Tensor, y: tf.Tensor) => {
    const error = (): tf.Scalar => tf.mean(squaredError(model.apply(x, { training: true }) as tf.Tensor, y));
    return optimizer.minimize(error, true, variables) as tf.Tensor;
  });
}

/** Rows of d numbers, in this order. */
const rowsOf = (data: Float32Array, d: number, rows: readonly number[]): Float32Array =>
  Float32Array.from({ length: rows.length * d }, (_, k) => data[rows[Math.floor(k / d)]! * d + (k % d)]!);

/** A cosine from 1 to 0 over the second half of the steps. */
const coolingAt = (step: number, steps: number): number =>
  0.5 * (1 + Math.cos(Math.PI * Math.max(0, Math.min(1, (2 * step) / steps - 1))));

/** Outputs of a model at rows of d standardised numbers, row-major. */
export function outputsOf(model: tf.LayersModel, rows: Float32Array, d: number): Float32Array {
  return tf
    .tidy(() => {
      const n = rows.length / d;
      const result = model.predict(tf.tensor2d(rows, [n, d]), { batchSize: n }) as tf.Tensor;
      return result.dataSync() as Float32Array;
    })
    .slice();
}
