/** The contract of mutations. */

import { type Rng, SkeinError } from '@skein/core';
import type { Domain } from '../encodings/encoding.ts';
import type { Genes } from '../population.ts';

/** Changes one individual. Make one with `bitFlip`, `gaussian`, `polynomial`, ... */
export interface Mutation<G extends Genes = Genes> {
  readonly label: string;
  /** Changes the genes in place. Law: they keep the length, the alphabet and the limits of the domain. */
  mutate(genes: G, domain: Domain, rng: Rng, strategy: Float64Array): void;
  /**
   * True if `mutate` may get the genes of several individuals, one after the other, and changes each gene alone: it is
   * then called once a generation.
   */
  readonly wholePopulation?: true;
  /**
   * For self-adaptive mutations: the strategy parameters that every individual carries beside its genes, at their
   * initial values. They are inherited, mutated with the genes, and live or die with them.
   */
  strategy?(domain: Domain): Float64Array;
}

/** A mutation rate per gene: `undefined` stands for 1/L. Throws `INPUT` outside [0, 1]. */
export function geneRate(rate: number | undefined, what: string): (length: number) => number {
  if (rate !== undefined && !(rate >= 0 && rate <= 1)) {
    throw new SkeinError('INPUT', `${what}: expected a rate in [0, 1], got ${rate}`);
  }
  return (length) => rate ?? 1 / length;
}
