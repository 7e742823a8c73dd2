/**
 * A process whose noise depends on the input: a second process models the logarithm of the noise variance (Kersting et al.,
 * "Most likely heteroscedastic Gaussian process regression", ICML 2007).
 *
 * Notation. r_i: residual of outcome i. log r_i^2 is the log variance there plus the logarithm of a chi-square variable with
 * one degree of freedom, whose mean is `LOG_CHI` below 0.
 */

import { SkeinError } from '@skein/core';
import type { Kernel } from '../kernels/kernel.ts';
import { type Inputs, toPoints, toTargets } from '../linalg/points.ts';
import type { Regressor } from '../regressor.ts';
import type { FitOptions } from './fit.ts';
import { GaussianProcess } from './gaussian-process.ts';
import { constantMean, type MeanFunction } from './mean.ts';
import { learnedNoise } from './model.ts';
import type { Prediction } from './posterior.ts';

export interface HeteroscedasticOptions {
  /** Of the function. */
  readonly kernel: Kernel;
  /** Of the logarithm of the noise variance; its length scales say how fast the noise may change. */
  readonly noiseKernel: Kernel;
  /** Prior mean of the function; default zero. */
  readonly mean?: MeanFunction;
  /** Times that the function is fitted to the noise, and the noise to its residuals. */
  readonly rounds?: number;
}

const ROUNDS = 4;
const LOG_CHI = 1.2703628454614782;

/** A process with noise of its own at each input. `fit` comes first. */
export class HeteroscedasticGaussianProcess implements Regressor {
  readonly #options: HeteroscedasticOptions;
  #fitted: { readonly process: GaussianProcess; readonly noise: GaussianProcess } | null = null;

  constructor(options: HeteroscedasticOptions) {
    this.#options = options;
  }

  /** Fits the function and the noise in turns. Throws as `GaussianProcess.fit` does. */
  fit(x: Inputs, y: ArrayLike<number>, options: Partial<FitOptions> = {}): this {
    const { kernel, noiseKernel, mean, rounds = ROUNDS } = this.#options;
    const targets = toTargets(y, 'y', toPoints(x, 'X').n);
    const common = { kernel, ...(mean === undefined ? {} : { mean }) };
    let process = new GaussianProcess({ ...common, noise: learnedNoise() }).fit(x, y, options);
    let noise = this.#noiseOf(process, x, targets, noiseKernel, options);
    for (let round = 0; round < rounds; round++) {
      const variances = noise.predict(x).mean.map((v) => Math.exp(v));
      process = new GaussianProcess({ ...common, noise: variances }).fit(x, y, options);
      noise = this.#noiseOf(process, x, targets, noiseKernel, options);
    }
    this.#fitted = { process, noise };
    return this;
  }

  /** The process of the log noise variance, from the expected squares of the residuals. */
  #noiseOf(
    process: GaussianProcess,
    x: Inputs,
    y: Float64Array,
    kernel: Kernel,
    options: Partial<FitOptions>,
  ): GaussianProcess {
    const { mean, variance } = process.predict(x);
    const least = 1e-12 * Math.max(1e-300, y.reduce((sum, v) => sum + v * v, 0) / y.length);
    const logs = y.map((v, i) => Math.log((v - mean[i]!) ** 2 + variance[i]! + least) + LOG_CHI);
    const average = logs.reduce((a, b) => a + b, 0) / logs.length;
    return new GaussianProcess({
      kernel,
      mean: constantMean({ value: average }),
      // The variance of log chi-square is pi^2 / 2.
      noise: learnedNoise({ value: Math.PI ** 2 / 2, bounds: [0.1, 50] }),
    }).fit(x, logs, options);
  }

  #data() {
    if (this.#fitted !== null) return this.#fitted;
    throw new SkeinError('INPUT', 'the Gaussian process has no data yet', { advice: 'Call fit(X, y) first.' });
  }

  /** The process of the function, with the noise of each training point. */
  get process(): GaussianProcess {
    return this.#data().process;
  }

  /** Variance of the noise at the points. */
  noiseAt(x: Inputs): Float64Array {
    return this.#data()
      .noise.predict(x)
      .mean.map((v) => Math.exp(v));
  }

  /** Mean and variance at the points: of the function, or with `noise` of an outcome there. */
  predict(x: Inputs, options: { readonly noise?: boolean } = {}): Prediction {
    const { mean, variance } = this.#data().process.predict(x);
    if (options.noise !== true) return { mean, variance };
    const noise = this.noiseAt(x);
    return { mean, variance: variance.map((v, i) => v + noise[i]!) };
  }
}
