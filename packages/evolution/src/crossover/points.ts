/** Crossovers that exchange genes and change none: for strings, integers, reals and mixed encodings. */

import { type Rng, SkeinError } from '@skein/core';
import type { Genes } from '../population.ts';
import { type Crossover, NO_SITES } from './crossover.ts';

/** A random site between two genes; everything behind it is swapped. */
export function onePoint(): Crossover {
  return {
    label: 'onePoint',
    cross: (a, b, _domain, rng) => {
      if (a.length < 2) return NO_SITES;
      const site = 1 + rng.integer(a.length - 1);
      swap(a, b, site, a.length);
      return [site];
    },
  };
}

/** Two different random sites; everything between them is swapped. */
export function twoPoint(): Crossover {
  return {
    label: 'twoPoint',
    cross: (a, b, _domain, rng) => {
      if (a.length < 3) return NO_SITES;
      const [from, to] = twoSites(a.length - 1, rng);
      swap(a, b, from + 1, to + 1);
      return [from + 1, to + 1];
    },
  };
}

/** Every gene is swapped with probability `swapRate`, default 0.5. */
export function uniform(swapRate = 0.5): Crossover {
  if (!(swapRate >= 0 && swapRate <= 1)) {
    throw new SkeinError('INPUT', `uniform(swapRate): expected a number in [0, 1], got ${swapRate}`);
  }
  return {
    label: `uniform(${swapRate})`,
    cross: (a, b, _domain, rng) => {
      if (swapRate === 0.5) swapByWords(a, b, rng);
      else for (let j = 0; j < a.length; j++) if (rng.uniform() < swapRate) swap(a, b, j, j + 1);
      return NO_SITES;
    },
  };
}

/** Swaps each gene with probability one half: one random word decides 32 genes. */
function swapByWords(a: Genes, b: Genes, rng: Rng): void {
  let word = 0;
  for (let j = 0; j < a.length; j++, word >>>= 1) {
    if ((j & 31) === 0) word = rng.uint32();
    if ((word & 1) === 0) continue;
    const kept = a[j]!;
    a[j] = b[j]!;
    b[j] = kept;
  }
}

/** Swaps the genes from `from` up to, not including, `to`. */
function swap(a: Genes, b: Genes, from: number, to: number): void {
  for (let j = from; j < to; j++) {
    const kept = a[j]!;
    a[j] = b[j]!;
    b[j] = kept;
  }
}

/** Two different numbers in [0, n), the smaller first; n is at least 2. */
export function twoSites(n: number, rng: Rng): readonly [number, number] {
  const first = rng.integer(n);
  const other = rng.integer(n - 1);
  const second = other >= first ? other + 1 : other;
  return first < second ? [first, second] : [second, first];
}
