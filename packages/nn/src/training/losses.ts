/** Losses and metrics of each sample, so that `fit` can weigh them: `[batch, columns]` twice -> `[batch]`. */

import { SkeinError } from '@skein/core';
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
  util,
} from '@tensorflow/tfjs-core';

/** A loss or metric: prediction and target of a batch -> one number for each sample, `[batch]`. */
export type SampleLoss = (prediction: Tensor, y: Tensor) => Tensor1D;

/** A loss that is the mean of numbers over everything but the batch. Throws `SHAPE` unless both have one shape. */
function elementwise(name: string, elements: (prediction: Tensor, y: Tensor) => Tensor): SampleLoss {
  return (prediction, y) =>
    tidy(() => {
      checkTargetShape(name, util.arraysEqual(prediction.shape, y.shape), prediction.shape, y);
      return mean(reshape(elements(prediction, y), [prediction.shape[0]!, -1]), 1);
    });
}

function checkTargetShape(name: string, fits: boolean, expected: readonly number[], { shape }: Tensor): void {
  if (fits) return;
  throw new SkeinError('SHAPE', `${name}: expected targets of shape [${expected}], got [${shape}]`, {
    details: { loss: name, expected: [...expected], found: [...shape] },
    advice: 'targets have the shape of the output that they belong to',
  });
}

/** Mean of squared differences over a sample's columns. */
export const squaredError: SampleLoss = elementwise('squaredError', squaredDifference);

/** Mean of absolute differences over a sample's columns. */
export const absoluteError: SampleLoss = elementwise('absoluteError', (prediction, y) => abs(sub(prediction, y)));

/** Mean of log cosh(difference): half a square when it is small, its size less log 2 when it is large. */
export const logCosh: SampleLoss = elementwise('logCosh', (prediction, y) => {
  const size = abs(sub(prediction, y));
  return sub(add(size, softplus(mul(size, -2))), Math.LN2);
});

/** 1 where the largest logit or probability is that of the class number in the target's one column, else 0. */
export const classAccuracy: SampleLoss = (prediction, y) =>
  tidy(() => {
    checkTargetShape('classAccuracy', y.size === prediction.shape[0], [prediction.shape[0]!, 1], y);
    return cast(equal(argMax(prediction, 1), cast(reshape(y, [-1]), 'int32')), 'float32') as Tensor1D;
  });
