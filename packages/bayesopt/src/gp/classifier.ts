/** Gaussian process classification by Laplace's approximation: binary, and one against the rest for more classes. */

import { SkeinError, show } from '@skein/core';
import type { Kernel } from '../kernels/kernel.ts';
import { type Inputs, type Points, toPoints } from '../linalg/points.ts';
import { type FitOptions, fitDefaults } from './fit.ts';
import { conditionLatent, type LaplaceMode, laplaceGradient, laplacePredict } from './laplace.ts';
import { logisticLikelihood, sigmoid } from './logistic.ts';
import { zeroMean } from './mean.ts';

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
    return this.#modes.map((mode) => mode.model.kernel);
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
      const model = { kernel: this.#kernel, mean: zeroMean(), likelihood: logisticLikelihood(targets) };
      return conditionLatent(model, points, settings);
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

function positiveProbabilities(mode: LaplaceMode, points: Points): Float64Array {
  const { mean, variance } = laplacePredict(mode, points);
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
