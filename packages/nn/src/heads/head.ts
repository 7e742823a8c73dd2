/**
 * Probabilistic heads: a model gives the parameters of a distribution over targets, and training minimises the negative
 * log-likelihood of the observed ones. A head is that distribution: it says how many numbers it wants from the model and
 * what they mean.
 */

import { SkeinError } from '@skein/core';
import type { Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';

/** A distribution whose parameters are a row of a model's output. */
export interface Head {
  /** Numbers that the model gives for each sample: units of its last layer, which is linear. */
  readonly parameters: number;
  /** Columns of the targets. */
  readonly targets: number;
  /** Learned numbers that depend on no input; they are trained with the model's weights. */
  readonly variables: readonly Variable[];
  /** -log P(y | parameters) of each sample in nats: `[batch, parameters]`, `[batch, targets]` -> `[batch]`. */
  negativeLogLikelihood(parameters: Tensor, y: Tensor): Tensor1D;
  /** The distributions' named statistics (mean, sigma, probability, ...), each `[batch, columns]`. */
  describe(parameters: Tensor): Readonly<Record<string, Tensor>>;
  /** The most probable target of each sample, `[batch, targets]`. */
  mode(parameters: Tensor): Tensor;
}

/** Throws `SHAPE` unless the rows have the columns that a head expects. */
export function checkColumns(what: string, x: Tensor, columns: number): void {
  if (x.rank === 2 && x.shape[1] === columns) return;
  throw new SkeinError('SHAPE', `${what}: expected shape [batch, ${columns}], got [${x.shape}]`, {
    details: { what, columns, shape: [...x.shape] },
    advice: 'the last layer of the model has `head.parameters` linear units, the targets `head.targets` columns',
  });
}

/** Throws `CONFIG` unless the value is a positive integer. */
export function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new SkeinError('CONFIG', `${name}: expected a positive integer, got ${value}`);
}
