/** The contract of selections. */

import type { Rng } from '@skein/core';

/** Distance of two individuals, given by their indices, in [0, 1]. */
export type Distance = (a: number, b: number) => number;

/** Chooses parents by score. Make one with `roulette`, `tournament`, ... */
export interface Selection {
  readonly label: string;
  /**
   * Indices of `count` parents, repetitions included, from the score of every individual [N]; a higher score is
   * better. Scores are objective values when maximising, their negatives when minimising; -Infinity never reproduces
   * unless nothing else does. `distance` tells how far two individuals are apart, in [0, 1].
   */
  select(scores: Float64Array, count: number, rng: Rng, distance: Distance): Int32Array;
}
