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
  /** What a number of this column of the targets should be, where it does not fit; null where it does. */
  targetProblem(column: number, value: number): string | null;
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

/** Throws `INPUT` where a target (rows of `head.targets` numbers) is none that the head can explain. `what` names them. */
export function checkTargets({ targets, targetProblem }: Head, y: ArrayLike<number>, what: string): void {
  for (let i = 0; i < y.length; i++) {
    const expected = targetProblem(i % targets, y[i]!);
    if (expected === null) continue;
    const [row, column] = [Math.floor(i / targets), i % targets];
    throw new SkeinError('INPUT', `${what}: row ${row}, column ${column}: expected ${expected}, got ${y[i]}`, {
      details: { what, row, column, value: y[i]! },
    });
  }
}

/** What a probability should be, where the value is none. */
export function probabilityProblem(value: number): string | null {
  return value >= 0 && value <= 1 ? null : 'a number in [0, 1]';
}

/** Throws `CONFIG` unless the value is a positive integer. */
export function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new SkeinError('CONFIG', `${name}: expected a positive integer, got ${value}`);
}
