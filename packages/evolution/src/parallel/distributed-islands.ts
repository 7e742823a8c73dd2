/**
 * The island model with its islands elsewhere: each evolves on its own, as one task, from one migration to the next, and
 * only states travel. Fitness values never do, so that cheap fitness functions gain from many machines, too.
 */

import { drive } from '../drive.ts';
import type { Fitness } from '../evaluation.ts';
import { type EvolutionResult, evolve, reportOf, resultOf, ruleThatStops, type StoppingRules } from '../evolve.ts';
import { createGeneticAlgorithm, type GeneticOptions, type GeneticState } from '../genetic/genetic-algorithm.ts';
import type { Genes } from '../population.ts';
import type { GenerationReport } from '../statistics.ts';
import { createIslands, type Islands, type IslandsOptions, type IslandsState, type IslandWork } from './islands.ts';

/** What `distributedIslands` takes. */
export interface DistributedIslandsOptions<V, G extends Genes> extends IslandsOptions<V, G>, StoppingRules {
  /** Does the work of one island, anywhere: `(work, signal) => runtime.run(task, work, { signal })`. */
  readonly evolveIsland: (work: IslandWork<G>, signal: AbortSignal) => Promise<GeneticState<G>>;
  /** Called after every migration; awaited. */
  readonly onMigration?: (report: GenerationReport, islands: Islands<V, G>) => void | Promise<void>;
}

/**
 * Runs an archipelago whose islands evolve elsewhere. Rules are looked at after migrations. The result is that of
 * `islands` with the same options, bit for bit, whoever did the work.
 */
export async function distributedIslands<V, G extends Genes>(
  options: DistributedIslandsOptions<V, G>,
): Promise<EvolutionResult<V, IslandsState<G>>> {
  const { encoding, evolveIsland, signal = new AbortController().signal } = options;
  const archipelago = createIslands(options);
  const history: GenerationReport[] = [];
  const stop = await drive<null, true>({
    stop: () => ruleThatStops(archipelago, options),
    ask: () => null,
    evaluate: async () => {
      try {
        await archipelago.evolveElsewhere((work) => evolveIsland(work, signal));
        return true;
      } catch (error) {
        if (signal.aborted) return null;
        throw error;
      }
    },
    tell: async () => {
      const report = reportOf(archipelago, encoding);
      history.push(report);
      await options.onMigration?.(report, archipelago);
    },
  });
  return resultOf(archipelago, encoding, stop, history);
}

/**
 * Does the work of one island: what the task of `distributedIslands` runs. The options are those of the archipelago, as
 * far as the genetic algorithm takes them, and the fitness.
 */
export async function evolveIsland<V, G extends Genes>(
  options: Omit<GeneticOptions<V, G>, 'state' | 'seed'> & { readonly fitness: Fitness<V> },
  { state, generations }: IslandWork<G>,
): Promise<GeneticState<G>> {
  const algorithm = createGeneticAlgorithm({ ...options, state });
  await evolve(algorithm, options.encoding, {
    fitness: options.fitness,
    generations: state.generation + generations,
    history: false,
  });
  return algorithm.state();
}
