/**
 * Quantities that trials measure beside their outcomes have a surrogate each. Constraints are those that must be at most 0:
 * the log probabilities that they are add to the score of a point (Gardner et al., ICML 2014).
 */

import { type Rng, SkeinError } from '@skein/core';
import { logProbabilityOfImprovement } from '../acquisition/analytic.ts';
import { beliefOf, type Scorer, scorer } from '../acquisition/belief.ts';
import type { Observation } from './history.ts';
import type { Question } from './method.ts';
import { fitSurrogate, NO_WARP, type Surrogate, type SurrogateMemory } from './surrogate.ts';

/** A quantity that a trial measured beside its outcome. */
export interface Measured {
  readonly point: Float64Array;
  readonly value: number;
}

/** What a trial measured of its constraints, and where. */
export type Constrained = Pick<Observation, 'point' | 'constraints' | 'failed'>;

type Setting = Pick<Question, 'columns' | 'deterministic'>;

/** The surrogate of a measured quantity, as it is; from at least two trials. */
export const fitMeasured = (
  { columns, deterministic }: Setting,
  rows: readonly Measured[],
  memory: SurrogateMemory | undefined,
  rng: Rng,
): Surrogate =>
  fitSurrogate({
    columns: columns.columns,
    deterministic,
    points: rows.map(({ point }) => point),
    targets: rows.map(({ value }) => value),
    warps: [NO_WARP],
    memory: memory ?? null,
    rng,
  });

type ConstraintsQuestion = Setting & { readonly observed: readonly Constrained[]; readonly rng: Rng };

/**
 * A surrogate a constraint, none from fewer than two trials, and one more of failing if trials failed; `memory` is theirs of
 * the last fit, in the same order.
 */
export function fitConstraints(question: ConstraintsQuestion, memory: readonly SurrogateMemory[]): Surrogate[] {
  const measured = question.observed.flatMap(({ point, constraints }) =>
    constraints === null ? [] : [{ point, constraints }],
  );
  const count = measured.length < 2 ? 0 : Math.min(...measured.map(({ constraints }) => constraints.length));
  const surrogates = Array.from({ length: count }, (_, c) => {
    const rows = measured.map(({ point, constraints }) => ({ point, value: constraints[c]! }));
    return fitMeasured(question, rows, memory[c], question.rng.split('constraint').split(c));
  });
  return [...surrogates, ...fitFailure(question, memory[count])];
}

/**
 * Failing as a constraint: above 0 where trials failed, below where they did not. Counted as the worst outcomes instead,
 * trials that fail by chance bend the surrogate of the objective.
 */
function fitFailure(question: ConstraintsQuestion, memory: SurrogateMemory | undefined): Surrogate[] {
  const rows = question.observed.map(({ point, failed }) => ({ point, value: failed === true ? 1 : -1 }));
  if (rows.every(({ value }) => value === -1)) return [];
  // By chance they fail in deterministic studies, too.
  return [fitMeasured({ ...question, deterministic: false }, rows, memory, question.rng.split('failure'))];
}

/** The log probability that a constraint is satisfied, for each of them. */
export const logFeasibilities = (constraints: readonly Pick<Surrogate, 'factored' | 'transform'>[]): Scorer[] =>
  constraints.map(({ factored, transform }) =>
    scorer(beliefOf(factored), () => logProbabilityOfImprovement({ best: transform.forward(0) })),
  );

/**
 * Throws `INPUT` unless the constraints that a trial is told are finite and as many as those of `earlier`, another complete
 * trial of the study.
 */
export function checkConstraints(constraints: readonly number[], earlier: readonly number[] = constraints): void {
  if (constraints.length !== earlier.length) {
    const expected = `${earlier.length} numbers, as many as the trials before`;
    throw new SkeinError('INPUT', `tell: constraints: expected ${expected}, got ${constraints.length}`, {
      advice: 'Tell the same constraints of every complete trial of a study, in the same order.',
    });
  }
  const bad = constraints.find((v) => !Number.isFinite(v));
  if (bad === undefined) return;
  throw new SkeinError('INPUT', `tell: constraints: expected finite numbers, got ${bad}`, {
    advice: 'Tell a trial as failed if not all of its constraints could be measured.',
  });
}

/**
 * Throws `CHECKPOINT` unless the trials of a state, null for those without any, agree on the number of their constraints.
 */
export function checkAllConstraints(told: readonly (readonly number[] | null)[]): void {
  const expected = told.find((constraints) => constraints !== null)?.length;
  const at = told.findIndex((constraints) => constraints !== null && constraints.length !== expected);
  if (at < 0) return;
  const message = `trials[${at}]: constraints: expected ${expected} numbers, as many as the trials before, got ${told[at]!.length}`;
  throw new SkeinError('CHECKPOINT', message);
}
