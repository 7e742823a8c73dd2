/** Crossovers that blend numbers. On integers the results are rounded; categories are exchanged, not blended. */

import { SkeinError } from '@skein/core';
import type { Domain } from '../encodings/encoding.ts';
import type { Genes } from '../population.ts';
import { type Crossover, NO_SITES } from './crossover.ts';

/**
 * Blend crossover BLX-alpha (Eshelman and Schaffer 1993): each child's gene is uniform on the parents' interval made
 * longer by `alpha` (default 0.5) of its length on both sides, cut at the bounds.
 */
export function blx(alpha = 0.5): Crossover<Float64Array | Int32Array> {
  if (!(alpha >= 0)) throw new SkeinError('INPUT', `blx(alpha): expected a number that is not negative, got ${alpha}`);
  return {
    label: `blx(${alpha})`,
    cross: (a, b, domain, rng) => {
      for (let j = 0; j < a.length; j++) {
        if (isCategory(domain, j)) {
          if (rng.bernoulli(0.5)) exchange(a, b, j);
          continue;
        }
        const x1 = Math.min(a[j]!, b[j]!);
        const length = Math.abs(a[j]! - b[j]!);
        const from = x1 - alpha * length;
        const span = length * (1 + 2 * alpha);
        a[j] = fitted(from + span * rng.uniform(), j, domain);
        b[j] = fitted(from + span * rng.uniform(), j, domain);
      }
      return NO_SITES;
    },
  };
}

/** Intermediate recombination of evolution strategies: both children are the parents' mean. */
export function intermediate(): Crossover<Float64Array | Int32Array> {
  return {
    label: 'intermediate',
    cross: (a, b, domain, rng) => {
      for (let j = 0; j < a.length; j++) {
        const mean = isCategory(domain, j) ? (rng.bernoulli(0.5) ? a[j]! : b[j]!) : (a[j]! + b[j]!) / 2;
        a[j] = fitted(mean, j, domain);
        b[j] = a[j]!;
      }
      return NO_SITES;
    },
  };
}

/** True if gene j of a mixed encoding chooses among unordered categories. */
export function isCategory(domain: Domain, j: number): boolean {
  return domain.categories !== undefined && domain.categories[j]! > 0;
}

function exchange(a: Genes, b: Genes, j: number): void {
  const kept = a[j]!;
  a[j] = b[j]!;
  b[j] = kept;
}

/** A number made to fit gene j: rounded for integers, cut at the bounds. */
export function fitted(x: number, j: number, domain: Domain): number {
  const value = domain.kind === 'integers' ? Math.round(x) : x;
  return Math.min(domain.high[j]!, Math.max(domain.low[j]!, value));
}
