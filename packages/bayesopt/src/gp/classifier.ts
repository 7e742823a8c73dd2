/** Gaussian process classification by Laplace's approximation: binary, and one against the rest for more classes. */

import { SkeinError, show } from '@skein/core';
import { crossCovariance, diagonal } from '../kernels/covariance.ts';
import type { Kernel } from '../kernels/kernel.ts';
import { choleskyFailure } from '../linalg/cholesky.ts';
import { type Inputs, type Points, toPoints } from '../linalg/points.ts';
import { type FitOptions, fitDefaults, fitParameters } from './fit.ts';
import { type LaplaceMode, laplaceGradient, laplaceMode, laplacePredict, sigmoid } from './laplace.ts';
import { logPrior, logPriorSlope } from './model.ts';
import { fromFitScale } from './parameter.ts';

/** What a class may be called. */
export type Label = string | number | boolean;

/** A classifier over points of d numbers. `fit` comes first. */
export class GaussianProcessClassifier<L extends Label = Label> {
  readonly #kernel: Kernel;
  #classes: readonly L[] = [];
  /** One mode a class, or one for two classes (of the second against the first). */
  #modes: readonly LaplaceMode[] = [];

  constructor(options: { readonly kernel: Kernel }) {
    this.#kernel = options.kernel;
  }

  /** The classes, sorted. */
  get classes(): readonly L[] {
    return this.#classes;
  }

  /** Fitted kernels: one, or one a class where there are more than two. */
  get kernels(): readonly Kernel[] {
    return this.#modes.map((mode) => mode.kernel);
  }

  /** Fits the kernel's hyperparameters and finds the mode. Throws `INPUT` unless there are at least two classes. */
  fit(x: Inputs, labels: readonly L[], options: Partial<FitOptions> = {}): this {
    const points = toPoints(x, 'X');
    if (labels.length !== points.n) {
      throw new SkeinError('SHAPE', `labels: expected ${points.n}, one a point, got ${labels.length}`);
    }
    const classes = [...new Set(labels)].sort((a, b) => (a < b ? -1 : 1));
    if (classes.length < 2) {
      throw new SkeinError('INPUT', `labels: expected at least two classes, got ${show(classes)}`);
    }
    const positives = classes.length === 2 ? classes.slice(1) : classes;
    const settings = { ...fitDefaults, ...options };
    this.#modes = positives.map((positive) => {
      const targets = Float64Array.from(labels, (label) => (label === positive ? 1 : 0));
      return modeOrThrow(
        settings.optimise ? fitKernel(this.#kernel, points, targets, settings) : this.#kernel,
        points,
        targets,
      );
    });
    this.#classes = classes;
    return this;
  }

  /** Sum of the approximate log marginal likelihoods. */
  logMarginalLikelihood(): number {
    return this.#fitted().reduce((sum, mode) => sum + mode.logMarginalLikelihood, 0);
  }

  /** Gradients of the log marginal likelihoods by the logarithms of the kernel's parameters, one a kernel. */
  logMarginalLikelihoodGradients(): Float64Array[] {
    return this.#fitted().map(laplaceGradient);
  }

  #fitted(): readonly LaplaceMode[] {
    if (this.#modes.length > 0) return this.#modes;
    throw new SkeinError('INPUT', 'the classifier has no data yet', { advice: 'Call fit(X, labels) first.' });
  }

  /** Probability of each class (in the order of `classes`), one row a point. */
  predictProbabilities(x: Inputs): Float64Array[] {
    const modes = this.#fitted();
    const points = toPoints(x, 'X', modes[0]!.x.d);
    const columns = modes.map((mode) => positiveProbabilities(mode, points));
    return Array.from({ length: points.n }, (_, i) => {
      if (columns.length === 1) return Float64Array.of(1 - columns[0]![i]!, columns[0]![i]!);
      const row = Float64Array.from(columns, (column) => column[i]!);
      const total = row.reduce((a, b) => a + b);
      return row.map((p) => p / total);
    });
  }

  /** The most probable class of each point. */
  predict(x: Inputs): L[] {
    return this.predictProbabilities(x).map((row) => this.#classes[row.indexOf(Math.max(...row))]!);
  }
}

function modeOrThrow(kernel: Kernel, x: Points, t: Float64Array): LaplaceMode {
  const mode = laplaceMode(kernel, x, t);
  if ('gram' in mode) return mode;
  throw choleskyFailure(mode, 'covariance of the latent values');
}

function fitKernel(kernel: Kernel, x: Points, t: Float64Array, options: FitOptions): Kernel {
  const free = kernel.parameters.filter((p) => !p.fixed);
  if (free.length === 0) return kernel;
  const at = (theta: ArrayLike<number>): Kernel => {
    let next = 0;
    return kernel.withValues(kernel.parameters.map((p) => (p.fixed ? p.value : fromFitScale(p, theta[next++]!))));
  };
  const best = fitParameters(
    free,
    (theta, gradient) => {
      const candidate = at(theta);
      const mode = laplaceMode(candidate, x, t);
      if (!('gram' in mode)) return Infinity;
      const full = laplaceGradient(mode);
      let next = 0;
      candidate.parameters.forEach((p, i) => {
        if (!p.fixed) gradient[next++] = -(full[i]! + logPriorSlope(p));
      });
      return -(mode.logMarginalLikelihood + logPrior(candidate.parameters));
    },
    options,
  );
  return at(best.theta);
}

function positiveProbabilities(mode: LaplaceMode, points: Points): Float64Array {
  const cross = crossCovariance(mode.kernel, points, mode.x);
  const { mean, variance } = laplacePredict(mode, cross, diagonal(mode.kernel, points));
  return mean.map((m, i) => averageSigmoid(m, Math.sqrt(variance[i]!)));
}

const REACH = 8;

/**
 * Mean of the logistic function under N(mean, deviation^2), by the trapezoid rule. Its error shrinks exponentially with
 * the step relative to the distance of the integrand's poles, pi / deviation.
 */
export function averageSigmoid(mean: number, deviation: number): number {
  const nodes = Math.ceil((2 * REACH) / Math.max(0.005, Math.min(0.25, 0.8 / deviation)));
  let sum = 0;
  let total = 0;
  for (let k = 0; k <= nodes; k++) {
    const z = REACH * ((2 * k) / nodes - 1);
    const weight = Math.exp(-0.5 * z * z);
    sum += weight * sigmoid(mean + deviation * z);
    total += weight;
  }
  return sum / total;
}
