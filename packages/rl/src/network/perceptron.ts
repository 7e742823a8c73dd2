/** The multilayer perceptrons of the deep algorithms. */

import type { Rng } from '@skein/core';
import { type Activation, mlp, tf } from '@skein/nn';
import { NoisyDense } from './noisy-dense.ts';

/** Shape of a perceptron. */
export interface PerceptronOptions {
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly outputs: number;
  readonly activation?: Activation;
  readonly outputActivation?: Activation;
  readonly rng: Rng;
}

/** A perceptron with weights from `drawWeights`. */
export function perceptron(options: PerceptronOptions): tf.LayersModel {
  const model = mlp(options);
  drawWeights(model, options.rng);
  return model;
}

/**
 * Draws the kernels and biases of a model's layers anew, uniform within 1 / sqrt(fan in). Biases matter where
 * observations are small numbers, as in CartPole: with zero biases the kinks of all rectified units pass through the
 * origin, the network cannot tell a falling pole from a fallen one, and the values of both grow without bound. Other
 * weights keep their values, noisy layers theirs.
 */
export function drawWeights(model: tf.LayersModel, rng: Rng): void {
  const [kernels, biases] = [rng.split('kernels'), rng.split('biases')];
  let drawn = 0;
  let at = 0;
  for (const layer of model.layers) {
    const [kernel, bias] = layer.weights;
    if (kernel !== undefined && kernel.shape.length > 1 && !(layer instanceof NoisyDense)) {
      const fanIn = kernel.shape.slice(0, -1).reduce<number>((product, n) => product * n!, 1);
      draw(kernel, kernels.split(at), fanIn);
      if (bias?.shape.length === 1) draw(bias, biases.split(drawn), fanIn);
      drawn++;
    }
    at += layer.weights.length;
  }
}

type LayerWeight = tf.LayersModel['weights'][number];

function draw(weight: LayerWeight, rng: Rng, fanIn: number): void {
  const bound = 1 / Math.sqrt(fanIn);
  const shape = weight.shape as number[];
  const values = rng.fillUniform(new Float32Array(shape.reduce((product, n) => product * n, 1)), -bound, bound);
  tf.tidy(() => {
    weight.write(tf.tensor(values, shape));
  });
}
