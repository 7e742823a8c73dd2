/** Mutations whose strength evolves with the individual (Schwefel; Baeck and Schuetz 1996). */

import { SkeinError } from '@skein/core';
import { fitted } from '../crossover/reals.ts';
import { chosenPlaces } from '../kernels/random.ts';
import type { Mutation } from './mutation.ts';

/** What `selfAdaptive` takes. */
export interface SelfAdaptiveOptions {
  /** First standard deviation, relative to the gene's range. */
  readonly sigma: number;
  /** Smallest standard deviation, relative to the gene's range. */
  readonly smallest: number;
  /** One standard deviation a gene (default), or one for all genes of an individual. */
  readonly perGene: boolean;
}
export const selfAdaptiveDefaults: SelfAdaptiveOptions = { sigma: 0.1, smallest: 1e-12, perGene: true };

/**
 * Adds normal noise to every gene. Each individual carries its standard deviations, which are mutated first, by
 * log-normal factors: exp(N(0, 1/(2 L))) for all genes together, times exp(N(0, 1/(2 sqrt L))) for each. With one
 * standard deviation for all genes the factor is exp(N(0, 1/L)).
 */
export function selfAdaptive(given: Partial<SelfAdaptiveOptions> = {}): Mutation<Float64Array> {
  const { sigma, smallest, perGene } = { ...selfAdaptiveDefaults, ...given };
  if (!(sigma > 0)) throw new SkeinError('INPUT', `selfAdaptive(sigma): expected a positive number, got ${sigma}`);
  return {
    label: `selfAdaptive(${perGene ? 'per gene' : 'one'})`,
    strategy: (domain) => new Float64Array(perGene ? domain.length : 1).fill(sigma),
    mutate: (genes, domain, rng, sigmas) => {
      const common = rng.normal() * Math.sqrt(perGene ? 1 / (2 * genes.length) : 1 / genes.length);
      const each = perGene ? Math.sqrt(1 / (2 * Math.sqrt(genes.length))) : 0;
      for (let k = 0; k < sigmas.length; k++) {
        const factor = Math.exp(common + (each === 0 ? 0 : each * rng.normal()));
        sigmas[k] = Math.max(smallest, sigmas[k]! * factor);
      }
      for (let j = 0; j < genes.length; j++) {
        const step = sigmas[perGene ? j : 0]! * (domain.high[j]! - domain.low[j]!);
        genes[j] = fitted(genes[j]! + step * rng.normal(), j, domain);
      }
    },
  };
}

/**
 * Bit flips whose rate p evolves: first p' = 1 / (1 + (1-p)/p exp(-0.22 N(0,1))), kept in [1/(10 L), 1/2], then
 * every bit flips with probability p'. `rate` is the first p, default 1/L.
 */
export function selfAdaptiveFlip(rate?: number): Mutation<Uint8Array> {
  return {
    label: 'selfAdaptiveFlip',
    strategy: (domain) => Float64Array.of(rate ?? 1 / domain.length),
    mutate: (genes, _domain, rng, strategy) => {
      const p = strategy[0]!;
      const mutated = 1 / (1 + ((1 - p) / p) * Math.exp(-0.22 * rng.normal()));
      strategy[0] = Math.min(0.5, Math.max(1 / (10 * genes.length), mutated));
      for (const j of chosenPlaces(genes.length, strategy[0], rng)) genes[j]! ^= 1;
    },
  };
}
