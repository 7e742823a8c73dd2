/** The contract of crossovers. */

import type { Rng } from '@skein/core';
import type { Domain } from '../encodings/encoding.ts';
import type { Genes } from '../population.ts';

/** Mixes two individuals. Make one with `onePoint`, `sbx`, `order`, ... */
export interface Crossover<G extends Genes = Genes> {
  readonly label: string;
  /**
   * Mixes two individuals in place: they enter as copies of the parents and leave as the children. Returns the sites
   * at which it cut (the index of the first gene after the cut), or none.
   * Law: the children keep the length, the alphabet and the limits of the domain.
   */
  cross(a: G, b: G, domain: Domain, rng: Rng): readonly number[];
}

/** What crossovers without cuts return. */
export const NO_SITES: readonly number[] = [];
