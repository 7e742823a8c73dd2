/**
 * The island model: several populations evolve on their own and now and then send copies of their best individuals to
 * others. The archipelago is one optimiser: a generation asks for the batches of all islands together, so that they can
 * be evaluated side by side, and gives the same result wherever they are evaluated.
 */

import { createRng, type Rng, type RngState, SkeinError } from '@skein/core';
import type { Encoding } from '../encodings/encoding.ts';
import { type EvolutionResult, type EvolveOptions, evolve } from '../evolve.ts';
import { GeneticAlgorithm, type GeneticOptions, type GeneticState } from '../genetic/genetic-algorithm.ts';
import { checkLengths, type Optimiser, refuseUnasked, streamOf } from '../optimiser.ts';
import { type Incumbent, improves, type Outcome, readOutcomes } from '../outcome.ts';
import { type Evaluated, type Genes, type Population, populationOf } from '../population.ts';

/** Who sends to whom. `ring`: island i to island i + 1. `random`: a random order in which each sends to the next. */
export type Topology = 'ring' | 'random';

/** What `createIslands` takes. */
export interface IslandsOptions<V, G extends Genes> extends Omit<GeneticOptions<V, G>, 'state' | 'trace'> {
  /** Number of islands, at least 2, default 4; `population` is the size of each. */
  readonly islands?: number;
  /** Generations between two migrations. */
  readonly migrateEvery?: number;
  /** Individuals that each island sends. */
  readonly migrants?: number;
  readonly topology?: Topology;
  /** Options of island i that differ from the common ones: other operators or rates. */
  readonly island?: (i: number) => Partial<Omit<GeneticOptions<V, G>, 'encoding' | 'maximise' | 'seed' | 'state'>>;
  readonly state?: IslandsState<G>;
}

export const islandsDefaults = { islands: 4, migrateEvery: 10, migrants: 2, topology: 'ring' } as const;

/** Plain state of an archipelago. */
export interface IslandsState<G extends Genes = Genes> {
  readonly algorithm: 'islands';
  readonly rng: RngState;
  readonly islands: readonly GeneticState<G>[];
  readonly best: Incumbent | null;
}

/** One island's way to the next migration, as plain data. */
export interface IslandWork<G extends Genes = Genes> {
  /** Which island it is. */
  readonly island: number;
  readonly generations: number;
  readonly state: GeneticState<G>;
}

/** An archipelago of genetic algorithms to ask and tell. Throws `INPUT` when an option does not fit. */
export function createIslands<V, G extends Genes>(options: IslandsOptions<V, G>): Islands<V, G> {
  return new Islands(options);
}

/** Runs an archipelago. `batchSize: population` evaluates every island's batch as one. */
export function islands<V, G extends Genes>(
  options: IslandsOptions<V, G> & EvolveOptions<V, Islands<V, G>>,
): Promise<EvolutionResult<V, IslandsState<G>>> {
  return evolve(createIslands(options), options.encoding, options);
}

/** Ask and tell over generations of all islands. Make one with `createIslands`. */
export class Islands<V, G extends Genes> implements Optimiser<G, IslandsState<G>> {
  readonly name = 'islands';
  readonly maximise: boolean;
  best: Incumbent | null = null;
  readonly #options: IslandsOptions<V, G>;
  readonly #encoding: Encoding<V, G>;
  readonly #migration: { readonly every: number; readonly count: number; readonly topology: Topology };
  readonly #rng: Rng;
  #islands: readonly GeneticAlgorithm<V, G>[];
  #pending: Population<G> | null = null;

  constructor(options: IslandsOptions<V, G>) {
    const { islands: count, migrateEvery, migrants, topology } = { ...islandsDefaults, ...options };
    for (const [name, value, least] of [
      ['islands', count, 2],
      ['migrateEvery', migrateEvery, 1],
      ['migrants', migrants, 0],
    ] as const) {
      if (Number.isInteger(value) && value >= least) continue;
      throw new SkeinError('INPUT', `${name}: expected an integer of at least ${least}, got ${value}`);
    }
    this.maximise = options.maximise ?? false;
    this.#encoding = options.encoding;
    this.#migration = { every: migrateEvery, count: migrants, topology };
    const seeds = createRng(options.seed ?? 0);
    this.#rng = options.state === undefined ? seeds.split('migration') : streamOf(this.name, options.state);
    if (options.state !== undefined) checkLengths({ islands: [options.state.islands, count] });
    this.#options = options;
    this.#islands = Array.from({ length: count }, (_, i) =>
      islandOf(options, i, { seed: seeds.split(i).uint32(), state: options.state?.islands[i] }),
    );
    this.best = structuredClone(options.state?.best ?? null);
  }

  /** The single populations: for reports. */
  get islands(): readonly GeneticAlgorithm<V, G>[] {
    return this.#islands;
  }

  get generation(): number {
    return this.islands[0]?.generation ?? 0;
  }

  get evaluations(): number {
    return this.islands.reduce((sum, island) => sum + island.evaluations, 0);
  }

  ask(): Population<G> {
    this.#pending ??= this.#join(this.islands.map((island) => island.ask()));
    return this.#pending;
  }

  tell(outcomes: ArrayLike<Outcome>): void {
    refuseUnasked(this.#pending);
    // Checked as a whole first, so that a wrong outcome leaves all islands as they were.
    readOutcomes(outcomes, this.#pending.size);
    let from = 0;
    for (const island of this.islands) {
      const { size } = island.ask();
      island.tell(Array.prototype.slice.call(outcomes, from, from + size) as Outcome[]);
      from += size;
    }
    this.#pending = null;
    this.#afterGeneration();
  }

  /**
   * Instead of `ask` and `tell`: lets `elsewhere` evolve every island up to the next migration, side by side, and then
   * migrates. Islands come back as states, so the result is the same wherever they were. If one of them fails nothing has
   * changed.
   */
  async evolveElsewhere(elsewhere: (work: IslandWork<G>) => Promise<GeneticState<G>>): Promise<void> {
    const { every } = this.#migration;
    const generations = every - (this.generation % every);
    const work = this.islands.map((algorithm, island) => ({ island, generations, state: algorithm.state() }));
    const states = await Promise.all(work.map(elsewhere));
    this.#islands = states.map((state, i) => islandOf(this.#options, i, { seed: 0, state }));
    this.#pending = null;
    this.#afterGeneration();
  }

  #afterGeneration(): void {
    for (const { best } of this.islands) {
      if (best !== null && improves(best.fitness, best.violation, this.best, this.maximise)) this.best = best;
    }
    if (this.generation % this.#migration.every === 0) this.#migrate();
  }

  current(): Evaluated<G> {
    const all = this.islands.map((island) => island.current());
    return { ...this.#join(all), fitness: Float64Array.from(all.flatMap(({ fitness }) => Array.from(fitness))) };
  }

  stopReason(): null {
    return null;
  }

  state(): IslandsState<G> {
    return {
      algorithm: this.name,
      rng: this.#rng.state(),
      islands: this.islands.map((island) => island.state()),
      best: structuredClone(this.best),
    };
  }

  /** Everybody packs before anybody arrives, so that nobody travels twice. */
  #migrate(): void {
    const { count, topology } = this.#migration;
    const route = Array.from(this.islands.keys());
    if (topology === 'random') this.#rng.shuffle(route);
    const travelling = route.map((i) => this.islands[i]!.emigrants(count));
    route.forEach((_, k) => {
      this.islands[route[(k + 1) % route.length]!]!.immigrate(travelling[k]!);
    });
  }

  #join(parts: readonly Population<G>[]): Population<G> {
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const genes = this.#encoding.allocate(size * this.#encoding.length);
    let at = 0;
    for (const part of parts) {
      genes.set(part.genes.subarray(0, part.size * part.length), at);
      at += part.size * part.length;
    }
    return populationOf(genes, size);
  }
}

function islandOf<V, G extends Genes>(
  { state: _state, islands: _count, island, ...common }: IslandsOptions<V, G>,
  i: number,
  { seed, state }: { readonly seed: number; readonly state: GeneticState<G> | undefined },
): GeneticAlgorithm<V, G> {
  return new GeneticAlgorithm({ ...common, ...island?.(i), seed, ...(state && { state }) });
}
