/**
 * Gaussian process regression that gross errors among the outcomes move little: a Student-t likelihood, by Laplace's
 * approximation (Vanhatalo, Jylanki and Vehtari, NIPS 2009).
 */

import { SkeinError } from '@skein/core';
import type { Kernel } from '../kernels/kernel.ts';
import { type Inputs, toPoints, toTargets } from '../linalg/points.ts';
import type { Regressor } from '../regressor.ts';
import { type FitOptions, fitDefaults } from './fit.ts';
import { conditionLatent, type LaplaceMode, laplaceGradient, laplacePredict } from './laplace.ts';
import { latentParameters } from './latent.ts';
import { type MeanFunction, zeroMean } from './mean.ts';
import { type Parameter, type ParameterOptions, positiveParameter } from './parameter.ts';
import type { Prediction } from './posterior.ts';
import { studentTLikelihood } from './student-t.ts';

/** A fixed number, or one that is learned: where the fit starts, and its bounds and prior. */
export type NumberOrLearned = number | (ParameterOptions & { readonly value?: number });

export interface StudentTOptions {
  readonly kernel: Kernel;
  /** Prior mean; default zero. The search for the mode starts from it. */
  readonly mean?: MeanFunction;
  /** Of the errors' distribution: the fewer, the more gross errors are expected. Default 4; learned within [1, 1e3]. */
  readonly degreesOfFreedom?: NumberOrLearned;
  /** Size of the common errors. Default: learned, from 0.1 within [1e-3, 1e2]. */
  readonly scale?: NumberOrLearned;
}

export const studentTDefaults = { degreesOfFreedom: 4, scale: {} } as const;

/** A process with Student-t errors over functions of d numbers. `fit` comes first. */
export class StudentTGaussianProcess implements Regressor {
  readonly #kernel: Kernel;
  readonly #mean: MeanFunction;
  readonly #errors: readonly [degreesOfFreedom: Parameter, scale: Parameter];
  #mode: LaplaceMode | null = null;

  /** Throws `INPUT` unless degrees of freedom and scale are positive. */
  constructor({ kernel, mean = zeroMean(), ...given }: StudentTOptions) {
    const { degreesOfFreedom, scale } = { ...studentTDefaults, ...given };
    this.#kernel = kernel;
    this.#mean = mean;
    this.#errors = [
      parameterOf('degreesOfFreedom', degreesOfFreedom, { value: 4, bounds: [1, 1e3] }),
      parameterOf('scale', scale, { value: 0.1, bounds: [1e-3, 1e2] }),
    ];
  }

  /**
   * Fits every hyperparameter that is not fixed, by the approximate marginal likelihood and the priors, and finds the mode.
   * Throws `SHAPE` or `INPUT` for data that do not fit (naming rows), `NUMERIC` if the covariance cannot be factored.
   */
  fit(x: Inputs, y: ArrayLike<number>, options: Partial<FitOptions> = {}): this {
    const points = toPoints(x, 'X');
    const likelihood = studentTLikelihood(toTargets(y, 'y', points.n), this.#errors);
    const model = { kernel: this.#kernel, mean: this.#mean, likelihood };
    this.#mode = conditionLatent(model, points, { ...fitDefaults, ...options });
    return this;
  }

  #fitted(): LaplaceMode {
    if (this.#mode !== null) return this.#mode;
    throw new SkeinError('INPUT', 'the Gaussian process has no data yet', { advice: 'Call fit(X, y) first.' });
  }

  /** Every hyperparameter as fitted: the kernel's, `degreesOfFreedom`, `scale`, the mean's. */
  get parameters(): readonly Parameter[] {
    return latentParameters(this.#fitted().model);
  }

  /** Weight of each training outcome relative to one that the mean hits: near 0 for a gross error. */
  get weights(): Float64Array {
    const { model, slopes } = this.#fitted();
    const [nu, scale] = model.likelihood.parameters.map((p) => p.value) as [number, number];
    return slopes.safeWeights.map((w) => (w * nu * scale * scale) / (nu + 1));
  }

  /** Approximate log p(y | X). */
  logMarginalLikelihood(): number {
    return this.#fitted().logMarginalLikelihood;
  }

  /** Gradient of `logMarginalLikelihood` by `parameters`, on the scale of the fit (logarithms of positive ones). */
  logMarginalLikelihoodGradient(): Float64Array {
    return laplaceGradient(this.#fitted());
  }

  /**
   * Mean and variance at the points: of the function, or with `noise` of an outcome there (infinite for two degrees of
   * freedom or fewer).
   */
  predict(x: Inputs, options: { readonly noise?: boolean } = {}): Prediction {
    const mode = this.#fitted();
    const { mean, variance } = laplacePredict(mode, toPoints(x, 'X', mode.x.d));
    if (options.noise !== true) return { mean, variance };
    const [nu, scale] = mode.model.likelihood.parameters.map((p) => p.value) as [number, number];
    const noise = nu > 2 ? (scale * scale * nu) / (nu - 2) : Infinity;
    return { mean, variance: variance.map((v) => v + noise) };
  }
}

function parameterOf(
  name: string,
  given: NumberOrLearned,
  defaults: Required<Pick<ParameterOptions, 'bounds'>> & { readonly value: number },
): Parameter {
  if (typeof given === 'number') return positiveParameter(name, given, { bounds: [given, given], fixed: true });
  const { value, ...options } = { ...defaults, ...given };
  return positiveParameter(name, value, options);
}
