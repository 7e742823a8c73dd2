/**
 * Ask and tell, the contract of every single-objective optimiser of this package.
 * Laws (checked by the testkit):
 * - `ask` gives the batch to evaluate; asking again before telling gives the same batch.
 * - Equal options (seed included) and equal outcomes give equal batches, bit for bit.
 * - An optimiser restored from `state()` at any moment goes on exactly as the original.
 * - `best` never gets worse.
 */

import { createRng, type Rng, type RngState, restoreRng, SkeinError, show } from '@skein/core';
import type { Incumbent, Outcome } from './outcome.ts';
import type { Evaluated, Genes, Population } from './population.ts';

/** A single-objective optimiser. `S` is its state: plain data that survives structured clone. */
export interface Optimiser<G extends Genes = Genes, S = unknown> {
  readonly name: string;
  readonly maximise: boolean;
  /** How many batches have been told. */
  readonly generation: number;
  /** How many individuals have been told. */
  readonly evaluations: number;
  /** The best individual so far, null before the first `tell`. */
  readonly best: Incumbent | null;
  /** The individuals to evaluate next. The rows are views that hold until the following `ask`. */
  ask(): Population<G>;
  /** The outcomes of the asked batch, in its order. Throws `SHAPE` or `INPUT` and changes nothing if they do not fit. */
  tell(outcomes: ArrayLike<Outcome>): void;
  /**
   * The individuals that the next batch is made from, with their objective values. Views that hold until the following
   * `ask`. Throws `INPUT` before the first `tell`.
   */
  current(): Evaluated<G>;
  /** Why the optimiser sees no use in going on (a numerical limit), or null. */
  stopReason(): string | null;
  /** Everything needed to go on, as a copy. */
  state(): S;
}

/** Throws `INPUT` when `tell` comes before `ask`. */
export function refuseUnasked(pending: unknown): asserts pending is object {
  if (pending === null) throw new SkeinError('INPUT', 'tell(outcomes): expected a call of ask() before, got none');
}

/** The stream of a new run, or that of a state, which must belong to the algorithm: `CHECKPOINT` otherwise. */
export function streamOf(
  algorithm: string,
  state: { readonly algorithm: string; readonly rng: RngState } | undefined,
  seed = 0,
): Rng {
  if (state === undefined) return createRng(seed);
  if (state?.algorithm !== algorithm) refuseState(`one of ${algorithm}`, `one of ${state?.algorithm ?? show(state)}`);
  return restoreRng(state.rng);
}

/** Throws `CHECKPOINT` unless the arrays of a state have the lengths that the options call for. */
export function checkLengths(
  arrays: Readonly<Record<string, readonly [array: ArrayLike<unknown>, expected: number]>>,
): void {
  for (const [name, [array, expected]] of Object.entries(arrays)) {
    if (array?.length !== expected) refuseState(`${expected} elements in ${name}`, String(array?.length ?? 'no array'));
  }
}

function refuseState(expected: string, got: string): never {
  throw new SkeinError('CHECKPOINT', `state: expected ${expected}, got ${got}`, {
    advice: 'continue with the algorithm, the encoding and the sizes that wrote the state',
  });
}
