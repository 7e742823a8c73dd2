/**
 * Evolution strategies (mu/rho, lambda) and (mu/rho + lambda) with self-adaptive step sizes (Rechenberg, Schwefel): a
 * composition of the genetic algorithm's parts. Parents are drawn without regard to fitness; selection happens among the
 * survivors.
 */

import { intermediate } from '../crossover/reals.ts';
import type { Encoding } from '../encodings/encoding.ts';
import { type EvolutionResult, type EvolveOptions, evolve } from '../evolve.ts';
import { createGeneticAlgorithm, type GeneticAlgorithm, type GeneticState } from '../genetic/genetic-algorithm.ts';
import { comma, plus } from '../genetic/survival.ts';
import { type SelfAdaptiveOptions, selfAdaptive } from '../mutation/self-adaptive.ts';
import { anyone } from '../selection/competitive.ts';

/** What `createEvolutionStrategy` takes. */
export interface EvolutionStrategyOptions<V = Float64Array> extends Partial<SelfAdaptiveOptions> {
  /** `reals` or `mixed`. */
  readonly encoding: Encoding<V, Float64Array>;
  /** Parents, at least 2, default 15. */
  readonly mu?: number;
  /** Offspring a generation, default 7 mu. */
  readonly lambda?: number;
  /** `comma` (default): parents die every generation. `plus`: they compete with their offspring. */
  readonly scheme?: 'comma' | 'plus';
  /** Parents of one offspring: 1 copies, 2 (default) takes the mean of two. */
  readonly rho?: 1 | 2;
  readonly maximise?: boolean;
  readonly seed?: number;
  readonly state?: GeneticState<Float64Array>;
}

export const evolutionStrategyDefaults = { mu: 15, scheme: 'comma', rho: 2 } as const;

/** An evolution strategy to ask and tell. Throws `INPUT` when an option does not fit. */
export function createEvolutionStrategy<V = Float64Array>(
  options: EvolutionStrategyOptions<V>,
): GeneticAlgorithm<V, Float64Array> {
  const { mu, rho, scheme, sigma, smallest, perGene, lambda, ...rest } = { ...evolutionStrategyDefaults, ...options };
  const step = { ...(sigma && { sigma }), ...(smallest && { smallest }), ...(perGene !== undefined && { perGene }) };
  const offspring = lambda ?? 7 * mu;
  return createGeneticAlgorithm<V, Float64Array>({
    ...rest,
    population: mu,
    selection: anyone(),
    crossover: intermediate(),
    crossoverRate: rho === 1 ? 0 : 1,
    mutation: selfAdaptive(step),
    survival: scheme === 'comma' ? comma({ offspring }) : plus({ offspring }),
  });
}

/** Runs an evolution strategy. */
export function evolutionStrategy<V = Float64Array>(
  options: EvolutionStrategyOptions<V> & EvolveOptions<V, GeneticAlgorithm<V, Float64Array>>,
): Promise<EvolutionResult<V, GeneticState<Float64Array>>> {
  return evolve(createEvolutionStrategy(options), options.encoding, options);
}
