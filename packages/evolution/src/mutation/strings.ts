/** Mutations of strings. */

import { forEachChosen, geneRate, type Mutation } from './mutation.ts';

/**
 * Point mutation, gene by gene: each symbol is replaced by another one with probability `rate`, default 1/L. On bits
 * that is a flip.
 */
export function bitFlip(rate?: number): Mutation<Uint8Array> {
  const rateFor = geneRate(rate, 'bitFlip(rate)');
  return {
    label: `bitFlip(${rate ?? '1/L'})`,
    mutate: (genes, domain, rng) => {
      forEachChosen(genes.length, rateFor(genes.length), rng, (j) => {
        const symbols = domain.high[j]! + 1;
        const step = symbols === 2 ? 1 : 1 + rng.integer(symbols - 1);
        genes[j] = (genes[j]! + step) % symbols;
      });
    },
  };
}
