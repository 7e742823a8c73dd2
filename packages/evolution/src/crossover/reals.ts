/** Crossovers that blend numbers. On integers the results are rounded; categories are exchanged, not blended. */

import { type Rng, SkeinError } from '@skein/core';
import type { Domain } from '../encodings/encoding.ts';
import type { Genes } from '../population.ts';
import { type Crossover, NO_SITES } from './crossover.ts';

/** What `sbx` takes. */
export interface SbxOptions {
  /** Distribution index: the larger, the closer the children stay to their parents. */
  readonly eta: number;
  /** Chance that a gene takes part. */
  readonly geneRate: number;
}
export const sbxDefaults: SbxOptions = { eta: 15, geneRate: 0.5 };

/**
 * Simulated binary crossover, bounded (Deb and Agrawal 1995; Deb's NSGA-II code): the children of x1 < x2 lie
 * symmetrically around the parents' mean, spread so that the bounds are never crossed. Children swap sides with
 * probability one half.
 */
export function sbx(given: Partial<SbxOptions> = {}): Crossover<Float64Array | Int32Array> {
  const { eta, geneRate } = { ...sbxDefaults, ...given };
  if (!(eta >= 0)) throw new SkeinError('INPUT', `sbx(eta): expected a number that is not negative, got ${eta}`);
  return {
    label: `sbx(${eta})`,
    cross: (a, b, domain, rng) => {
      const takesPart = coin(geneRate, rng);
      const swapped = coin(0.5, rng);
      for (let j = 0; j < a.length; j++) {
        if (!takesPart() || Math.abs(a[j]! - b[j]!) <= 1e-14) continue;
        if (isCategory(domain, j)) exchange(a, b, j);
        else sbxGene(a, b, j, eta, domain, rng.uniform(), swapped());
      }
      return NO_SITES;
    },
  };
}

/** A coin that shows heads with probability `p`. A fair one gets 32 flips out of one random word. */
function coin(p: number, rng: Rng): () => boolean {
  if (p !== 0.5) return p >= 1 ? () => true : () => rng.uniform() < p;
  let word = 0;
  let left = 0;
  return () => {
    if (left === 0) {
      word = rng.uint32();
      left = 32;
    }
    left--;
    const heads = (word & 1) === 1;
    word >>>= 1;
    return heads;
  };
}

function sbxGene(a: Genes, b: Genes, j: number, eta: number, domain: Domain, u: number, swapped: boolean): void {
  const low = domain.low[j]!;
  const high = domain.high[j]!;
  const x1 = Math.min(a[j]!, b[j]!);
  const x2 = Math.max(a[j]!, b[j]!);
  const spread = x2 - x1;
  // Beyond this limit the bound has no effect in float64, and both children share one spread factor.
  const free = 2 ** (53 / (eta + 1));
  const down = Math.min(free, 1 + (2 * (x1 - low)) / spread);
  const up = Math.min(free, 1 + (2 * (high - x2)) / spread);
  const downSpread = sbxSpread(u, down, eta);
  const upSpread = up === down ? downSpread : sbxSpread(u, up, eta);
  const c1 = (x1 + x2 - downSpread * spread) / 2;
  const c2 = (x1 + x2 + upSpread * spread) / 2;
  a[j] = fitted(swapped ? c2 : c1, j, domain);
  b[j] = fitted(swapped ? c1 : c2, j, domain);
}

/** The spread factor at quantile u, of the distribution cut off at `limit`, where the child meets its bound. */
function sbxSpread(u: number, limit: number, eta: number): number {
  const scaled = u * (2 - limit ** -(eta + 1));
  return (scaled <= 1 ? scaled : 1 / (2 - scaled)) ** (1 / (eta + 1));
}

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
