/** What the caller tells a multi-objective optimiser. */

import { SkeinError, show } from '@skein/core';

/** The objective values of an individual; with constraints also the sum of their violations, 0 if it is feasible. */
export type MultiOutcome = ArrayLike<number> | { readonly objectives: ArrayLike<number>; readonly violation: number };

/** Outcomes of a batch as columns; all objectives minimised. */
export interface MultiOutcomes {
  readonly objectives: number;
  /** [size, objectives] row-major. */
  readonly values: Float64Array;
  /** [size] */
  readonly violation: Float64Array;
}

/** Which objectives are maximised: one answer for all, or one each. */
export type Directions = boolean | readonly boolean[];

/** Sign that turns objective m into one to be minimised, and back. */
export const signOf = (maximise: Directions, m: number): number =>
  (typeof maximise === 'boolean' ? maximise : maximise[m]) ? -1 : 1;

/** Outcomes as columns, checked. `objectives` is their number where it is known already. */
export function readMultiOutcomes(
  given: ArrayLike<MultiOutcome>,
  size: number,
  maximise: Directions,
  objectives: number | null,
): MultiOutcomes {
  if (given.length !== size) {
    throw new SkeinError('SHAPE', `tell(outcomes): expected one outcome an individual (${size}), got ${given.length}`);
  }
  const parts = Array.from(given, (outcome) =>
    typeof outcome === 'object' && outcome !== null && 'objectives' in outcome
      ? outcome
      : { objectives: outcome, violation: 0 },
  );
  const count = objectives ?? parts[0]?.objectives?.length ?? 0;
  const values = new Float64Array(size * count);
  parts.forEach((part, i) => {
    for (let m = 0; m < count; m++) values[i * count + m] = signOf(maximise, m) * (part.objectives?.[m] ?? Number.NaN);
    const whole =
      part.objectives?.length === count && values.subarray(i * count, (i + 1) * count).every((x) => !Number.isNaN(x));
    if (!whole || count < 1 || Number.isNaN(part.violation)) refuse(part, i, count);
  });
  return { objectives: count, values, violation: Float64Array.from(parts, (part) => Math.max(0, part.violation)) };
}

function refuse(part: unknown, i: number, count: number): never {
  throw new SkeinError(
    'INPUT',
    `objectives of individual ${i}: expected ${count === 0 ? 'some' : count} numbers or { objectives, violation }, got ${show(part)}`,
    { advice: 'return the worst values (Infinity when minimising) where none exist', details: { individual: i } },
  );
}
