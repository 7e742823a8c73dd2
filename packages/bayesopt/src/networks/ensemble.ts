/**
 * A bootstrap ensemble of networks: each is trained on a resample of the data from weights of its own, and their spread is
 * the uncertainty (Breiman 1996; Lakshminarayanan, Pritzel and Blundell, "Simple and scalable predictive uncertainty
 * estimation using deep ensembles", NeurIPS 2017).
 */

import { createRng, SkeinError } from '@skein/core';
import type { tf } from '@skein/nn';
import type { Prediction } from '../gp/posterior.ts';
import { type Inputs, toPoints } from '../linalg/points.ts';
import type { Regressor } from '../regressor.ts';
import { type NetworkOptions, networkDefaults, outputsOf, type Prepared, prepare, trained } from './regression.ts';

export interface EnsembleOptions extends NetworkOptions {
  /** Networks. */
  readonly members: number;
  /** Each is trained on as many points as there are, drawn with replacement; false trains all on the data itself. */
  readonly bootstrap: boolean;
}

export const ensembleDefaults = { ...networkDefaults, members: 8, bootstrap: true } as const satisfies EnsembleOptions;

interface Trained {
  readonly data: Prepared;
  readonly models: readonly tf.LayersModel[];
  /** Variance of outcomes around the ensemble, on the standardised scale. */
  readonly noise: number;
}

/** An ensemble over points of d numbers. `fit` comes first; `dispose` frees the networks' memory. */
export class NetworkEnsemble implements Regressor {
  readonly options: EnsembleOptions;
  #trained: Trained | null = null;

  constructor(options: Partial<EnsembleOptions> = {}) {
    this.options = { ...ensembleDefaults, ...options };
  }

  /** Trains the networks. Throws `SHAPE` or `INPUT` for data that do not fit, or none. */
  fit(x: Inputs, y: ArrayLike<number>): this {
    const { members, bootstrap, seed } = this.options;
    const data = prepare(x, y);
    if (data.n === 0) throw new SkeinError('INPUT', 'X: expected at least one point, got none');
    const rng = createRng(seed).split('ensemble');
    const models: tf.LayersModel[] = [];
    const left: boolean[][] = [];
    for (let k = 0; k < members; k++) {
      const stream = rng.split(k);
      const rows = Array.from({ length: data.n }, (_, i) => (bootstrap ? stream.integer(data.n) : i));
      const used = new Set(rows);
      left.push(Array.from({ length: data.n }, (_, i) => !used.has(i)));
      models.push(trained(data, rows, this.options, stream.split('training')));
    }
    this.dispose();
    this.#trained = { data, models, noise: noiseOf(data, models, left) };
    return this;
  }

  /**
   * Mean and variance at the points. The variance is epistemic (the networks' disagreement); `noise` adds the aleatory part
   * (of outcomes around them), which is measured on the points that each network did not see.
   */
  predict(x: Inputs, options: { readonly noise?: boolean } = {}): Prediction {
    if (this.#trained === null) {
      throw new SkeinError('INPUT', 'the ensemble has no data yet', { advice: 'Call fit(X, y) first.' });
    }
    const { data, models, noise } = this.#trained;
    const points = data.inputs.apply(toPoints(x, 'X', data.d));
    const outputs = models.map((model) => outputsOf(model, points, data.d));
    const scale = data.outputs.deviation();
    const aleatory = options.noise === true ? noise : 0;
    const mean = Float64Array.from(
      outputs[0]!,
      (_, i) => outputs.reduce((sum, row) => sum + row[i]!, 0) / models.length,
    );
    return {
      variance: mean.map((m, i) => {
        const spread = outputs.reduce((sum, row) => sum + (row[i]! - m) ** 2, 0) / Math.max(1, models.length - 1);
        return scale ** 2 * (spread + aleatory);
      }),
      mean: mean.map((m) => data.outputs.mean() + scale * m),
    };
  }

  /** Frees the networks. */
  dispose(): void {
    for (const model of this.#trained?.models ?? []) model.dispose();
    this.#trained = null;
  }
}

/** Mean squared error of the networks on points that they did not see, less the spread of those networks. */
function noiseOf(
  { x, y, d }: Prepared,
  models: readonly tf.LayersModel[],
  left: readonly (readonly boolean[])[],
): number {
  const outputs = models.map((model) => outputsOf(model, x, d));
  let [total, count] = [0, 0];
  y.forEach((target, i) => {
    const unseen = outputs.filter((_, k) => left[k]![i]).map((row) => row[i]!);
    if (unseen.length < 2) return;
    const mean = unseen.reduce((a, b) => a + b) / unseen.length;
    const spread = unseen.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (unseen.length - 1);
    total += (target - mean) ** 2 - spread / unseen.length;
    count++;
  });
  return count === 0 ? 0 : Math.max(0, total / count);
}
