/** The contract of selections. */

import type { Rng } from '@skein/core';

/** Chooses parents by score. Make one with `roulette`, `tournament`, ... */
export interface Selection {
  readonly label: string;
  /**
   * Indices of `count` parents, repetitions included, from the score of every individual [N]; a higher score is
   * better. Scores are objective values when maximising, their negatives when minimising; -Infinity never reproduces
   * unless nothing else does.
   */
  select(scores: Float64Array, count: number, rng: Rng): Int32Array;
}
