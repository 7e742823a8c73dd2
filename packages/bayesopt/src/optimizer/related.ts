/**
 * Transfer: what studies of similar objectives say about a new one. The process of each is fitted once; a weighted sum of
 * their posterior means is the prior mean of the new study's process, and the weights are fitted with its hyperparameters,
 * so that a study which turns out to be unrelated gets the weight 0. (Stacked processes, as in Golovin et al., "Google
 * Vizier", KDD 2017, with learned weights.)
 */

import { checkValues, createRng, SkeinError, type Space, spaceToUnit, type Values } from '@skein/core';
import type { Feature } from '../gp/mean.ts';
import { posteriorMean } from '../gp/posterior.ts';
import type { Column } from './columns.ts';
import { fitSurrogate, OBJECTIVE_WARPS } from './surrogate.ts';

/** A finished trial of a related study. */
export interface RelatedTrial<S extends Space> {
  readonly values: Values<S>;
  readonly value: number;
}

/** What a related study found. */
export interface RelatedStudy {
  /** Its process's posterior mean, in deviations of its transformed outcomes. */
  readonly feature: Feature;
  /** Its best point. */
  readonly best: Float64Array;
}

interface RelatedOptions {
  readonly maximise: boolean;
  readonly deterministic: boolean;
  readonly seed: number;
}

/** The related studies. Throws `INPUT` for fewer than two trials, values that do not fit the space or outcomes not finite. */
export function relatedStudies<S extends Space>(
  space: S,
  columns: readonly Column[],
  studies: readonly (readonly RelatedTrial<S>[])[],
  { maximise, deterministic, seed }: RelatedOptions,
): RelatedStudy[] {
  return studies.map((trials, k) => {
    if (trials.length < 2) {
      throw new SkeinError('INPUT', `related[${k}]: expected at least two trials, got ${trials.length}`);
    }
    const points = trials.map(({ values }, i) => {
      return spaceToUnit(space, checkValues(space, values, `related[${k}][${i}].values`));
    });
    const targets = trials.map(({ value }, i) => {
      if (Number.isFinite(value)) return maximise ? -value : value;
      throw new SkeinError('INPUT', `related[${k}][${i}].value: expected a finite number, got ${value}`);
    });
    const rng = createRng(seed).split('related').split(k);
    const { factored } = fitSurrogate({
      points,
      targets,
      columns,
      deterministic,
      warps: OBJECTIVE_WARPS,
      memory: null,
      rng,
    });
    return { feature: posteriorMean(factored), best: points[targets.indexOf(Math.min(...targets))]! };
  });
}
