/**
 * A Bayesian neural network whose last layer alone is Bayesian: a network is trained, and Bayesian linear regression on its
 * last hidden layer, with variances of maximal evidence, gives exact uncertainties in time linear in the data (Snoek et
 * al., "Scalable Bayesian optimization using deep neural networks", ICML 2015: DNGO).
 */

import { createRng, SkeinError } from '@skein/core';
import { tf } from '@skein/nn';
import type { Prediction } from '../gp/posterior.ts';
import { type Inputs, toPoints } from '../linalg/points.ts';
import { BayesianLinearRegression } from '../linear/bayesian-linear.ts';
import { mostEvidentVariances } from '../linear/evidence.ts';
import type { Regressor } from '../regressor.ts';
import { type NetworkOptions, networkDefaults, outputsOf, type Prepared, prepare, trained } from './regression.ts';

interface Trained {
  readonly data: Prepared;
  readonly model: tf.LayersModel;
  /** Its part from standardised inputs to the last hidden layer. */
  readonly basis: tf.LayersModel;
  readonly units: number;
  readonly regression: BayesianLinearRegression;
}

/** A network with a Bayesian last layer over points of d numbers. `fit` comes first; `dispose` frees its memory. */
export class BayesianLastLayer implements Regressor {
  readonly options: NetworkOptions;
  #trained: Trained | null = null;

  constructor(options: Partial<NetworkOptions> = {}) {
    this.options = { ...networkDefaults, ...options };
    if (this.options.hidden.length > 0) return;
    throw new SkeinError('CONFIG', 'hidden: expected at least one layer, got none', {
      advice: 'Without a hidden layer this is BayesianLinearRegression.',
    });
  }

  /** Trains the network and conditions its last layer. Throws `SHAPE` or `INPUT` for data that do not fit, or none. */
  fit(x: Inputs, y: ArrayLike<number>): this {
    const data = prepare(x, y);
    if (data.n === 0) throw new SkeinError('INPUT', 'X: expected at least one point, got none');
    const rows = [...Array(data.n).keys()];
    const model = trained(data, rows, this.options, createRng(this.options.seed).split('last-layer'));
    this.dispose();
    const basis = tf.model({ inputs: model.inputs, outputs: model.layers.at(-2)!.output });
    const units = this.options.hidden.at(-1)!;
    const features = featuresOf(basis, data.x, data.d, units);
    const regression = new BayesianLinearRegression(mostEvidentVariances(features, data.y)).fit(features, data.y);
    this.#trained = { data, model, basis, units, regression };
    return this;
  }

  /** Mean and variance at the points; `noise` adds the variance of outcomes around the function. */
  predict(x: Inputs, options: { readonly noise?: boolean } = {}): Prediction {
    if (this.#trained === null) {
      throw new SkeinError('INPUT', 'the network has no data yet', { advice: 'Call fit(X, y) first.' });
    }
    const { data, basis, units, regression } = this.#trained;
    const points = data.inputs.apply(toPoints(x, 'X', data.d));
    const { mean, variance } = regression.predict(featuresOf(basis, points, data.d, units), options);
    const scale = data.outputs.deviation();
    return { mean: mean.map((m) => data.outputs.mean() + scale * m), variance: variance.map((v) => scale ** 2 * v) };
  }

  /** Frees the network. */
  dispose(): void {
    this.#trained?.model.dispose();
    this.#trained = null;
  }
}

/** Outputs of the last hidden layer, a row a point. */
function featuresOf(basis: tf.LayersModel, rows: Float32Array, d: number, units: number): Float64Array[] {
  const outputs = outputsOf(basis, rows, d);
  return Array.from({ length: rows.length / d }, (_, i) =>
    Float64Array.from(outputs.subarray(i * units, (i + 1) * units)),
  );
}
