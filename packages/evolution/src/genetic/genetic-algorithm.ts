/**
 * The genetic algorithm (Holland 1975; Goldberg 1989): strings over a finite alphabet, reproduction by a roulette wheel
 * that is spun once for every place in the mating pool, random mates, a random crossover site behind which the tails
 * are swapped, and point mutation. Every part is a value and can be exchanged; other encodings have other defaults
 * (`defaultOperators`).
 *
 * Notation. N: population size. Parents: the evaluated generation. Children: the batch that `ask` gives.
 */

import { type Rng, type RngState, SkeinError } from '@skein/core';
import { distanceIn } from '../encodings/diversity.ts';
import type { Encoding } from '../encodings/encoding.ts';
import { checkLengths, type Optimiser, refuseUnasked, streamOf } from '../optimiser.ts';
import { type Incumbent, type Outcome, type Outcomes, readOutcomes, scoresOf, updateIncumbent } from '../outcome.ts';
import { descending, type Evaluated, type Genes, type Population } from '../population.ts';
import { type BreedingRecord, breed } from './breed.ts';
import { type Brood, emptyBroods, gatherSurvivors, type StoredBrood, storedBrood } from './brood.ts';
import { defaultOperators, type GeneticOperators } from './defaults.ts';

/** What `createGeneticAlgorithm` takes. Operators that are left out depend on the encoding: see `defaultOperators`. */
export interface GeneticOptions<V, G extends Genes> extends Partial<GeneticOperators<G>> {
  readonly encoding: Encoding<V, G>;
  /** True to look for the largest fitness, false (default) for the smallest. */
  readonly maximise?: boolean;
  /** Population size N, at least 2. */
  readonly population?: number;
  readonly seed?: number;
  /** Individuals that the first generation starts with; the rest is drawn at random. */
  readonly initial?: readonly V[];
  /** Also record the mutations of the latest generation in `breeding`. */
  readonly trace?: boolean;
  /** A state to continue from; `seed` and `initial` are then ignored. */
  readonly state?: GeneticState<G>;
}

export const geneticDefaults = { maximise: false, population: 100, seed: 0, trace: false } as const;

/** Plain state of a genetic algorithm. */
export interface GeneticState<G extends Genes = Genes> {
  readonly algorithm: 'genetic-algorithm';
  readonly generation: number;
  readonly evaluations: number;
  readonly rng: RngState;
  /** The evaluated generation, null before the first `tell`. */
  readonly parents: (StoredBrood<G> & Outcomes) | null;
  /** Asked and not yet told, with the parent that each child began as a copy of. */
  readonly pending: (StoredBrood<G> & { readonly parentOf: Int32Array }) | null;
  readonly best: Incumbent | null;
}

/** An evaluated individual on its way to another population. */
export interface Migrant<G extends Genes = Genes> {
  readonly genes: G;
  readonly strategy: Float64Array;
  readonly fitness: number;
  readonly violation: number;
}

interface Parents<G extends Genes> extends Brood<G> {
  readonly outcomes: Outcomes;
}
interface Children<G extends Genes> extends Brood<G> {
  readonly parentOf: Int32Array;
}
type Settings<V, G extends Genes> = GeneticOperators<G> &
  Required<Pick<GeneticOptions<V, G>, 'encoding' | 'population' | 'seed' | 'trace'>>;

/** A genetic algorithm to ask and tell. Throws `INPUT` when an option does not fit. */
export function createGeneticAlgorithm<V, G extends Genes>(options: GeneticOptions<V, G>): GeneticAlgorithm<V, G> {
  return new GeneticAlgorithm(options);
}

/** Ask and tell over generations of typed arrays. Make one with `createGeneticAlgorithm`. */
export class GeneticAlgorithm<V, G extends Genes> implements Optimiser<G, GeneticState<G>> {
  readonly name = 'genetic-algorithm';
  readonly maximise: boolean;
  generation = 0;
  evaluations = 0;
  best: Incumbent | null = null;
  /** How the latest batch was bred; null for the first generation, which was drawn at random. */
  breeding: BreedingRecord | null = null;
  readonly #settings: Settings<V, G>;
  readonly #initialStrategy: Float64Array;
  readonly #rng: Rng;
  #parents: Parents<G> | null = null;
  #pending: Children<G> | null = null;
  /** Broods whose arrays can be written. */
  readonly #free: Brood<G>[];
  /** Outcomes of the latest parents and children together. */
  #merged: Outcomes | null = null;

  constructor(options: GeneticOptions<V, G>) {
    const maximise = options.maximise ?? geneticDefaults.maximise;
    this.#settings = settingsOf(options, maximise);
    this.maximise = maximise;
    this.#initialStrategy = this.#settings.mutation.strategy?.(options.encoding) ?? new Float64Array(0);
    const { encoding, population, survival } = this.#settings;
    this.#free = emptyBroods(encoding, [population, survival.offspring(population)], this.#initialStrategy.length);
    this.#rng = streamOf(this.name, options.state, this.#settings.seed);
    if (options.state === undefined) this.#pending = this.#firstBrood(options.initial ?? []);
    else this.#restore(options.state);
  }

  ask(): Population<G> {
    this.#pending ??= this.#breed();
    return this.#pending.individuals;
  }

  tell(outcomes: ArrayLike<Outcome>): void {
    const children = this.#pending;
    refuseUnasked(children);
    const { size, rows } = children.individuals;
    const told = readOutcomes(outcomes, size);
    this.generation++;
    this.evaluations += size;
    this.best = updateIncumbent(this.best, rows, told, this.maximise, this.generation);
    this.#parents =
      this.#parents === null ? { ...children, outcomes: told } : this.#survive(this.#parents, children, told);
    this.#pending = null;
  }

  current(): Evaluated<G> {
    const { individuals, outcomes } = this.#evaluated();
    return { ...individuals, fitness: outcomes.fitness };
  }

  stopReason(): null {
    return null;
  }

  /** Copies of the best `count` evaluated individuals, best first: to be sent to another population. */
  emigrants(count: number): Migrant<G>[] {
    const parents = this.#evaluated();
    const { fitness, violation } = parents.outcomes;
    const best = descending(scoresOf(parents.outcomes, this.maximise)).subarray(0, count);
    return Array.from(best, (i) => ({
      genes: (parents.individuals.rows[i] as G).slice() as G,
      strategy: (parents.strategies.rows[i] as Float64Array).slice(),
      fitness: fitness[i]!,
      violation: violation[i]!,
    }));
  }

  /**
   * Puts migrants in the places of the worst individuals, between `tell` and `ask` only. One whose strategy parameters
   * belong to another mutation gets the initial ones.
   */
  immigrate(migrants: readonly Migrant<G>[]): void {
    const parents = this.#evaluated();
    if (this.#pending !== null) {
      throw new SkeinError(
        'INPUT',
        'immigrate(migrants): expected a call between tell() and ask(), got one after ask()',
      );
    }
    const worst = descending(scoresOf(parents.outcomes, this.maximise)).reverse();
    migrants.slice(0, worst.length).forEach((migrant, k) => {
      const i = worst[k]!;
      (parents.individuals.rows[i] as G).set(migrant.genes);
      const fits = migrant.strategy.length === this.#initialStrategy.length;
      (parents.strategies.rows[i] as Float64Array).set(fits ? migrant.strategy : this.#initialStrategy);
      parents.outcomes.fitness[i] = migrant.fitness;
      parents.outcomes.violation[i] = migrant.violation;
    });
    const told = {
      fitness: Float64Array.from(migrants, (m) => m.fitness),
      violation: Float64Array.from(migrants, (m) => m.violation),
    };
    const rows = migrants.map((m) => m.genes);
    this.best = updateIncumbent(this.best, rows, told, this.maximise, this.generation);
  }

  #evaluated(): Parents<G> {
    if (this.#parents === null) throw new SkeinError('INPUT', 'expected a call of tell() before, got none');
    return this.#parents;
  }

  state(): GeneticState<G> {
    const parents = this.#parents;
    const pending = this.#pending;
    return structuredClone({
      algorithm: this.name,
      generation: this.generation,
      evaluations: this.evaluations,
      rng: this.#rng.state(),
      parents: parents === null ? null : { ...storedBrood(parents), ...parents.outcomes },
      pending: pending === null ? null : { ...storedBrood(pending), parentOf: pending.parentOf },
      best: this.best,
    });
  }

  #restore(given: GeneticState<G>): void {
    const state = structuredClone(given);
    const { population, encoding, survival } = this.#settings;
    const asked = state.parents === null ? population : survival.offspring(population);
    if (state.parents !== null) checkLengths({ 'parents.genes': [state.parents.genes, population * encoding.length] });
    if (state.pending !== null) checkLengths({ 'pending.genes': [state.pending.genes, asked * encoding.length] });
    this.generation = state.generation;
    this.evaluations = state.evaluations;
    this.best = state.best;
    const { parents, pending } = state;
    if (parents !== null) {
      const { fitness, violation } = parents;
      this.#parents = { ...this.#filled(parents), outcomes: { fitness, violation } };
    }
    if (pending !== null) this.#pending = { ...this.#filled(pending), parentOf: pending.parentOf };
  }

  #firstBrood(initial: readonly V[]): Children<G> {
    const { encoding, population } = this.#settings;
    const brood = this.#take(population);
    brood.individuals.rows.forEach((row, i) => {
      if (i < initial.length) row.set(encoding.encode(initial[i] as V));
      else encoding.sample(row, this.#rng);
    });
    for (const strategy of brood.strategies.rows) strategy.set(this.#initialStrategy);
    return { ...brood, parentOf: new Int32Array(population).fill(-1) };
  }

  #breed(): Children<G> {
    const parents = this.#parents as Parents<G>;
    const { survival, population, encoding, trace } = this.#settings;
    const children = this.#take(survival.offspring(population));
    const scores = scoresOf(parents.outcomes, this.maximise);
    this.breeding = breed(parents, scores, children, this.#settings, encoding, this.#rng, trace);
    return { ...children, parentOf: this.breeding.mates };
  }

  #survive(parents: Parents<G>, children: Children<G>, told: Outcomes): Parents<G> {
    const all = this.#merge(parents.outcomes, told);
    const { population, encoding, survival } = this.#settings;
    const { rows } = parents.individuals;
    const rowAt = (i: number) => (i < population ? rows[i] : children.individuals.rows[i - population]) as G;
    const survivors = survival.survive({
      size: population,
      scores: scoresOf(all, this.maximise),
      parentOf: children.parentOf,
      distance: distanceIn(rowAt, encoding),
    });
    const { brood, indices, free } = gatherSurvivors(parents, children, survivors);
    this.#free.push(free);
    const { fitness, violation } = parents.outcomes;
    for (let i = 0; i < population; i++) {
      fitness[i] = all.fitness[indices[i]!]!;
      violation[i] = all.violation[indices[i]!]!;
    }
    return { ...brood, outcomes: parents.outcomes };
  }

  /** Outcomes of the parents and then of the children. */
  #merge(parents: Outcomes, children: Outcomes): Outcomes {
    const size = parents.fitness.length + children.fitness.length;
    this.#merged ??= { fitness: new Float64Array(size), violation: new Float64Array(size) };
    for (const column of ['fitness', 'violation'] as const) {
      this.#merged[column].set(parents[column]);
      this.#merged[column].set(children[column], parents[column].length);
    }
    return this.#merged;
  }

  /** A free brood of a size. */
  #take(size: number): Brood<G> {
    const at = this.#free.findIndex(({ individuals }) => individuals.size === size);
    return this.#free.splice(at, 1)[0] as Brood<G>;
  }

  #filled({ size, genes, strategies }: StoredBrood<G>): Brood<G> {
    const brood = this.#take(size);
    brood.individuals.genes.set(genes);
    brood.strategies.genes.set(strategies);
    return brood;
  }
}

function settingsOf<V, G extends Genes>(options: GeneticOptions<V, G>, maximise: boolean): Settings<V, G> {
  const settings = { ...geneticDefaults, ...defaultOperators<G>(options.encoding, maximise), ...options };
  const { population, crossoverRate } = settings;
  if (!Number.isInteger(population) || population < 2) {
    throw new SkeinError('INPUT', `population: expected an integer of at least 2, got ${population}`);
  }
  if ((options.initial?.length ?? 0) > population) {
    throw new SkeinError(
      'INPUT',
      `initial: expected at most ${population} individuals, got ${options.initial?.length}`,
    );
  }
  if (!(crossoverRate >= 0 && crossoverRate <= 1)) {
    throw new SkeinError('INPUT', `crossoverRate: expected a number in [0, 1], got ${crossoverRate}`);
  }
  return settings;
}
