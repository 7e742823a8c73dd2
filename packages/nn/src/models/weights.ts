/** Weights of models as plain numbers, for publishing and checkpoints. */

import { SkeinError } from '@skein/core';
import { type Tensor, tensor, tidy, util } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** Copies of all weights of a model (trainable or not), in the order of `model.weights`. */
export function modelWeights(model: LayersModel): Float32Array[] {
  return model.weights.map((weight) => Float32Array.from(weight.read().dataSync()));
}

/** Numbers of each weight, in order: what `setModelWeights` expects. */
export function weightSizes(model: LayersModel): number[] {
  return model.weights.map(({ shape }) => util.sizeFromShape(shape as number[]));
}

/**
 * Sets the weights of a model, except where null stands for one. Compiled functions see the new values; the variables stay
 * the same. Throws `SHAPE` when the number of arrays or one of their lengths does not fit.
 */
export function setModelWeights(model: LayersModel, weights: readonly (ArrayLike<number> | null)[]): void {
  const sizes = weightSizes(model);
  const lengths = weights.map((values, i) => values?.length ?? sizes[i]!);
  if (!util.arraysEqual(sizes, lengths)) {
    throw new SkeinError('SHAPE', `model weights: expected arrays of [${sizes}] numbers, got [${lengths}]`, {
      details: { expected: sizes, found: lengths },
      advice: 'the weights come from another architecture: build the model with the same layers and sizes',
    });
  }
  tidy(() => {
    for (const [i, weight] of model.weights.entries()) {
      const values = weights[i]!;
      if (values === null) continue;
      const { shape, dtype } = weight.read() as Tensor;
      weight.write(tensor(Float32Array.from(values), shape, dtype));
    }
  });
}

/** Copies the weights of one model into another of the same architecture, as a target network is updated. */
export function copyWeights(from: LayersModel, to: LayersModel): void {
  setModelWeights(to, modelWeights(from));
}
