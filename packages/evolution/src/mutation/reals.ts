/** Mutations of numbers. On integers the results are rounded; bounds are kept; categories are redrawn. */

import { type Rng, SkeinError } from '@skein/core';
import { isCategory } from '../crossover/reals.ts';
import type { Domain } from '../encodings/encoding.ts';
import { chosenPlaces, drawKey } from '../kernels/random.ts';
import { workspaceOf } from '../kernels/workspace.ts';
import type { Genes } from '../population.ts';
import { geneRate, type Mutation } from './mutation.ts';

/** What `gaussian` takes. */
export interface GaussianOptions {
  /** Standard deviation relative to the gene's range. */
  readonly sigma: number;
  /** Chance of each gene, default 1/L. */
  readonly rate?: number;
}
export const gaussianDefaults: GaussianOptions = { sigma: 0.1 };

/** Adds normal noise to each gene with probability `rate`; what leaves the bounds is cut at them. */
export function gaussian(given: Partial<GaussianOptions> = {}): Mutation<Float64Array | Int32Array> {
  const { sigma, rate } = { ...gaussianDefaults, ...given };
  if (!(sigma > 0)) throw new SkeinError('INPUT', `gaussian(sigma): expected a positive number, got ${sigma}`);
  return changingNumbers(`gaussian(${sigma})`, geneRate(rate, 'gaussian(rate)'), 'gaussian', sigma);
}

/** What `polynomial` takes. */
export interface PolynomialOptions {
  /** Distribution index: the larger, the smaller the steps. */
  readonly eta: number;
  /** Chance of each gene, default 1/L. */
  readonly rate?: number;
}
export const polynomialDefaults: PolynomialOptions = { eta: 20 };

/**
 * Polynomial mutation, bounded (Deb and Goyal 1996): steps relative to the range that never cross the bounds, drawn with 32
 * random bits in single precision.
 */
export function polynomial(given: Partial<PolynomialOptions> = {}): Mutation<Float64Array | Int32Array> {
  const { eta, rate } = { ...polynomialDefaults, ...given };
  if (!(eta >= 0)) throw new SkeinError('INPUT', `polynomial(eta): expected a number that is not negative, got ${eta}`);
  return changingNumbers(`polynomial(${eta})`, geneRate(rate, 'polynomial(rate)'), 'polynomial', eta);
}

/** A mutation that draws a new number for each chosen gene, by a kernel with one parameter. */
function changingNumbers(
  label: string,
  rateFor: (length: number) => number,
  kernel: 'gaussian' | 'polynomial',
  parameter: number,
): Mutation<Float64Array | Int32Array> {
  return {
    label,
    wholePopulation: true,
    mutate: (genes, domain, rng) => {
      const { length, low, high, kind } = domain;
      const places = chosenPlaces(genes.length, rateFor(length), rng);
      const numbers = domain.categories === undefined ? places : redrawCategories(genes, domain, places, rng);
      const key = drawKey(rng);
      const space = workspaceOf(genes);
      const at = space.place(genes);
      const shape = [at, length, space.copy(low), space.copy(high), kind === 'integers'] as const;
      const block = space.take(4 * BLOCK);
      for (let from = 0; from < numbers.length; from += BLOCK) {
        const part = numbers.subarray(from, from + BLOCK);
        space.i32.set(part, block >> 2);
        space.kernels[kernel](...shape, block, part.length, parameter, ...key, from);
      }
      space.fetch(genes, at);
    },
  };
}

/** Numbers that are changed at a time. */
const BLOCK = 2048;

/** Draws another category at those places that hold one; gives the other places. */
function redrawCategories(genes: Genes, domain: Domain, places: Int32Array, rng: Rng): Int32Array {
  return places.filter((place) => {
    const j = place % domain.length;
    if (!isCategory(domain, j)) return true;
    const count = domain.categories![j]!;
    if (count > 1) {
      const now = Math.min(count - 1, Math.floor(genes[place]! * count));
      genes[place] = (((now + 1 + rng.integer(count - 1)) % count) + 0.5) / count;
    }
    return false;
  });
}
