/**
 * Mean and variance of a stream of vectors, number by number, merged batch by batch (Chan, Golub and LeVeque,
 * "Updating formulae and a pairwise algorithm for computing sample variances", 1979). Starts at mean 0, variance 1
 * with a weight of 1e-4, as Gymnasium's wrappers do.
 */

import { Float64, SkeinError, type Static, Type } from '@skein/core';

const FIRST_WEIGHT = 1e-4;

/** Statistics as plain data. */
export const RunningStatisticsState = Type.Object({ mean: Float64, variance: Float64, count: Type.Number() });
export type RunningStatisticsState = Static<typeof RunningStatisticsState>;

export class RunningStatistics {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  #count = FIRST_WEIGHT;

  /** Of vectors of `size` numbers. */
  constructor(size: number) {
    this.mean = new Float64Array(size);
    this.variance = new Float64Array(size).fill(1);
  }

  /** Takes in `rows` vectors, [rows, size]. */
  update(batch: ArrayLike<number>, rows: number): void {
    if (rows === 0) return;
    const { mean, variance } = this;
    const size = mean.length;
    const total = this.#count + rows;
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += batch[row * size + i]!;
      const batchMean = sum / rows;
      let squares = 0;
      for (let row = 0; row < rows; row++) squares += (batch[row * size + i]! - batchMean) ** 2;
      const delta = batchMean - mean[i]!;
      mean[i]! += (delta * rows) / total;
      variance[i] = (variance[i]! * this.#count + squares + (delta * delta * this.#count * rows) / total) / total;
    }
    this.#count = total;
  }

  state(): RunningStatisticsState {
    return { mean: this.mean.slice(), variance: this.variance.slice(), count: this.#count };
  }

  /** Throws `CHECKPOINT` for statistics of vectors of another size. */
  restore(saved: RunningStatisticsState): void {
    if (saved.mean.length !== this.mean.length || saved.variance.length !== this.mean.length) {
      throw new SkeinError('CHECKPOINT', `statistics: expected ${this.mean.length} numbers, got ${saved.mean.length}`);
    }
    this.mean.set(saved.mean);
    this.variance.set(saved.variance);
    this.#count = saved.count;
  }
}
