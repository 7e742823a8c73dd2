/** Hyperparameters by maximum likelihood, or by maximum a posteriori where parameters have priors. */

import { createRng, type Rng, SkeinError } from '@skein/core';
import type { Points } from '../linalg/points.ts';
import { type LbfgsbOptions, type LbfgsbResult, lbfgsb, lbfgsbDefaults, type Objective } from '../optim/lbfgsb.ts';
import {
  createWorkspace,
  factorModel,
  likelihoodGradient,
  logMarginalLikelihood,
  type Workspace,
} from './likelihood.ts';
import { logPrior, logPriorSlope, type Model, parametersOf, withParameterValues } from './model.ts';
import { fromFitScale, type Parameter, toFitScale } from './parameter.ts';
import { finalists, type Sample, screenDefaults, screeningSample } from './screen.ts';

export interface FitOptions {
  /** Runs from random starts, beside the first one from the given values. A start is drawn from a parameter's prior if
   * it has one, else uniformly within its bounds on the scale of the fit. With many data, all runs begin on a part of
   * them, and the best go on with all. */
  readonly restarts: number;
  /** Seed of the random starts. */
  readonly seed: number;
  /** False leaves the hyperparameters as they are. */
  readonly optimise: boolean;
  readonly maxIterations: number;
  /** Largest component of the gradient at which a run stops. */
  readonly gradientTolerance: number;
}

export const fitDefaults = {
  restarts: 0,
  seed: 0,
  optimise: true,
  maxIterations: 200,
  gradientTolerance: 1e-5,
} as const satisfies FitOptions;

/** How a fit went. */
export interface FitReport {
  readonly model: Model;
  /** Log marginal likelihood plus log priors at `model`. */
  readonly logPosterior: number;
  readonly evaluations: number;
  /** Runs that ended at a finite value, the best one included. */
  readonly runs: number;
}

/**
 * The best model over all runs. With restarts and many data, the runs start on a part of them (screen.ts). Throws
 * `NUMERIC` if the likelihood is finite at no start.
 */
export function fitModel(model: Model, x: Points, y: Float64Array, options: FitOptions): FitReport {
  const free = parametersOf(model).filter((p) => !p.fixed);
  if (free.length === 0 || x.n === 0) return { model, logPosterior: Number.NaN, evaluations: 0, runs: 0 };
  const objective = negativeLogPosterior(model, x, y, createWorkspace(x.n));
  const sample = options.restarts === 0 ? null : screeningSample(model, x, y, createRng(options.seed).split('screen'));
  const best =
    sample === null ? fitParameters(free, objective, options) : fitScreened(free, sample, objective, options);
  return {
    model: withFreeValues(model, best.theta),
    logPosterior: -best.value,
    evaluations: best.evaluations,
    runs: best.runs,
  };
}

/** The best end of several runs of the minimiser. */
export interface ParameterFit {
  /** On the scale of the fit. */
  readonly theta: Float64Array;
  readonly value: number;
  readonly evaluations: number;
  readonly runs: number;
}

/** Minimises an objective of the free parameters (on the scale of the fit) from their values and from random starts. */
export function fitParameters(free: readonly Parameter[], objective: Objective, options: FitOptions): ParameterFit {
  return bestOf(startsOf(free, options).map((start) => descend(free, objective, start, options)));
}

/**
 * The same for a costly objective: the run from the given values is as ever, so that restarts never end in a worse fit;
 * all starts descend on the sample, and the best ends go on with all data.
 */
function fitScreened(
  free: readonly Parameter[],
  { model, x, y }: Sample,
  objective: Objective,
  options: FitOptions,
): ParameterFit {
  const starts = startsOf(free, options);
  const given = descend(free, objective, starts[0]!, options);
  const cheap = negativeLogPosterior(model, x, y, createWorkspace(x.n));
  const screened = starts.map((start) => descend(free, cheap, start, { ...options, ...screenDefaults }));
  const gradient = new Float64Array(free.length);
  const judged = screened.map((run) => ({ x: run.x, value: objective(run.x, gradient) }));
  const further = finalists(given, judged).map((end) => descend(free, objective, end, options));
  const best = bestOf([given, ...further]);
  const first = screened.reduce((sum, run) => sum + run.evaluations, judged.length);
  return { ...best, evaluations: best.evaluations + first, runs: starts.length };
}

/** The present values, and the random starts. */
function startsOf(free: readonly Parameter[], options: FitOptions): ArrayLike<number>[] {
  const rng = createRng(options.seed).split('fit');
  return [free.map((p) => toFitScale(p)), ...Array.from({ length: options.restarts }, () => randomStart(free, rng))];
}

const descend = (
  free: readonly Parameter[],
  objective: Objective,
  start: ArrayLike<number>,
  rules: Pick<LbfgsbOptions, 'maxIterations' | 'gradientTolerance'> & Partial<LbfgsbOptions>,
): LbfgsbResult =>
  lbfgsb(objective, start, {
    maxIterations: rules.maxIterations,
    gradientTolerance: rules.gradientTolerance,
    valueTolerance: rules.valueTolerance ?? lbfgsbDefaults.valueTolerance,
    lower: free.map((p) => toFitScale(p, p.bounds[0])),
    upper: free.map((p) => toFitScale(p, p.bounds[1])),
  });

/** The best of some runs. */
function bestOf(runs: readonly LbfgsbResult[]): ParameterFit {
  const finite = runs.filter((run) => Number.isFinite(run.value));
  const best = finite.reduce((a, b) => (b.value < a.value ? b : a), finite[0]!);
  if (best === undefined) throw noFiniteStart(runs.length);
  return {
    theta: best.x,
    value: best.value,
    evaluations: runs.reduce((sum, run) => sum + run.evaluations, 0),
    runs: finite.length,
  };
}

function noFiniteStart(starts: number): SkeinError {
  return new SkeinError('NUMERIC', `fit: the log marginal likelihood is finite at none of ${starts} starts`, {
    advice: 'Scale inputs and targets to the order of 1, raise the noise, or give other initial hyperparameters.',
  });
}

/** The model with the free parameters at `theta` (on the scale of the fit) and the others as they are. */
export function withFreeValues(model: Model, theta: ArrayLike<number>): Model {
  return withParameterValues(model, freeValues(parametersOf(model), theta));
}

/** Natural values of all parameters: the free ones from `theta`, the others as they are. */
export function freeValues(parameters: readonly Parameter[], theta: ArrayLike<number>): number[] {
  let next = 0;
  return parameters.map((p) => (p.fixed ? p.value : fromFitScale(p, theta[next++]!)));
}

/** Slopes of the log posterior by the free parameters, from those of the log likelihood by all. */
export const freeSlopes = (parameters: readonly Parameter[], slopes: Float64Array): number[] =>
  parameters.flatMap((p, i) => (p.fixed ? [] : [slopes[i]! + logPriorSlope(p)]));

/** -(log marginal likelihood + log priors) by the free parameters; Infinity where the covariance has no factor. */
export function negativeLogPosterior(model: Model, x: Points, y: Float64Array, workspace: Workspace): Objective {
  return (theta, gradient) => {
    const candidate = withFreeValues(model, theta);
    const factored = factorModel(candidate, x, y, workspace);
    if (!('alpha' in factored)) return Infinity;
    const parameters = parametersOf(candidate);
    const value = logMarginalLikelihood(factored) + logPrior(parameters);
    gradient.set(freeSlopes(parameters, likelihoodGradient(factored, workspace)).map((v) => -v));
    return -value;
  };
}

function randomStart(free: readonly Parameter[], rng: Rng): number[] {
  return free.map((p) => {
    const low = toFitScale(p, p.bounds[0]);
    const high = toFitScale(p, p.bounds[1]);
    const drawn = p.prior?.sample(rng) ?? null;
    if (drawn !== null) return Math.min(high, Math.max(low, toFitScale(p, drawn)));
    return low + (high - low) * rng.uniform();
  });
}
