/** One optimiser step on a batch. */

import { add, mul, type Scalar, type Tensor, type Variable, variableGrads } from '@tensorflow/tfjs-core';
import type { BatchTensors } from './batch-function.ts';
import { boundGradients, type GradientBounds } from './gradients.ts';
import { type OutputObjective, predictBatch, weightedMean } from './objective.ts';
import type { Trained } from './state.ts';

/** A function that takes one step and gives the loss before it. */
export function trainingStep(
  { model, variables, optimizer }: Trained,
  objectives: readonly OutputObjective[],
  bounds: GradientBounds,
) {
  const all = [...model.trainableWeights.map((weight) => weight.read() as Variable), ...variables];
  return ({ x, y, weights }: BatchTensors): Tensor => {
    const objective = (): Scalar => {
      const predictions = predictBatch(model, x, true);
      const losses = objectives.map(({ loss, weight }, i) => {
        const mean = weightedMean(loss(predictions[i]!, y[i]!), weights[i]!);
        return weight === 1 ? mean : mul(mean, weight);
      });
      return [...losses, ...model.calculateLosses()].reduce((total, part) => add(total, part)) as Scalar;
    };
    const { value, grads } = variableGrads(objective, all);
    optimizer.applyGradients(boundGradients(grads, bounds));
    return value;
  };
}
