/** Mutations that only move genes: for permutations, and for strings whose genes share their alphabet. */

import { twoSites } from '../crossover/points.ts';
import { geneRate, type Mutation } from './mutation.ts';

/** Exchanges two random genes, with probability `rate` (default 1) an individual. */
export function swap(rate = 1): Mutation<Int32Array | Uint8Array> {
  geneRate(rate, 'swap(rate)');
  return {
    label: `swap(${rate})`,
    mutate: (genes, _domain, rng) => {
      if (genes.length < 2 || !rng.bernoulli(rate)) return;
      const [i, j] = twoSites(genes.length, rng);
      const kept = genes[i]!;
      genes[i] = genes[j]!;
      genes[j] = kept;
    },
  };
}

/** Reverses a random segment of at least two genes, with probability `rate` (default 1): on a tour, a 2-opt move. */
export function inversion(rate = 1): Mutation<Int32Array | Uint8Array> {
  geneRate(rate, 'inversion(rate)');
  return {
    label: `inversion(${rate})`,
    mutate: (genes, _domain, rng) => {
      if (genes.length < 2 || !rng.bernoulli(rate)) return;
      const [i, j] = twoSites(genes.length, rng);
      genes.subarray(i, j + 1).reverse();
    },
  };
}
