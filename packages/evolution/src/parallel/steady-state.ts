/**
 * An asynchronous steady-state genetic algorithm: individuals are asked one at a time, may be told in any order, and
 * join the population as soon as they are told. Slow evaluations delay nobody, and one that never comes back costs one
 * individual.
 */

import { type Rng, type RngState, SkeinError } from '@skein/core';
import type { Encoding } from '../encodings/encoding.ts';
import { type BreedingOperators, breed } from '../genetic/breed.ts';
import { type Brood, broodOf, type StoredBrood, storedBrood } from '../genetic/brood.ts';
import { defaultOperators } from '../genetic/defaults.ts';
import { checkLengths, streamOf } from '../optimiser.ts';
import {
  type Incumbent,
  improves,
  type Outcome,
  type Outcomes,
  readOutcomes,
  scoresOf,
  updateIncumbent,
} from '../outcome.ts';
import { type Evaluated, type Genes, populationOf } from '../population.ts';
import { tournament } from '../selection/competitive.ts';

/** What `createSteadyState` takes. The selection is a binary tournament unless another one is named. */
export interface SteadyStateOptions<V, G extends Genes> extends Partial<BreedingOperators<G>> {
  readonly encoding: Encoding<V, G>;
  readonly maximise?: boolean;
  /** Individuals that are kept, at least 2, default 50. */
  readonly population?: number;
  readonly seed?: number;
  readonly state?: SteadyStateState<G>;
}

export const steadyStateDefaults = { maximise: false, population: 50, seed: 0 } as const;

/** An individual to evaluate. */
export interface Candidate<G extends Genes = Genes> {
  readonly id: number;
  readonly genes: G;
}

/** Plain state: the evaluated individuals, those that are out for evaluation, and counters. */
export interface SteadyStateState<G extends Genes = Genes> {
  readonly algorithm: 'steady-state';
  readonly rng: RngState;
  readonly nextId: number;
  readonly evaluations: number;
  /** The first `count` places of the population are taken. */
  readonly count: number;
  readonly members: StoredBrood<G> & Outcomes;
  readonly pending: readonly (Candidate<G> & { readonly strategy: Float64Array })[];
  readonly best: Incumbent | null;
}

/** An asynchronous steady-state algorithm. Throws `INPUT` when an option does not fit. */
export function createSteadyState<V, G extends Genes>(options: SteadyStateOptions<V, G>): SteadyState<V, G> {
  return new SteadyState(options);
}

/** Ask and tell one individual at a time, in any order. Make one with `createSteadyState`. */
export class SteadyState<V, G extends Genes> {
  readonly maximise: boolean;
  evaluations = 0;
  best: Incumbent | null = null;
  readonly #settings: BreedingOperators<G> & Required<Pick<SteadyStateOptions<V, G>, 'encoding' | 'population'>>;
  readonly #rng: Rng;
  readonly #initialStrategy: Float64Array;
  #nextId = 0;
  #count = 0;
  #members: Brood<G>;
  #outcomes: Outcomes;
  readonly #pending = new Map<number, { readonly genes: G; readonly strategy: Float64Array }>();

  constructor(options: SteadyStateOptions<V, G>) {
    const { encoding, state } = options;
    this.maximise = options.maximise ?? steadyStateDefaults.maximise;
    const operators = { ...defaultOperators<G>(encoding, this.maximise), selection: tournament(2) };
    this.#settings = { ...steadyStateDefaults, ...operators, ...options };
    const { population, mutation } = this.#settings;
    if (!Number.isInteger(population) || population < 2) {
      throw new SkeinError('INPUT', `population: expected an integer of at least 2, got ${population}`);
    }
    this.#initialStrategy = mutation.strategy?.(encoding) ?? new Float64Array(0);
    this.#rng = streamOf('steady-state', state, options.seed);
    this.#members = this.#allocate(population);
    this.#outcomes = { fitness: new Float64Array(population), violation: new Float64Array(population) };
    if (state !== undefined) this.#restore(state);
  }

  /** Ids of the individuals that are out for evaluation. */
  get pending(): readonly number[] {
    return [...this.#pending.keys()];
  }

  /** The next individual to evaluate: random ones until the population is full, then offspring. */
  ask(): Candidate<G> {
    const id = this.#nextId++;
    const begun = this.#count + this.#pending.size;
    const individual = begun < this.#settings.population || this.#count < 2 ? this.#random() : this.#offspring();
    this.#pending.set(id, individual);
    return { id, genes: individual.genes.slice() as G };
  }

  /** The outcome of an individual; it takes the place of the worst one if it is no worse. Throws `INPUT` for unknown ids. */
  tell(id: number, outcome: Outcome): void {
    const told = readOutcomes([outcome], 1);
    const { genes, strategy } = this.#take(id);
    const fitness = told.fitness[0] as number;
    const violation = told.violation[0] as number;
    this.evaluations++;
    this.best = updateIncumbent(this.best, [genes], told, this.maximise, this.evaluations);
    const place = this.#count < this.#settings.population ? this.#count++ : this.#placeFor(fitness, violation);
    if (place < 0) return;
    (this.#members.individuals.rows[place] as G).set(genes);
    (this.#members.strategies.rows[place] as Float64Array).set(strategy);
    this.#outcomes.fitness[place] = fitness;
    this.#outcomes.violation[place] = violation;
  }

  /** Gives an individual up whose evaluation will not come back. Throws `INPUT` for unknown ids. */
  forget(id: number): void {
    this.#take(id);
  }

  /** The evaluated individuals. */
  current(): Evaluated<G> {
    const { genes, length } = this.#members.individuals;
    const taken = genes.subarray(0, this.#count * length) as G;
    return { ...populationOf(taken, this.#count), fitness: this.#outcomes.fitness.subarray(0, this.#count) };
  }

  /** Everything needed to go on, as a copy. Individuals that are out can still be told afterwards, by their ids. */
  state(): SteadyStateState<G> {
    return structuredClone({
      algorithm: 'steady-state',
      rng: this.#rng.state(),
      nextId: this.#nextId,
      evaluations: this.evaluations,
      count: this.#count,
      members: { ...storedBrood(this.#members), ...this.#outcomes },
      pending: Array.from(this.#pending, ([id, individual]) => ({ id, ...individual })),
      best: this.best,
    });
  }

  #restore(given: SteadyStateState<G>): void {
    const state = structuredClone(given);
    const { population, encoding } = this.#settings;
    checkLengths({ 'members.genes': [state.members.genes, population * encoding.length] });
    this.#nextId = state.nextId;
    this.evaluations = state.evaluations;
    this.#count = state.count;
    this.#members = broodOf(state.members);
    this.#outcomes = { fitness: state.members.fitness, violation: state.members.violation };
    this.best = state.best;
    for (const { id, genes, strategy } of state.pending) this.#pending.set(id, { genes, strategy });
  }

  #take(id: number): { readonly genes: G; readonly strategy: Float64Array } {
    const individual = this.#pending.get(id);
    if (individual === undefined) {
      throw new SkeinError('INPUT', `id: expected one of the asked individuals, got ${id}`, {
        advice: 'tell or forget every asked individual once',
        details: { pending: this.pending },
      });
    }
    this.#pending.delete(id);
    return individual;
  }

  /** The place of the worst individual, or -1 if it is better than the newcomer. */
  #placeFor(fitness: number, violation: number): number {
    const { fitness: f, violation: v } = this.#outcomes;
    let worst = 0;
    for (let i = 1; i < f.length; i++) {
      if (improves(f[worst]!, v[worst]!, { fitness: f[i]!, violation: v[i]! }, this.maximise)) worst = i;
    }
    return improves(f[worst]!, v[worst]!, { fitness, violation }, this.maximise) ? -1 : worst;
  }

  #allocate(size: number): Brood<G> {
    const { encoding } = this.#settings;
    const strategies = new Float64Array(size * this.#initialStrategy.length);
    return broodOf({ size, genes: encoding.allocate(size * encoding.length), strategies });
  }

  #random() {
    const { encoding } = this.#settings;
    const genes = encoding.allocate(encoding.length);
    encoding.sample(genes, this.#rng);
    return { genes, strategy: this.#initialStrategy.slice() };
  }

  /** One of the two children of a couple. */
  #offspring() {
    const { encoding } = this.#settings;
    const { fitness, violation } = this.#outcomes;
    const known = { fitness: fitness.subarray(0, this.#count), violation: violation.subarray(0, this.#count) };
    const children = this.#allocate(2);
    breed(this.#members, scoresOf(known, this.maximise), children, this.#settings, encoding, this.#rng, false);
    return {
      genes: (children.individuals.rows[0] as G).slice() as G,
      strategy: (children.strategies.rows[0] as Float64Array).slice(),
    };
  }
}
