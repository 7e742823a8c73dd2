/** Crossovers that blend numbers. On integers the results are rounded; categories are exchanged, not blended. */

import { type Rng, SkeinError } from '@skein/core';
import type { Domain } from '../encodings/encoding.ts';
import type { Genes } from '../population.ts';
import { type Crossover, NO_SITES } from './crossover.ts';
import { power, root } from './power.ts';

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
  const shape = { order: eta + 1, free: 2 ** (53 / (eta + 1)) };
  return {
    label: `sbx(${eta})`,
    cross: (a, b, domain, rng) => {
      // One random word holds the coins of 32 genes.
      for (let from = 0; from < a.length; from += 32) {
        let taking = coins(geneRate, Math.min(32, a.length - from), rng);
        const swapping = rng.uint32();
        for (; taking !== 0; taking &= taking - 1) {
          const bit = 31 - Math.clz32(taking & -taking);
          const j = from + bit;
          if (Math.abs(a[j]! - b[j]!) <= 1e-14) continue;
          if (isCategory(domain, j)) exchange(a, b, j);
          else sbxGene(a, b, j, domain, shape, rng.uniform(), ((swapping >>> bit) & 1) === 1);
        }
      }
      return NO_SITES;
    },
  };
}

/** `count` (at most 32) coins as the low bits of a word, each 1 with probability `rate`. */
function coins(rate: number, count: number, rng: Rng): number {
  const mask = 0xffffffff >>> (32 - count);
  if (rate === 0.5) return rng.uint32() & mask;
  let word = 0;
  for (let k = 0; k < count; k++) if (rng.uniform() < rate) word |= 1 << k;
  return word;
}

/** The distribution of the spread: eta + 1, and the limit beyond which a bound has no effect in float64. */
interface SbxShape {
  readonly order: number;
  readonly free: number;
}

function sbxGene(a: Genes, b: Genes, j: number, domain: Domain, shape: SbxShape, u: number, swapped: boolean): void {
  const [low, high] = [domain.low[j]!, domain.high[j]!];
  const middle = (a[j]! + b[j]!) / 2;
  const half = Math.abs(a[j]! - b[j]!) / 2;
  const down = Math.min(shape.free, (middle - low) / half);
  const up = Math.min(shape.free, (high - middle) / half);
  const downSpread = spreadAt(u, down, shape);
  const upSpread = up === down ? downSpread : spreadAt(u, up, shape);
  const c1 = fitted(middle - downSpread * half, j, domain);
  const c2 = fitted(middle + upSpread * half, j, domain);
  a[j] = swapped ? c2 : c1;
  b[j] = swapped ? c1 : c2;
}

/** The spread factor at quantile u of the distribution cut off at `limit`, where the child meets its bound. */
function spreadAt(u: number, limit: number, { order, free }: SbxShape): number {
  const scaled = limit === free ? 2 * u : u * (2 - 1 / power(limit, order));
  return root(scaled <= 1 ? scaled : 1 / (2 - scaled), order);
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
