/** What the caller tells an optimiser about an individual, and how outcomes compare. */

import { SkeinError, show } from '@skein/core';

/**
 * The objective value of an individual, or with constraints also how much they are violated: the sum of the excesses,
 * 0 if it is feasible. Use the worst value (Infinity when minimising) for an evaluation that failed; NaN is refused.
 */
export type Outcome = number | { readonly fitness: number; readonly violation: number };

/** Outcomes of a batch as columns. */
export interface Outcomes {
  readonly fitness: Float64Array;
  /** Sum of constraint violations, 0 for feasible individuals. */
  readonly violation: Float64Array;
}

/** Outcomes as columns, checked. Throws `SHAPE` or `INPUT` naming the first individual that does not fit. */
export function readOutcomes(given: ArrayLike<Outcome>, size: number): Outcomes {
  if (given.length !== size) {
    throw new SkeinError('SHAPE', `tell(outcomes): expected one outcome an individual (${size}), got ${given.length}`);
  }
  const violation = new Float64Array(size);
  if (given instanceof Float64Array) {
    for (let i = 0; i < size; i++) if (Number.isNaN(given[i]!)) refuse(given[i], i);
    return { fitness: given.slice(), violation };
  }
  const fitness = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const outcome = given[i] as Outcome;
    if (typeof outcome === 'number') fitness[i] = outcome;
    else {
      fitness[i] = outcome?.fitness ?? Number.NaN;
      violation[i] = Math.max(0, outcome?.violation ?? Number.NaN);
    }
    if (Number.isNaN(fitness[i]!) || Number.isNaN(violation[i]!)) refuse(outcome, i);
  }
  return { fitness, violation };
}

function refuse(outcome: unknown, i: number): never {
  throw new SkeinError(
    'INPUT',
    `fitness of individual ${i}: expected a number or { fitness, violation }, got ${show(outcome)}`,
    {
      advice: 'return the worst value (Infinity when minimising, -Infinity when maximising) where no value exists',
      details: { individual: i },
    },
  );
}

/**
 * One score an individual, higher is better: the objective value, negated when minimising. Infeasible individuals are
 * scored below every feasible one, by violation alone (Deb 2000, "An efficient constraint handling method for genetic
 * algorithms").
 */
export function scoresOf({ fitness, violation }: Outcomes, maximise: boolean): Float64Array {
  const sign = maximise ? 1 : -1;
  const scores = new Float64Array(fitness.length);
  for (let i = 0; i < scores.length; i++) scores[i] = sign * fitness[i]!;
  if (anyPositive(violation)) scoreInfeasible(scores, violation);
  return scores;
}

function anyPositive(numbers: Float64Array): boolean {
  for (let i = 0; i < numbers.length; i++) if (numbers[i]! > 0) return true;
  return false;
}

/** Scores the infeasible below the worst finite score of the feasible. */
function scoreInfeasible(scores: Float64Array, violation: Float64Array): void {
  let worst = Infinity;
  for (let i = 0; i < scores.length; i++) {
    if (!(violation[i]! > 0) && scores[i]! < worst && scores[i]! > -Infinity) worst = scores[i]!;
  }
  const floor = worst === Infinity ? 0 : worst;
  for (let i = 0; i < scores.length; i++) if (violation[i]! > 0) scores[i] = floor - violation[i]!;
}

/** An individual with its outcome, as plain data. */
export interface Incumbent {
  readonly genes: Uint8Array | Int32Array | Float64Array;
  readonly fitness: number;
  readonly violation: number;
  /** The generation that found it; the first is 1. */
  readonly generation: number;
}

/** True if outcome (fitness, violation) is better than the incumbent's: less violated, else of better fitness. */
export function improves(
  fitness: number,
  violation: number,
  than: Pick<Incumbent, 'fitness' | 'violation'> | null,
  maximise: boolean,
): boolean {
  if (than === null) return true;
  if (violation !== than.violation) return violation < than.violation;
  return maximise ? fitness > than.fitness : fitness < than.fitness;
}

/** The better of the incumbent and the best of the batch of a generation. */
export function updateIncumbent(
  incumbent: Incumbent | null,
  rows: readonly Incumbent['genes'][],
  { fitness, violation }: Outcomes,
  maximise: boolean,
  generation: number,
): Incumbent | null {
  let best = incumbent;
  for (let i = 0; i < rows.length; i++) {
    if (!improves(fitness[i]!, violation[i]!, best, maximise)) continue;
    const genes = (rows[i] as Incumbent['genes']).slice();
    best = { genes, fitness: fitness[i]!, violation: violation[i]!, generation };
  }
  return best;
}
