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

/**
 * Calls `visit` for each of 0..length-1 independently with probability `rate`. The gaps between visits are drawn from
 * the geometric distribution, so rare mutations cost a draw each instead of one draw per gene.
 */
export function forEachChosen(length: number, rate: number, rng: Rng, visit: (j: number) => void): void {
  if (rate <= 0) return;
  if (rate >= 1) {
    for (let j = 0; j < length; j++) visit(j);
    return;
  }
  const scale = 1 / Math.log1p(-rate);
  let j = -1;
  for (;;) {
    j += 1 + Math.floor(Math.log(1 - rng.uniform()) * scale);
    if (j >= length) return;
    visit(j);
  }
}
