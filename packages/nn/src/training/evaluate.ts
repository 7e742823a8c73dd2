/** Losses and metrics of a model over data, compiled. */

import { mul, stack, sum } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { BatchFunction } from './batch-function.ts';
import { type Data, fetchSamples, Reader } from './data.ts';
import { checkBatch, type Measures, type OutputObjective, objectivesOf, predictBatch } from './objective.ts';
import { type Ports, portsOf } from './ports.ts';

export interface EvaluateOptions extends Measures {
  readonly batchSize?: number;
}

export const EVALUATE_DEFAULTS = { batchSize: 256 } as const satisfies Partial<EvaluateOptions>;

/** Means over samples, by their weights. */
export interface Evaluation {
  /** The outputs' losses in their weighted sum. */
  readonly loss: number;
  /** By name. With several outputs, `output.metric`, and the loss of each as `output.loss`. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Measures a model on data again and again. */
export class Evaluator {
  private readonly objectives: readonly OutputObjective[];
  private readonly ports: Ports;
  private readonly sums: BatchFunction;
  private readonly batchSize: number;

  constructor(model: LayersModel, options: EvaluateOptions) {
    this.ports = portsOf(model);
    this.objectives = objectivesOf(this.ports.outputs, options);
    this.batchSize = options.batchSize ?? EVALUATE_DEFAULTS.batchSize;
    this.sums = this.compile(model);
  }

  private compile(model: LayersModel): BatchFunction {
    const { inputs, outputs } = this.ports;
    const results = this.objectives.reduce((total, { metrics }) => total + 1 + metrics.length, 0);
    return new BatchFunction(
      ({ x, y, weights }) => {
        const predictions = predictBatch(model, x, false);
        const sums = this.objectives.flatMap(({ loss, metrics }, i) => {
          const measures = [loss, ...metrics.map(([, metric]) => metric)];
          return measures.map((measure) => sum(mul(measure(predictions[i]!, y[i]!), weights[i]!)));
        });
        return stack(sums);
      },
      inputs.length,
      outputs.length,
      results,
    );
  }

  /** `path` is what the data is called in errors. */
  async measure(data: Data, path = 'data'): Promise<Evaluation> {
    await fetchSamples(data);
    const reader = new Reader(data, { path, ports: this.ports, batchSize: this.batchSize });
    const totals = new Float64Array(this.objectives.reduce((total, { metrics }) => total + 1 + metrics.length, 0));
    const weights = new Float64Array(this.objectives.length);
    for await (const batch of reader.batches({ order: null, skip: 0 })) {
      checkBatch(this.objectives, batch);
      const sums = await this.sums.run(batch);
      for (const [i, value] of sums.entries()) totals[i]! += value;
      for (const [i, own] of batch.weights.entries()) for (const weight of own) weights[i]! += weight;
    }
    return this.means(totals, weights);
  }

  /** Sums over all samples as named means. */
  private means(totals: Float64Array, weights: Float64Array): Evaluation {
    const several = this.objectives.length > 1;
    const metrics: Record<string, number> = {};
    let [loss, at] = [0, 0];
    for (const [i, objective] of this.objectives.entries()) {
      const mean = totals[at++]! / weights[i]!;
      loss += objective.weight * mean;
      if (several) metrics[`${objective.name}.loss`] = mean;
      for (const [metric] of objective.metrics) {
        metrics[several ? `${objective.name}.${metric}` : metric] = totals[at++]! / weights[i]!;
      }
    }
    return { loss, metrics };
  }

  dispose(): void {
    this.sums.dispose();
  }
}

/** Mean losses and metrics of a model over data, in inference mode and without regularisers. Throws as `fit` does. */
export async function evaluateModel(model: LayersModel, data: Data, options: EvaluateOptions): Promise<Evaluation> {
  const evaluator = new Evaluator(model, options);
  try {
    return await evaluator.measure(data);
  } finally {
    evaluator.dispose();
  }
}
