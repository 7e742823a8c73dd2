/**
 * The surrogate of a study: a Gaussian process over the unit cube, fitted maximum a posteriori to transformed losses.
 *
 * Which transform serves best is decided by evidence: for each candidate the posterior density of the original losses,
 * that is, of the transformed ones plus the transform's log Jacobian. This review is repeated as the history grows by a
 * tenth; between reviews the last choice and the last hyperparameters are where the fit starts.
 */

import { type Rng, type Static, Type } from '@skein/core';
import { type FitReport, fitDefaults, fitModel } from '../gp/fit.ts';
import { type Factored, factorModel } from '../gp/likelihood.ts';
import { type Feature, featureMean } from '../gp/mean.ts';
import { learnedNoise, type Model, parametersOf, toNoise, withParameterValues } from '../gp/model.ts';
import { gammaPrior, normalPrior } from '../gp/priors.ts';
import { scale } from '../kernels/compose.ts';
import { matern52 } from '../kernels/stationary.ts';
import { choleskyFailure } from '../linalg/cholesky.ts';
import { flatten, type Points } from '../linalg/points.ts';
import {
  identityTransform,
  logJacobian,
  type OutcomeTransform,
  reflectedLog,
  shiftedLog,
  standardised,
} from '../transform/outcome.ts';
import type { Column } from './columns.ts';
import { named } from './method.ts';

/** Settings of the surrogate. */
export const surrogateDefaults = {
  /** Least noise variance relative to the variance of the outcomes; that of a deterministic objective. */
  leastNoise: 1e-8,
  /** A review looks at no more points than this. */
  reviewPoints: 256,
  /** The fit stops early: a suggestion hardly depends on the last digits of the hyperparameters. */
  gradientTolerance: 1e-2,
  fitIterations: 100,
} as const;

/** A transform of outcomes that competes, by name. */
interface Warp {
  readonly name: string;
  of(losses: readonly number[]): OutcomeTransform;
}

/** The outcomes as they are. */
export const NO_WARP: Warp = { name: 'none', of: () => identityTransform };

/**
 * Transforms of an objective that compete. Logarithms with smaller offsets win evidence too, but then stretch the
 * neighbourhood of the best point so far that searches stay in its basin.
 */
export const OBJECTIVE_WARPS: readonly Warp[] = [
  NO_WARP,
  ...[1, 0.3].map((offset) => ({ name: `shiftedLog(${offset})`, of: (y: readonly number[]) => shiftedLog(y, offset) })),
  ...[1, 0.3].map((offset) => ({
    name: `reflectedLog(${offset})`,
    of: (y: readonly number[]) => reflectedLog(y, offset),
  })),
];

export const SurrogateMemorySchema = Type.Object({
  /** Name of the transform. */
  warp: Type.String(),
  parameters: Type.Array(Type.Number()),
  /** Number of losses at the last review. */
  reviewedAt: Type.Number(),
});

/** What the next fit starts from, as plain data. */
export type SurrogateMemory = Static<typeof SurrogateMemorySchema>;

/** A fitted surrogate; its targets are transformed. */
export interface Surrogate {
  readonly factored: Factored;
  readonly transform: OutcomeTransform;
  readonly memory: SurrogateMemory;
}

export interface SurrogateQuestion {
  /** Canonical points and a target each, at least two. */
  readonly points: readonly Float64Array[];
  readonly targets: readonly number[];
  readonly columns: readonly Column[];
  readonly deterministic: boolean;
  /** Transforms that compete; only `NO_WARP` for targets whose scale has a meaning. */
  readonly warps: readonly Warp[];
  /** Functions whose weighted sum is the prior mean; default none. */
  readonly features?: readonly Feature[];
  /** What the last fit returned; null at first. */
  readonly memory: SurrogateMemory | null;
  readonly rng: Rng;
}

/** Fits the surrogate. */
export function fitSurrogate(question: SurrogateQuestion): Surrogate {
  const { points, targets, columns, warps, memory: last } = question;
  const initial = initialModel(question);
  const due = last === null || targets.length >= last.reviewedAt + Math.max(1, Math.floor(last.reviewedAt / 10));
  const start = due ? review(initial, question) : last;
  const transform = transformOf(targets, named('transform', warps, start.warp));
  const y = Float64Array.from(targets, transform.forward);
  const x = flatten(points, columns.length);
  const { model } = fit(withParameterValues(initial, start.parameters), x, y);
  const factored = factorModel(model, x, y);
  if (!('alpha' in factored)) throw choleskyFailure(factored, 'covariance of the trials');
  const parameters = parametersOf(model).map((p) => p.value);
  return { factored, transform, memory: { ...start, parameters } };
}

const transformOf = (losses: readonly number[], warp: Warp): OutcomeTransform => standardised(warp.of(losses), losses);

function fit(model: Model, x: Points, y: Float64Array): FitReport {
  const { gradientTolerance, fitIterations: maxIterations } = surrogateDefaults;
  return fitModel(model, x, y, { ...fitDefaults, gradientTolerance, maxIterations });
}

/** The transform and hyperparameters of the highest evidence, each transform fitted from the last and initial values. */
function review(initial: Model, { points, targets, warps, memory: last, rng }: SurrogateQuestion): SurrogateMemory {
  const rows = reviewRows(targets, rng);
  const x = flatten(
    rows.map((i) => points[i]!),
    points[0]!.length,
  );
  const losses = rows.map((i) => targets[i]!);
  const starts = last === null ? [initial] : [withParameterValues(initial, last.parameters), initial];
  let best: { memory: SurrogateMemory; evidence: number } | null = null;
  for (const warp of warps) {
    const transform = transformOf(targets, warp);
    const y = Float64Array.from(losses, transform.forward);
    for (const { model, logPosterior } of starts.map((start) => fit(start, x, y))) {
      const evidence = logPosterior + logJacobian(transform, losses);
      if (best !== null && !(evidence > best.evidence)) continue;
      const parameters = parametersOf(model).map((p) => p.value);
      best = { memory: { warp: warp.name, parameters, reviewedAt: targets.length }, evidence };
    }
  }
  return best!.memory;
}

/** Every row, or of many the best quarter of the allowance and a sample of the others. */
function reviewRows(losses: readonly number[], rng: Rng): number[] {
  const rows = [...losses.keys()];
  const { reviewPoints } = surrogateDefaults;
  if (rows.length <= reviewPoints) return rows;
  rows.sort((a, b) => losses[a]! - losses[b]!);
  const best = rows.splice(0, reviewPoints / 4);
  return [...best, ...rng.shuffle(rows).slice(0, reviewPoints - best.length)];
}

/**
 * Matern 5/2 with the priors of BoTorch's earlier default on length scales, Optuna's on output scale and noise, and a
 * mean that is learned: a process that returns to the average of trials near the optimum polishes it many trials longer.
 */
function initialModel({ columns, deterministic, features = [] }: SurrogateQuestion): Model {
  const kernel = matern52({
    lengthscale: columns.map(() => 1),
    bounds: [1e-2, 1e2],
    prior: gammaPrior(3, 6),
    categorical: columns.flatMap((column, j) => (column.categorical ? [j] : [])),
  });
  const { leastNoise } = surrogateDefaults;
  return {
    kernel: scale(kernel, { variance: 1, bounds: [1e-3, 1e3], prior: gammaPrior(2, 1) }),
    mean: featureMean(features, { prior: normalPrior(0, 1) }),
    noise: deterministic
      ? toNoise(leastNoise)
      : learnedNoise({ value: 1e-2, bounds: [leastNoise, 10], prior: gammaPrior(1.1, 30) }),
  };
}
