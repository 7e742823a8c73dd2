/** The contract of crossovers. */

import type { Rng } from '@skein/core';
import type { Domain } from '../encodings/encoding.ts';
import type { Genes, Population } from '../population.ts';

/** Mixes two individuals. Make one with `onePoint`, `sbx`, `order`, ... */
export interface Crossover<G extends Genes = Genes> {
  readonly label: string;
  /**
   * Mixes two individuals in place: they enter as copies of the parents and leave as the children. Returns the sites
   * at which it cut (the index of the first gene after the cut), or none.
   * Law: the children keep the length, the alphabet and the limits of the domain.
   */
  cross(a: G, b: G, domain: Domain, rng: Rng): readonly number[];
  /**
   * The same for many couples at once, where that is faster and there are no sites to tell. Child i begins as a copy of
   * parent `mates[i]`; couple k, the children 2k and 2k + 1, crosses if `crossing[k]` is 1. A last child without a mate is
   * only copied.
   */
  crossAll?(
    parents: Population<G>,
    mates: Int32Array,
    crossing: Uint8Array,
    children: Population<G>,
    domain: Domain,
    rng: Rng,
  ): void;
}

/** What crossovers without cuts return. */
export const NO_SITES: readonly number[] = [];
