/**
 * Bayesian optimisation with a Gaussian process, after Optuna's recipe: outcomes standardised; a Matern 5/2 kernel with
 * one length scale a column and an output scale, maximum a posteriori; log expected improvement, running trials filled in
 * by fantasies; candidates, then local searches.
 */

import { parse, Type } from '@skein/core';
import { logExpectedImprovement } from '../acquisition/analytic.ts';
import { beliefWithPending, scorer } from '../acquisition/belief.ts';
import { type MaximiseOptions, maximiseAcquisition } from '../acquisition/maximise.ts';
import { fitDefaults, fitModel } from '../gp/fit.ts';
import { type Factored, factorModel } from '../gp/likelihood.ts';
import { zeroMean } from '../gp/mean.ts';
import { learnedNoise, type Model, parametersOf, toNoise, withParameterValues } from '../gp/model.ts';
import { gammaPrior, lengthscaleBarrier } from '../gp/priors.ts';
import { scale } from '../kernels/compose.ts';
import { matern52 } from '../kernels/stationary.ts';
import { choleskyFailure } from '../linalg/cholesky.ts';
import type { Points } from '../linalg/points.ts';
import type { Column } from './columns.ts';
import { type Method, type Question, randomMethod, sobolMethod } from './method.ts';

/** Settings of the method; figures without a reason beside them are Optuna's. */
export const gpMethodDefaults = {
  /** Noise variance of a deterministic objective, relative to the variance of the outcomes. */
  deterministicNoise: 1e-6,
  /** Joint draws at the running trials. */
  fantasies: 16,
  /** The fit of the hyperparameters stops early: the suggestion hardly depends on their last digits. */
  gradientTolerance: 1e-2,
  fitIterations: 100,
} as const;

const Memory = Type.Union([Type.Null(), Type.Array(Type.Number())]);

/** Gaussian process with log expected improvement. Its memory is the last hyperparameters, where the next fit starts. */
export const gpMethod: Method = {
  name: 'gp',
  suggest: (question) => {
    const { observed, trial, initialTrials, columns } = question;
    if (trial < initialTrials || observed.length < 2) return sobolMethod.suggest(question);
    const fitted = fitSurrogate(question);
    const memory = parametersOf(fitted.model).map((p) => p.value);
    const belief = beliefWithPending(
      fitted,
      pointsOf(question.pending, columns.columns.length),
      gpMethodDefaults.fantasies,
      question.rng.split('fantasies'),
    );
    const anchors = bestPoints(question);
    const found = maximiseAcquisition(
      scorer(belief, (best) => logExpectedImprovement({ best })),
      columns,
      { seen: question.seen, anchors, rng: question.rng.split('acquisition') },
      effort(observed.length),
    );
    return found === null ? { ...randomMethod.suggest(question), memory } : { point: found.point, memory };
  },
};

/** Fewer candidates where each costs more: n^2 a candidate. */
const effort = (n: number): Partial<MaximiseOptions> =>
  n <= 300 ? {} : { candidates: 512, starts: 6, iterations: 50 };

/** The point with the lowest loss. */
function bestPoints({ observed }: Question): Float64Array[] {
  return [observed.reduce((a, b) => (b.loss < a.loss ? b : a)).point];
}

function pointsOf(points: readonly Float64Array[], d: number): Points {
  const data = new Float64Array(points.length * d);
  points.forEach((point, i) => {
    data.set(point, i * d);
  });
  return { data, n: points.length, d };
}

/** Mean 0 and variance 1; constant losses become zeros. */
function standardised(losses: readonly number[]): Float64Array {
  const mean = losses.reduce((sum, v) => sum + v, 0) / losses.length;
  const deviation = Math.sqrt(losses.reduce((sum, v) => sum + (v - mean) ** 2, 0) / losses.length);
  return Float64Array.from(losses, (v) => (deviation > 0 ? (v - mean) / deviation : 0));
}

function initialModel(columns: readonly Column[], deterministic: boolean): Model {
  const categorical = columns.flatMap((column, j) => (column.categorical ? [j] : []));
  const kernel = matern52({
    lengthscale: columns.map(() => 1),
    bounds: [1e-2, 1e2],
    prior: lengthscaleBarrier(0.1),
    categorical,
  });
  return {
    kernel: scale(kernel, { variance: 1, bounds: [1e-3, 1e3], prior: gammaPrior(2, 1) }),
    mean: zeroMean(),
    noise: deterministic
      ? toNoise(gpMethodDefaults.deterministicNoise)
      : learnedNoise({ value: 1e-2, bounds: [gpMethodDefaults.deterministicNoise, 10], prior: gammaPrior(1.1, 30) }),
  };
}

/** The surrogate fitted to the history: from the last hyperparameters and from the initial ones, the better of both. */
function fitSurrogate({ observed, columns, deterministic, memory }: Question): Factored {
  const initial = initialModel(columns.columns, deterministic);
  const x = pointsOf(
    observed.map(({ point }) => point),
    columns.columns.length,
  );
  const y = standardised(observed.map(({ loss }) => loss));
  const last = parse(Memory, memory, { what: 'memory of the gp method', code: 'CHECKPOINT' });
  const starts = last === null ? [initial] : [withParameterValues(initial, last), initial];
  const { gradientTolerance, fitIterations: maxIterations } = gpMethodDefaults;
  const reports = starts.map((model) => fitModel(model, x, y, { ...fitDefaults, gradientTolerance, maxIterations }));
  const best = reports.reduce((a, b) => (b.logPosterior > a.logPosterior ? b : a));
  const factored = factorModel(best.model, x, y);
  if (!('alpha' in factored)) throw choleskyFailure(factored, 'covariance of the trials');
  return factored;
}
