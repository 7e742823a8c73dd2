/** Sparse Gaussian process regression: thousands of points through a few inducing ones. */

import { SkeinError } from '@skein/core';
import type { Kernel } from '../kernels/kernel.ts';
import { choleskyFailure } from '../linalg/cholesky.ts';
import { flatten, type Inputs, type Points, toPoints, toTargets } from '../linalg/points.ts';
import type { Regressor } from '../regressor.ts';
import { type FitOptions, fitDefaults, fitParameters, freeSlopes, freeValues } from './fit.ts';
import { logPrior, type Noise, toNoise } from './model.ts';
import { type Parameter, withValues } from './parameter.ts';
import type { Prediction } from './posterior.ts';
import { type Variational, variational, variationalGradient, variationalPredict } from './variational.ts';

export interface SparseOptions {
  readonly kernel: Kernel;
  /** A number is a fixed variance, `learnedNoise()` is fitted. */
  readonly noise: number | Noise;
  /** Number of inducing points, chosen among the data, or the points themselves. Default 100. */
  readonly inducing?: number | Inputs;
}

export const sparseDefaults = { inducing: 100 } as const;

/** A sparse process over functions of d numbers with mean zero. `fit` comes first. */
export class SparseGaussianProcess implements Regressor {
  #kernel: Kernel;
  #noise: Parameter;
  readonly #inducing: number | Inputs;
  #state: Variational | null = null;

  constructor({ kernel, noise, inducing = sparseDefaults.inducing }: SparseOptions) {
    const model = toNoise(noise);
    if (model.kind === 'perPoint') {
      throw new SkeinError('INPUT', 'noise: expected one variance for all points, got one a point');
    }
    this.#kernel = kernel;
    this.#noise = model.parameter;
    this.#inducing = inducing;
  }

  /** The kernel's hyperparameters, then the noise variance. */
  get parameters(): readonly Parameter[] {
    return [...this.#kernel.parameters, this.#noise];
  }

  /**
   * Chooses inducing points (with the given hyperparameters), then fits every hyperparameter that is not fixed by
   * maximising the bound plus log priors. Throws `SHAPE` or `INPUT` for data that do not fit.
   */
  fit(x: Inputs, y: ArrayLike<number>, options: Partial<FitOptions> = {}): this {
    const points = toPoints(x, 'X');
    const targets = toTargets(y, 'y', points.n);
    const inducing =
      typeof this.#inducing === 'number'
        ? chooseInducing(this.#kernel, points, this.#inducing)
        : toPoints(this.#inducing, 'inducing', points.d);
    const settings = { ...fitDefaults, ...options };
    const free = this.parameters.filter((p) => !p.fixed);
    if (settings.optimise && free.length > 0) {
      const at = (theta: ArrayLike<number>) => this.#with(theta, points, targets, inducing);
      const best = fitParameters(free, (theta, gradient) => negativeBound(at(theta), gradient), settings);
      this.#set(at(best.theta).parameters);
    }
    this.#state = orThrow(variational(this.#kernel, this.#noise.value, points, targets, inducing));
    return this;
  }

  /** The bound's ingredients with the free parameters at `theta`. */
  #with(theta: ArrayLike<number>, x: Points, y: Float64Array, inducing: Points) {
    const parameters = withValues(this.parameters, freeValues(this.parameters, theta));
    const kernel = this.#kernel.withValues(parameters.slice(0, -1).map((p) => p.value));
    return { parameters, result: variational(kernel, parameters.at(-1)!.value, x, y, inducing) };
  }

  #set(parameters: readonly Parameter[]): void {
    this.#kernel = this.#kernel.withValues(parameters.slice(0, -1).map((p) => p.value));
    this.#noise = parameters.at(-1)!;
  }

  #fitted(): Variational {
    if (this.#state !== null) return this.#state;
    throw new SkeinError('INPUT', 'the sparse process has no data yet', { advice: 'Call fit(X, y) first.' });
  }

  /** Lower bound on the log marginal likelihood; equal to it where the inducing points are the data. */
  bound(): number {
    return this.#fitted().bound;
  }

  /** Gradient of the bound by the logarithms of `parameters`. */
  boundGradient(): Float64Array {
    return variationalGradient(this.#fitted());
  }

  /** Mean and variance of the latent function at the points; `noise` adds the observation noise to the variance. */
  predict(x: Inputs, options: { readonly noise?: boolean } = {}): Prediction {
    const state = this.#fitted();
    const { mean, variance } = variationalPredict(state, toPoints(x, 'X', state.x.d));
    return { mean, variance: options.noise === true ? variance.map((v) => v + state.noise) : variance };
  }
}

function orThrow(result: ReturnType<typeof variational>): Variational {
  if ('bound' in result) return result;
  throw choleskyFailure(result, 'covariance of the inducing points');
}

function negativeBound(
  { parameters, result }: { parameters: readonly Parameter[]; result: ReturnType<typeof variational> },
  gradient: Float64Array,
): number {
  if (!('bound' in result)) return Infinity;
  gradient.set(freeSlopes(parameters, variationalGradient(result)).map((v) => -v));
  return -(result.bound + logPrior(parameters));
}

/**
 * `count` data points that leave the least uncertainty about the others, one after the other (Burt, Rasmussen and van
 * der Wilk, JMLR 2020): a pivoted Cholesky factorisation. Fewer if the others are then certain.
 */
export function chooseInducing(kernel: Kernel, { data, n, d }: Points, count: number): Points {
  const left = Float64Array.from({ length: n }, (_, i) => kernel.value(data, i * d, data, i * d, d));
  const least = 1e-9 * Math.max(...left);
  const columns: Float64Array[] = [];
  const chosen: Float64Array[] = [];
  while (chosen.length < Math.min(count, n)) {
    const pivot = left.reduce((best, v, i) => (v > left[best]! ? i : best), 0);
    if (!(left[pivot]! > least)) break;
    const root = Math.sqrt(left[pivot]!);
    const column = left.map((_, i) => {
      const known = columns.reduce((sum, c) => sum + c[i]! * c[pivot]!, 0);
      return (kernel.value(data, i * d, data, pivot * d, d) - known) / root;
    });
    column.forEach((v, i) => {
      left[i]! -= v * v;
    });
    left[pivot] = 0;
    columns.push(column);
    chosen.push(data.slice(pivot * d, (pivot + 1) * d));
  }
  return flatten(chosen, d);
}
