/** The genetic algorithm as one call. */

import { type EvolutionResult, type EvolveOptions, evolve } from '../evolve.ts';
import type { Genes } from '../population.ts';
import {
  createGeneticAlgorithm,
  type GeneticAlgorithm,
  type GeneticOptions,
  type GeneticState,
} from './genetic-algorithm.ts';

/** What `geneticAlgorithm` takes: the algorithm's options, the fitness, the stopping rules. */
export type GeneticRunOptions<V, G extends Genes> = GeneticOptions<V, G> & EvolveOptions<V, GeneticAlgorithm<V, G>>;

/**
 * Runs a genetic algorithm. Without `generations` or another rule it runs until its signal aborts it.
 *
 * ```ts
 * const result = await geneticAlgorithm({
 *   encoding: bits(5), fitness: (s) => decode(s) ** 2, maximise: true, population: 4, generations: 20, seed: 7,
 * });
 * ```
 */
export function geneticAlgorithm<V, G extends Genes>(
  options: GeneticRunOptions<V, G>,
): Promise<EvolutionResult<V, GeneticState<G>>> {
  return evolve(createGeneticAlgorithm(options), options.encoding, options);
}
