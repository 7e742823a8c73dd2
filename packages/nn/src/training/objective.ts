/** What is minimised and measured at each output of a model. */

import { SkeinError } from '@skein/core';
import { mul, sum, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkTargets, type Head } from '../heads/head.ts';
import type { Batch } from './data.ts';
import type { SampleLoss } from './losses.ts';
import { type Each, forAllPorts, forEachPort, type Port } from './ports.ts';

/** A loss of each sample, or a head, whose negative log-likelihood it is then. */
export type Loss = SampleLoss | Head;

/** Metrics by name: numbers of each sample that are averaged. */
export type Metrics = Readonly<Record<string, SampleLoss>>;

/** Losses and metrics: one for all outputs of the model, or one for each. */
export interface Measures {
  readonly loss: Each<Loss>;
  /** Factors of the outputs' losses in their sum, 1 where none is given. */
  readonly lossWeights?: Each<number>;
  readonly metrics?: Each<Metrics>;
}

/** What one output is for. */
export interface OutputObjective {
  readonly name: string;
  readonly head: Head | null;
  readonly loss: SampleLoss;
  readonly weight: number;
  readonly metrics: readonly (readonly [string, SampleLoss])[];
}

const isLoss = (value: Each<Loss>): value is Loss => typeof value === 'function' || 'negativeLogLikelihood' in value;

const isNumber = (value: Each<number>): value is number => typeof value === 'number';

const isMetrics = (value: Each<Metrics>): value is Metrics =>
  !Array.isArray(value) && Object.values(value).every((item) => typeof item === 'function');

/** The objective of each output. Throws `INPUT` for lists and names that do not fit, `CONFIG` for weights that are not numbers. */
export function objectivesOf(outputs: readonly Port[], { loss, lossWeights, metrics }: Measures): OutputObjective[] {
  const losses = forAllPorts('loss', loss, outputs, isLoss);
  const weights = forEachPort('lossWeights', lossWeights, outputs, isNumber);
  const measured = forEachPort('metrics', metrics, outputs, isMetrics);
  return outputs.map(({ name }, i) => {
    const { value } = losses[i]!;
    const head = typeof value === 'function' ? null : value;
    const { path, value: weight = 1 } = weights[i]!;
    if (!Number.isFinite(weight)) throw new SkeinError('CONFIG', `${path}: expected a finite number, got ${weight}`);
    const own = typeof value === 'function' ? value : (p: Tensor, y: Tensor) => value.negativeLogLikelihood(p, y);
    return { name, head, loss: own, weight, metrics: Object.entries(measured[i]!.value ?? {}) };
  });
}

/** The outputs of a model for a batch. */
export function predictBatch(model: LayersModel, x: readonly Tensor[], training: boolean): Tensor[] {
  return [model.apply(x.length === 1 ? x[0]! : [...x], { training })].flat() as Tensor[];
}

/** Throws `SHAPE` or `INPUT` where a batch has targets that a head cannot explain. */
export function checkBatch(objectives: readonly OutputObjective[], { y }: Batch): void {
  for (const [i, { name, head }] of objectives.entries()) {
    if (head === null) continue;
    const { shape, data } = y[i]!;
    const what = objectives.length === 1 ? 'targets' : `targets of ${name}`;
    if (shape.length !== 2 || shape[1] !== head.targets) {
      throw new SkeinError('SHAPE', `${what}: expected shape [batch, ${head.targets}], got [${shape.join(', ')}]`);
    }
    checkTargets(head, data, what);
  }
}

/** Losses of each sample as one number: their weighted sum over the batch, divided by its size. */
export function weightedMean(losses: Tensor1D, weights: Tensor): Tensor {
  return mul(sum(mul(losses, weights)), 1 / losses.shape[0]);
}
