/** Why a loss is not finite. */

import { SkeinError } from '@skein/core';
import type { ArrayInput } from '../compile/compile.ts';
import type { Batch } from './data.ts';
import type { Ports } from './ports.ts';

/** Where a loss went wrong. */
export interface Divergence {
  readonly loss: number;
  /** Of the batch before; null at the first. */
  readonly lossBefore: number | null;
  readonly learningRate: number;
  readonly epoch: number;
  readonly batch: number;
  readonly step: number;
}

/** The error that ends a run whose loss is not finite: it names the number in the data, or says that the weights overflowed. */
export function diverged(where: Divergence, batch: Batch, { inputs, outputs }: Ports): SkeinError {
  const { loss, lossBefore, learningRate, epoch, batch: number, step } = where;
  const culprits = [
    ...batch.x.map((array, i) => firstProblem(`x of ${inputs[i]!.name}`, array)),
    ...batch.y.map((array, i) => firstProblem(`y of ${outputs[i]!.name}`, array)),
    ...batch.weights.map((data, i) => firstProblem(`weights of ${outputs[i]!.name}`, { data, shape: [data.length] })),
  ];
  const culprit = culprits.find((problem) => problem !== null);
  const before = lossBefore === null ? 'it is the first' : `the loss before it was ${lossBefore}`;
  const why = culprit ?? `the data of the batch is finite, ${before}, the learning rate ${learningRate}`;
  return new SkeinError(
    'NUMERIC',
    `fit: epoch ${epoch + 1}, batch ${number + 1}: expected a finite loss, got ${loss}: ${why}`,
    {
      details: { epoch, batch: number, step, loss, lossBefore, learningRate },
      advice:
        culprit === undefined
          ? 'lower the learning rate, bound the gradients with clipNorm, or start from smaller weights; the weights are lost, so continue from a checkpoint'
          : 'remove or replace numbers that are not finite before training',
    },
  );
}

function firstProblem(name: string, { data, shape }: ArrayInput): string | null {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return null;
  const width = data.length / shape[0]!;
  return `${name} has ${data[at]} in sample ${Math.floor(at / width)} of the batch`;
}
