/** Mutations of strings. */

import { chosenPlaces } from '../kernels/random.ts';
import { geneRate, type Mutation } from './mutation.ts';

/**
 * Point mutation, gene by gene: each symbol is replaced by another one with probability `rate`, default 1/L. On bits
 * that is a flip.
 */
export function bitFlip(rate?: number): Mutation<Uint8Array> {
  const rateFor = geneRate(rate, 'bitFlip(rate)');
  return {
    label: `bitFlip(${rate ?? '1/L'})`,
    wholePopulation: true,
    mutate: (genes, { length, high }, rng) => {
      for (const place of chosenPlaces(genes.length, rateFor(length), rng)) {
        const symbols = high[place % length]! + 1;
        const step = symbols === 2 ? 1 : 1 + rng.integer(symbols - 1);
        genes[place] = (genes[place]! + step) % symbols;
      }
    },
  };
}
