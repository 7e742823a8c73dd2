/** Mutations of numbers. On integers the results are rounded; bounds are kept; categories are redrawn. */

import { type Rng, SkeinError } from '@skein/core';
import { power } from '../crossover/power.ts';
import { fitted, isCategory } from '../crossover/reals.ts';
import type { Domain } from '../encodings/encoding.ts';
import type { Genes } from '../population.ts';
import { forEachChosen, geneRate, type Mutation } from './mutation.ts';

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
  const rateFor = geneRate(rate, 'gaussian(rate)');
  return {
    label: `gaussian(${sigma})`,
    mutate: (genes, domain, rng) => {
      forEachChosen(genes.length, rateFor(genes.length), rng, (j) => {
        if (redrawnCategory(genes, domain, j, rng)) return;
        const range = domain.high[j]! - domain.low[j]!;
        genes[j] = fitted(genes[j]! + sigma * range * rng.normal(), j, domain);
      });
    },
  };
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
  const rateFor = geneRate(rate, 'polynomial(rate)');
  return {
    label: `polynomial(${eta})`,
    mutate: (genes, domain, rng) => {
      forEachChosen(genes.length, rateFor(genes.length), rng, (j) => {
        if (redrawnCategory(genes, domain, j, rng)) return;
        const low = domain.low[j]!;
        const range = domain.high[j]! - low;
        if (range > 0) {
          const step = polynomialStep((genes[j]! - low) / range, eta, rng.uniform());
          genes[j] = fitted(genes[j]! + step * range, j, domain);
        }
      });
    },
  };
}

/** If gene j chooses among categories, draws another one and says true. */
function redrawnCategory(genes: Genes, domain: Domain, j: number, rng: Rng): boolean {
  if (!isCategory(domain, j)) return false;
  const count = domain.categories![j]!;
  if (count === 1) return true;
  const now = Math.min(count - 1, Math.floor(genes[j]! * count));
  genes[j] = (((now + 1 + rng.integer(count - 1)) % count) + 0.5) / count;
  return true;
}

/** Step at quantile u for a gene at relative position x in [0, 1]; x + step stays in [0, 1]. */
function polynomialStep(x: number, eta: number, u: number): number {
  const exponent = 1 / (eta + 1);
  if (u < 0.5) return (2 * u + (1 - 2 * u) * power(1 - x, eta + 1)) ** exponent - 1;
  return 1 - (2 * (1 - u) + (2 * u - 1) * power(x, eta + 1)) ** exponent;
}
