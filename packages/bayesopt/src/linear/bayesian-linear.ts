/**
 * Bayesian linear regression with known variances (Bishop, "Pattern Recognition and Machine Learning", section 3.3).
 *
 * Notation. Phi: inputs with a leading column of ones [n, k]. w ~ N(0, v I): prior weights. s2: noise variance.
 * Posterior: precision A = I / v + Phi'Phi / s2, mean A^-1 Phi'y / s2.
 */

import { SkeinError } from '@skein/core';
import { Matrix } from 'ml-matrix';
import type { Prediction } from '../gp/posterior.ts';
import { type Cholesky, cholesky, choleskyOrThrow } from '../linalg/cholesky.ts';
import { dot } from '../linalg/dot.ts';
import { type Inputs, type Points, toPoints, toTargets } from '../linalg/points.ts';
import type { Regressor } from '../regressor.ts';

export interface BayesianLinearOptions {
  /** Prior variance of every weight, the intercept's included. */
  readonly weightVariance: number;
  /** Variance of the observation noise. */
  readonly noise: number;
}

export const bayesianLinearDefaults = { weightVariance: 100, noise: 1 } as const satisfies BayesianLinearOptions;

interface State {
  readonly mean: Float64Array;
  readonly precision: Cholesky;
  readonly d: number;
}

/** A linear model y = w0 + w . x + noise whose weights have a posterior. `fit` comes first. */
export class BayesianLinearRegression implements Regressor {
  readonly options: BayesianLinearOptions;
  #state: State | null = null;

  constructor(options: Partial<BayesianLinearOptions> = {}) {
    this.options = { ...bayesianLinearDefaults, ...options };
  }

  /** The posterior of the weights after the data. Throws `SHAPE` or `INPUT` for data that do not fit. */
  fit(x: Inputs, y: ArrayLike<number>): this {
    const points = toPoints(x, 'X');
    const targets = toTargets(y, 'y', points.n);
    const { weightVariance, noise } = this.options;
    const k = points.d + 1;
    const precision = new Float64Array(k * k);
    const projected = new Float64Array(k);
    for (let i = 0; i < k; i++) precision[i * k + i] = 1 / weightVariance;
    targets.forEach((target, row) => {
      const phi = features(points, row);
      for (let i = 0; i < k; i++) {
        projected[i]! += (phi[i]! * target) / noise;
        for (let j = 0; j <= i; j++) precision[i * k + j]! += (phi[i]! * phi[j]!) / noise;
      }
    });
    const factor = choleskyOrThrow(cholesky(precision, k), 'precision of the weights');
    this.#state = { mean: factor.solve(projected), precision: factor, d: points.d };
    return this;
  }

  #fitted(): State {
    if (this.#state !== null) return this.#state;
    throw new SkeinError('INPUT', 'the regression has no data yet', { advice: 'Call fit(X, y) first.' });
  }

  /** Posterior mean of the weights, intercept first, and their covariance. */
  weights(): { readonly mean: Float64Array; readonly covariance: Matrix } {
    const { mean, precision } = this.#fitted();
    const k = mean.length;
    const lower = precision.inverseLower();
    const covariance = new Matrix(k, k);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j <= i; j++) covariance.set(i, j, lower[i * k + j]!).set(j, i, lower[i * k + j]!);
    }
    return { mean, covariance };
  }

  /**
   * Mean and variance at the points. The variance is epistemic (of the line); `noise` adds the aleatory part (of an
   * outcome around it): the two are independent and add.
   */
  predict(x: Inputs, options: { readonly noise?: boolean } = {}): Prediction {
    const { mean, precision, d } = this.#fitted();
    const points = toPoints(x, 'X', d);
    const aleatory = options.noise === true ? this.options.noise : 0;
    const rows = Array.from({ length: points.n }, (_, row) => features(points, row));
    return {
      mean: Float64Array.from(rows, (phi) => dot(phi, 0, mean, 0, d + 1)),
      variance: Float64Array.from(rows, (phi) => {
        const solved = precision.solveLower(phi.slice());
        return dot(solved, 0, solved, 0, d + 1) + aleatory;
      }),
    };
  }
}

/** One point with its leading 1. */
function features({ data, d }: Points, row: number): Float64Array {
  const phi = new Float64Array(d + 1);
  phi[0] = 1;
  phi.set(data.subarray(row * d, (row + 1) * d), 1);
  return phi;
}
