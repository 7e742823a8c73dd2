/** Mutations of numbers. On integers the results are rounded; bounds are kept; categories are redrawn. */

import { type Rng, SkeinError } from '@skein/core';
import { isCategory } from '../crossover/reals.ts';
import type { Domain } from '../encodings/encoding.ts';
import { type Kernels, workspace } from '../kernels/module.ts';
import { chosenPlaces, drawKey } from '../kernels/random.ts';
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

/** Polynomial mutation, bounded (Deb and Goyal 1996): steps relative to the range that never cross the bounds. */
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
      const places = chosenPlaces(genes.length, rateFor(domain.length), rng);
      const numbers = domain.categories === undefined ? places : redrawCategories(genes, domain, places, rng);
      const [key0, key1] = drawKey(rng);
      for (let from = 0; from < numbers.length; from += BLOCK) {
        const part = numbers.subarray(from, from + BLOCK);
        const change = (at: readonly [number, number, number], kernels: Kernels) =>
          kernels[kernel](...at, part.length, parameter, key0, key1, from);
        changeAt(genes, domain, part, change);
      }
    },
  };
}

/** Numbers that are changed at a time. */
const BLOCK = 2048;

/** Gathers the genes at `places` with their limits, lets a kernel change them, and puts them back. */
function changeAt(
  genes: Float64Array | Int32Array,
  { length, low, high, kind }: Domain,
  places: Int32Array,
  change: (addresses: readonly [values: number, low: number, high: number], kernels: Kernels) => void,
): void {
  const space = workspace();
  const count = places.length;
  const addresses = [space.take(8 * count), space.take(8 * count), space.take(8 * count)] as const;
  const [values, lows, highs] = addresses.map((at) => at >> 3) as [number, number, number];
  const { f64 } = space;
  for (let i = 0; i < count; i++) {
    const j = places[i]! % length;
    f64[values + i] = genes[places[i]!]!;
    f64[lows + i] = low[j]!;
    f64[highs + i] = high[j]!;
  }
  change(addresses, space.kernels);
  for (let i = 0; i < count; i++) {
    const value = f64[values + i]!;
    genes[places[i]!] = kind === 'integers' ? Math.round(value) : value;
  }
}

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
