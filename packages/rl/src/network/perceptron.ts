/** The multilayer perceptrons of the deep algorithms. */

import type { Rng } from '@skein/core';
import { type Activation, mlp, modelWeights, setModelWeights, type tf } from '@skein/nn';

/** Shape of a perceptron. */
export interface PerceptronOptions {
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly outputs: number;
  readonly activation?: Activation;
  readonly outputActivation?: Activation;
  readonly rng: Rng;
}

/**
 * A perceptron whose kernels and biases are uniform within 1 / sqrt(fan in). Biases matter where observations are small
 * numbers, as in CartPole: with zero biases the kinks of all rectified units pass through the origin, the network cannot
 * tell a falling pole from a fallen one, and the values of both grow without bound.
 */
export function perceptron(options: PerceptronOptions): tf.LayersModel {
  const model = mlp({ ...options, rng: options.rng.split('kernels'), kernel: 'fanInUniform' });
  const weights = modelWeights(model);
  const fanIns = [options.inputs, ...options.hidden];
  for (const [layer, fanIn] of fanIns.entries()) {
    const bound = 1 / Math.sqrt(fanIn);
    // Kernel and bias of each layer follow one another.
    options.rng
      .split('biases')
      .split(layer)
      .fillUniform(weights[2 * layer + 1]!, -bound, bound);
  }
  setModelWeights(model, weights);
  return model;
}
