/** Gaussian process regression by exact inference. */

import { createRng, parse, SkeinError, type Static, Type } from '@skein/core';
import { Matrix } from 'ml-matrix';
import type { Kernel } from '../kernels/kernel.ts';
import { choleskyFailure } from '../linalg/cholesky.ts';
import { type Inputs, type Points, toPoints, toTargets } from '../linalg/points.ts';
import type { Regressor } from '../regressor.ts';
import { coinciding, condition } from './condition.ts';
import { posteriorDraws } from './draws.ts';
import { type FitOptions, type FitReport, fitDefaults, fitModel } from './fit.ts';
import { type Factored, factorModel, likelihoodGradient, logMarginalLikelihood } from './likelihood.ts';
import { type LeaveOneOut, leaveOneOut } from './loo.ts';
import { type MeanFunction, zeroMean } from './mean.ts';
import { logPrior, type Model, type Noise, parametersOf, toNoise, withParameterValues } from './model.ts';
import { fromFitScale, type Parameter } from './parameter.ts';
import { type PointPosterior, type Prediction, pointPosterior, predict, predictJoint } from './posterior.ts';

export interface GaussianProcessOptions {
  readonly kernel: Kernel;
  /** Default zero. */
  readonly mean?: MeanFunction;
  /** Observation noise: a number is a fixed variance, an array a variance a training point, `learnedNoise()` is fitted. */
  readonly noise?: number | ArrayLike<number> | Noise;
}

const StateSchema = Type.Object({
  parameters: Type.Array(Type.Number()),
  x: Type.Array(Type.Array(Type.Number())),
  y: Type.Array(Type.Number()),
});

/** Hyperparameters and data of a process. */
export type GaussianProcessState = Static<typeof StateSchema>;

export const gaussianProcessDefaults = { noise: 1e-10 } as const;

/**
 * A process over functions of d numbers. `fit` conditions it on data (and fits its hyperparameters); every method that
 * speaks of data needs that first. In the methods, X is n rows of d numbers or an ml-matrix `Matrix`.
 */
export class GaussianProcess implements Regressor {
  #model: Model;
  #factored: Factored | null = null;
  #report: FitReport | null = null;

  constructor(options: GaussianProcessOptions) {
    this.#model = {
      kernel: options.kernel,
      mean: options.mean ?? zeroMean(),
      noise: toNoise(options.noise ?? gaussianProcessDefaults.noise),
    };
  }

  /** Kernel with its present hyperparameters. */
  get kernel(): Kernel {
    return this.#model.kernel;
  }

  /** Every hyperparameter: the kernel's, the noise's (unless known by point), the mean's. */
  get parameters(): readonly Parameter[] {
    return parametersOf(this.#model);
  }

  /** How the last fit went; null before it, and where nothing was fitted. */
  get report(): FitReport | null {
    return this.#report;
  }

  /** What was added to the diagonal of the covariance to factor it. */
  get jitter(): number {
    return this.#data().factor.jitter;
  }

  /**
   * Conditions the process on the data, after fitting every hyperparameter that is not fixed: by maximum likelihood, or
   * maximum a posteriori where parameters have priors. Throws `SHAPE` or `INPUT` for data that do not fit (naming rows),
   * `NUMERIC` if the covariance cannot be factored.
   */
  fit(x: Inputs, y: ArrayLike<number>, options: Partial<FitOptions> = {}): this {
    const points = toPoints(x, 'X');
    const targets = toTargets(y, 'y', points.n);
    this.#checkNoise(points.n);
    const settings: FitOptions = { ...fitDefaults, ...options };
    if (settings.optimise) {
      this.#report = fitModel(this.#model, points, targets, settings);
      this.#model = this.#report.model;
    }
    this.#factored = factorOrThrow(this.#model, points, targets);
    return this;
  }

  #checkNoise(n: number): void {
    const { noise } = this.#model;
    if (noise.kind === 'perPoint' && noise.variances.length !== n) {
      throw new SkeinError('SHAPE', `noise: expected ${n} variances, one a point, got ${noise.variances.length}`);
    }
  }

  #data(): Factored {
    if (this.#factored !== null) return this.#factored;
    throw new SkeinError('INPUT', 'the Gaussian process has no data yet', { advice: 'Call fit(X, y) first.' });
  }

  /** The conditioned process as plain values: what acquisition functions work on. */
  get conditioned(): Factored {
    return this.#data();
  }

  #points(x: Inputs): Points {
    return toPoints(x, 'X', this.#data().x.d);
  }

  /** Mean and variance of the latent function at the points; `noise` adds the shared observation noise to the variance. */
  predict(x: Inputs, options: { readonly noise?: boolean } = {}): Prediction {
    const prediction = predict(this.#data(), this.#points(x));
    const { noise } = this.#model;
    if (options.noise === true && noise.kind === 'shared') {
      for (let i = 0; i < prediction.variance.length; i++) prediction.variance[i]! += noise.parameter.value;
    }
    return prediction;
  }

  /** Mean [m] and full covariance [m, m] of the latent function at the points. */
  predictJoint(x: Inputs): { readonly mean: Float64Array; readonly covariance: Matrix } {
    const points = this.#points(x);
    const joint = predictJoint(this.#data(), points);
    return { mean: joint.mean, covariance: Matrix.from1DArray(points.n, points.n, joint.covariance) };
  }

  /** Functions drawn from the posterior, at the points: `count` rows of m values. */
  sample(x: Inputs, options: { readonly count: number; readonly seed: number }): Float64Array[] {
    const points = this.#points(x);
    const rng = createRng(options.seed).split('posterior-samples');
    const normals = Array.from({ length: options.count }, () => rng.fillNormal(new Float64Array(points.n)));
    return posteriorDraws(this.#data(), points, normals);
  }

  /** Mean, variance and their derivatives by the input, at one point [d]. */
  gradientAt(x: ArrayLike<number>): PointPosterior {
    return pointPosterior(this.#data())(this.#points([x]).data);
  }

  /** The process conditioned on more data, with the same hyperparameters, in O(n^2) a point. This one is unchanged. */
  condition(x: Inputs, y: ArrayLike<number>): GaussianProcess {
    const added = this.#points(x);
    return GaussianProcess.#of(condition(this.#data(), added, toTargets(y, 'y', added.n)));
  }

  static #of(factored: Factored): GaussianProcess {
    const process = new GaussianProcess(factored.model);
    process.#factored = factored;
    return process;
  }

  /** log p(y | X) with the present hyperparameters. */
  logMarginalLikelihood(): number {
    return logMarginalLikelihood(this.#data());
  }

  /** log p(y | X) plus the log prior densities of the fitted hyperparameters. */
  logPosterior(): number {
    return this.logMarginalLikelihood() + logPrior(this.parameters);
  }

  /**
   * log p(y | X) and its gradient with other hyperparameters: `theta` in the order of `parameters`, on the scale of the
   * fit (logarithms of positive parameters; default the present ones).
   */
  logMarginalLikelihoodAt(theta?: ArrayLike<number>): { readonly value: number; readonly gradient: Float64Array } {
    const { x, y } = this.#data();
    const values = theta === undefined ? null : this.parameters.map((p, i) => fromFitScale(p, theta[i]!));
    const model = values === null ? this.#model : withParameterValues(this.#model, values);
    const factored = factorOrThrow(model, x, y);
    return { value: logMarginalLikelihood(factored), gradient: likelihoodGradient(factored) };
  }

  /** The fitted process as plain data; `restore` on a process of the same kernel, mean and noise continues from it. */
  state(): GaussianProcessState {
    const { x, y } = this.#data();
    const rows = Array.from({ length: x.n }, (_, i) => [...x.data.subarray(i * x.d, (i + 1) * x.d)]);
    return { parameters: this.parameters.map((p) => p.value), x: rows, y: [...y] };
  }

  /** Takes hyperparameters and data from `state()`, without fitting. Throws `CHECKPOINT` if they do not fit the model. */
  restore(state: unknown): this {
    const { parameters, x, y } = parse(StateSchema, state, { what: 'process state', code: 'CHECKPOINT' });
    if (parameters.length !== this.parameters.length) {
      const expected = `expected ${this.parameters.length} parameters, got ${parameters.length}`;
      throw new SkeinError('CHECKPOINT', `process state: ${expected}`);
    }
    this.#model = withParameterValues(this.#model, parameters);
    return this.fit(x, y, { optimise: false });
  }

  /** Each training target predicted from the others, in closed form. */
  leaveOneOut(): LeaveOneOut {
    return leaveOneOut(this.#data());
  }
}

function factorOrThrow(model: Model, x: Points, y: Float64Array): Factored {
  const factored = factorModel(model, x, y);
  if ('alpha' in factored) return factored;
  throw choleskyFailure(factored, `covariance of the data${coinciding(x)}`);
}
