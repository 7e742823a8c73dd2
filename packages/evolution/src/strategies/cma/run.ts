/** CMA-ES as one call. */

import { type EvolutionResult, type EvolveOptions, evolve } from '../../evolve.ts';
import { readingOf } from '../search-box.ts';
import { type CmaEs, type CmaEsOptions, type CmaEsState, createCmaEs } from './cma-es.ts';
import {
  createRestartingCmaEs,
  type RestartingCmaEs,
  type RestartingCmaEsOptions,
  type RestartingCmaEsState,
} from './restarts.ts';

/** What `cmaEs` takes: the options of the strategy, the fitness, the stopping rules. */
export type CmaEsRunOptions<V> = CmaEsOptions<V> & EvolveOptions<V, CmaEs>;

/**
 * Runs CMA-ES until a rule or one of its own tolerances stops it.
 *
 * ```ts
 * const { best } = await cmaEs({ start: [3, 3], sigma: 1, fitness: ([x, y]) => (x - 1) ** 2 + 10 * (y + 2) ** 2 });
 * ```
 */
export function cmaEs<V = Float64Array>(options: CmaEsRunOptions<V>): Promise<EvolutionResult<V, CmaEsState>> {
  return evolve(createCmaEs(options), readingOf(options), options);
}

/** What `restartingCmaEs` takes. */
export type RestartingCmaEsRunOptions<V> = RestartingCmaEsOptions<V> & EvolveOptions<V, RestartingCmaEs>;

/** Runs CMA-ES with restarts (IPOP or BIPOP): for functions with many local minima. */
export function restartingCmaEs<V = Float64Array>(
  options: RestartingCmaEsRunOptions<V>,
): Promise<EvolutionResult<V, RestartingCmaEsState>> {
  return evolve(createRestartingCmaEs(options), readingOf(options), options);
}
