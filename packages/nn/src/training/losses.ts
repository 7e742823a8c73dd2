/** Losses and metrics of each sample, so that `fit` can weigh them: `[batch, columns]` twice -> `[batch]`. */

import {
  abs,
  add,
  argMax,
  cast,
  equal,
  mean,
  mul,
  reshape,
  softplus,
  squaredDifference,
  sub,
  type Tensor,
  type Tensor1D,
  tidy,
} from '@tensorflow/tfjs-core';

/** A loss or metric: prediction and target of a batch -> one number for each sample, `[batch]`. */
export type SampleLoss = (prediction: Tensor, y: Tensor) => Tensor1D;

/** The mean over everything but the batch. */
function overSample(elements: Tensor): Tensor1D {
  return mean(reshape(elements, [elements.shape[0]!, -1]), 1);
}

/** Mean of squared differences over a sample's columns. */
export const squaredError: SampleLoss = (prediction, y) => tidy(() => overSample(squaredDifference(prediction, y)));

/** Mean of absolute differences over a sample's columns. */
export const absoluteError: SampleLoss = (prediction, y) => tidy(() => overSample(abs(sub(prediction, y))));

/** Mean of log cosh(difference): half a square when it is small, its size less log 2 when it is large. */
export const logCosh: SampleLoss = (prediction, y) =>
  tidy(() => {
    const size = abs(sub(prediction, y));
    return overSample(sub(add(size, softplus(mul(size, -2))), Math.LN2));
  });

/** 1 where the largest logit or probability is that of the class number in the target's one column, else 0. */
export const classAccuracy: SampleLoss = (prediction, y) =>
  tidy(() => cast(equal(argMax(prediction, 1), cast(reshape(y, [-1]), 'int32')), 'float32') as Tensor1D);
