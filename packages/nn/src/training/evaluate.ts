/** Losses and metrics of a model over data, compiled. */

import { SkeinError } from '@skein/core';
import { mul, stack, sum, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Compiled, compile } from '../compile/compile.ts';
import type { NumberArray } from '../compile/plan.ts';
import { checkTargets, type Head } from '../heads/head.ts';
import { type Batch, batches, type Data } from './data.ts';
import type { SampleLoss } from './losses.ts';

/** x, y and weights of a batch. */
type BatchTensors = readonly [Tensor, Tensor, Tensor];

/** The loss of each sample that a head or loss means. */
export function sampleLoss(loss: SampleLoss | Head): SampleLoss {
  return typeof loss === 'function' ? loss : (prediction, y) => loss.negativeLogLikelihood(prediction, y);
}

/** Throws `INPUT` where a batch has targets that a head cannot explain. */
export function checkBatch(loss: SampleLoss | Head, { y }: Batch): void {
  // Another width is told with its shape when the batch runs.
  if (typeof loss !== 'function' && y.shape[1] === loss.targets) checkTargets(loss, y.data);
}

/** The one output of a model for a batch. */
export function predictBatch(model: LayersModel, x: Tensor, training: boolean): Tensor {
  const output = model.apply(x, { training });
  if (!Array.isArray(output)) return output as Tensor;
  throw new SkeinError('CONFIG', `model: expected one output, got ${output.length}`, {
    advice: 'join the outputs with tf.layers.concatenate and use independentHeads',
  });
}

/** A function on batches, compiled once for each of their shapes. */
export class BatchFunction {
  private readonly compiled: Compiled<BatchTensors, Tensor>;
  private readonly known = new Set<string>();
  private readonly result: Float32Array;

  /** `results` is how many numbers the function returns. */
  constructor(fn: (x: Tensor, y: Tensor, weights: Tensor) => Tensor, results: number) {
    this.compiled = compile<BatchTensors, Tensor>(fn);
    this.result = new Float32Array(results);
  }

  /** The function's numbers; the array is used again by the next call. */
  run({ x, y, weights }: Batch): Float32Array {
    const key = `${x.shape}|${y.shape}`;
    if (!this.known.has(key)) {
      const specs = [x, y].map(({ data, shape }) => ({ shape, dtype: dtypeOf(data) }));
      this.compiled.prepare(...specs, { shape: [weights.length] });
      this.known.add(key);
    }
    this.compiled.run([x.data, y.data, weights], [this.result]);
    return this.result;
  }

  dispose(): void {
    this.compiled.dispose();
  }
}

function dtypeOf(data: NumberArray): 'float32' | 'int32' | 'bool' {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Int32Array ? 'int32' : 'bool';
}

export interface EvaluateOptions {
  readonly loss: SampleLoss | Head;
  readonly metrics?: Readonly<Record<string, SampleLoss>>;
  readonly batchSize?: number;
}

export const EVALUATE_DEFAULTS = { batchSize: 256 } as const satisfies Partial<EvaluateOptions>;

/** Means over samples, by their weights. */
export interface Evaluation {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Measures a model on data again and again. */
export class Evaluator {
  private readonly names: readonly string[];
  private readonly batchSize: number;
  private readonly sums: BatchFunction;
  private readonly loss: SampleLoss | Head;

  constructor(model: LayersModel, { loss, metrics = {}, batchSize }: EvaluateOptions) {
    this.names = Object.keys(metrics);
    this.loss = loss;
    this.batchSize = batchSize ?? EVALUATE_DEFAULTS.batchSize;
    const measures = [sampleLoss(loss), ...Object.values(metrics)];
    this.sums = new BatchFunction((x, y, weights) => {
      const prediction = predictBatch(model, x, false);
      return stack(measures.map((measure) => sum(mul(measure(prediction, y), weights))));
    }, measures.length);
  }

  async measure(data: Data): Promise<Evaluation> {
    const totals = new Float64Array(this.names.length + 1);
    let weight = 0;
    for await (const batch of batches(data, { batchSize: this.batchSize, order: null, skip: 0 })) {
      checkBatch(this.loss, batch);
      for (const [i, value] of this.sums.run(batch).entries()) totals[i]! += value;
      for (const own of batch.weights) weight += own;
    }
    const metrics = Object.fromEntries(this.names.map((name, i) => [name, totals[i + 1]! / weight]));
    return { loss: totals[0]! / weight, metrics };
  }

  dispose(): void {
    this.sums.dispose();
  }
}

/** Mean loss and metrics of a model over data, in inference mode and without regularisers. */
export async function evaluateModel(model: LayersModel, data: Data, options: EvaluateOptions): Promise<Evaluation> {
  const evaluator = new Evaluator(model, options);
  try {
    return await evaluator.measure(data);
  } finally {
    evaluator.dispose();
  }
}

/** Losses of each sample as one number: their weighted sum over the batch, divided by its size. */
export function weightedMean(losses: Tensor1D, weights: Tensor): Tensor {
  return mul(sum(mul(losses, weights)), 1 / losses.shape[0]);
}
