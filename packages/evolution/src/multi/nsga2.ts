/**
 * NSGA-II (Deb, Pratap, Agarwal and Meyarivan 2002): a genetic algorithm for several objectives. Survivors are the best
 * fronts of parents and offspring together, the last one thinned out where it is crowded; parents win binary tournaments
 * by front and then by crowding distance.
 * Details. [D1] The last front is thinned one individual at a time, distances kept up to date. [D2] Offspring equal to
 * an individual that exists already are bred again.
 */

import { type Rng, type RngState, SkeinError } from '@skein/core';
import type { Encoding } from '../encodings/encoding.ts';
import { type BreedingOperators, breed } from '../genetic/breed.ts';
import { type Brood, broodOf, gatherSurvivors, type StoredBrood, storedBrood } from '../genetic/brood.ts';
import { defaultOperators } from '../genetic/defaults.ts';
import { checkLengths, refuseUnasked, streamOf } from '../optimiser.ts';
import type { Genes, Population } from '../population.ts';
import { tournament } from '../selection/competitive.ts';
import { constrainedFronts, crowdingDistances, pruneByCrowding } from './dominance.ts';
import { type Directions, type MultiOutcome, type MultiOutcomes, readMultiOutcomes, signOf } from './objectives.ts';

/** What `createNsga2` takes. Operators that are left out depend on the encoding: see `defaultOperators`. */
export interface Nsga2Options<V, G extends Genes> extends Partial<Omit<BreedingOperators<G>, 'selection'>> {
  readonly encoding: Encoding<V, G>;
  /** Which objectives are maximised, default none. */
  readonly maximise?: Directions;
  /** Population size N, default 100. */
  readonly population?: number;
  /** Offspring of a generation, default N: fewer let good ones become parents sooner. */
  readonly offspring?: number;
  readonly seed?: number;
  readonly state?: Nsga2State<G>;
}

export const nsga2Defaults = { maximise: false, population: 100, seed: 0 } as const;

/** Plain state of NSGA-II. */
export interface Nsga2State<G extends Genes = Genes> {
  readonly algorithm: 'nsga2';
  readonly generation: number;
  readonly evaluations: number;
  readonly rng: RngState;
  readonly parents: (StoredBrood<G> & MultiOutcomes) | null;
  readonly pending: StoredBrood<G> | null;
}

/** One solution of the front: its genes and its objectives as they were told. */
export interface FrontMember<G extends Genes = Genes> {
  readonly genes: G;
  readonly objectives: readonly number[];
  readonly violation: number;
}

interface Parents<G extends Genes> extends Brood<G> {
  readonly outcomes: MultiOutcomes;
}

/** How often offspring that exist already are bred again before they are accepted. */
const MOST_ROUNDS = 10;

/** An NSGA-II to ask and tell. Throws `INPUT` when an option does not fit. */
export function createNsga2<V, G extends Genes>(options: Nsga2Options<V, G>): Nsga2<V, G> {
  return new Nsga2(options);
}

/** Ask and tell over generations with several objectives. Make one with `createNsga2`. */
export class Nsga2<V, G extends Genes> {
  readonly name = 'nsga2';
  generation = 0;
  evaluations = 0;
  readonly #settings: BreedingOperators<G> &
    Required<Pick<Nsga2Options<V, G>, 'encoding' | 'maximise' | 'population' | 'offspring'>>;
  readonly #initialStrategy: Float64Array;
  readonly #rng: Rng;
  #parents: Parents<G> | null = null;
  #pending: Brood<G> | null = null;

  constructor(options: Nsga2Options<V, G>) {
    const { encoding, state } = options;
    this.#settings = {
      ...nsga2Defaults,
      ...defaultOperators<G>(encoding, false),
      offspring: options.population ?? nsga2Defaults.population,
      ...options,
      selection: tournament(2),
    };
    const { population, offspring, mutation } = this.#settings;
    for (const [name, value, least] of [
      ['population', population, 4],
      ['offspring', offspring, 1],
    ] as const) {
      if (Number.isInteger(value) && value >= least) continue;
      throw new SkeinError('INPUT', `${name}: expected an integer of at least ${least}, got ${value}`);
    }
    this.#initialStrategy = mutation.strategy?.(encoding) ?? new Float64Array(0);
    this.#rng = streamOf(this.name, state, options.seed);
    if (state === undefined) this.#pending = this.#firstBrood();
    else this.#restore(state);
  }

  /** The individuals to evaluate next. Asking again before telling gives the same batch. */
  ask(): Population<G> {
    this.#pending ??= this.#breed(this.#parents as Parents<G>);
    return this.#pending.individuals;
  }

  /** The outcomes of the asked batch, in its order. Throws `SHAPE` or `INPUT` and changes nothing if they do not fit. */
  tell(outcomes: ArrayLike<MultiOutcome>): void {
    const children = this.#pending;
    refuseUnasked(children);
    const known = this.#parents?.outcomes.objectives ?? null;
    const told = readMultiOutcomes(outcomes, children.individuals.size, this.#settings.maximise, known);
    this.generation++;
    this.evaluations += children.individuals.size;
    this.#parents =
      this.#parents === null ? { ...children, outcomes: told } : this.#survive(this.#parents, children, told);
    this.#pending = null;
  }

  /** The evaluated generation. */
  current(): Population<G> {
    return this.#evaluated().individuals;
  }

  /** The non-dominated individuals of the generation, copied, in the order of the first objective. */
  front(): FrontMember<G>[] {
    const { individuals, outcomes } = this.#evaluated();
    const { objectives, values, violation } = outcomes;
    const [first = []] = constrainedFronts({ values, objectives, size: individuals.size }, violation);
    const members = first.map((i) => ({
      genes: (individuals.rows[i] as G).slice() as G,
      objectives: Array.from(
        { length: objectives },
        (_, m) => signOf(this.#settings.maximise, m) * values[i * objectives + m]!,
      ),
      violation: violation[i]!,
    }));
    return members.sort((a, b) => a.objectives[0]! - b.objectives[0]!);
  }

  /** Everything needed to go on, as a copy. */
  state(): Nsga2State<G> {
    const parents = this.#parents;
    return structuredClone({
      algorithm: this.name,
      generation: this.generation,
      evaluations: this.evaluations,
      rng: this.#rng.state(),
      parents: parents === null ? null : { ...storedBrood(parents), ...parents.outcomes },
      pending: this.#pending === null ? null : storedBrood(this.#pending),
    });
  }

  #restore(given: Nsga2State<G>): void {
    const { generation, evaluations, parents, pending } = structuredClone(given);
    const { population, offspring, encoding } = this.#settings;
    const asked = parents === null ? population : offspring;
    if (parents !== null) checkLengths({ 'parents.genes': [parents.genes, population * encoding.length] });
    if (pending !== null) checkLengths({ 'pending.genes': [pending.genes, asked * encoding.length] });
    this.generation = generation;
    this.evaluations = evaluations;
    if (parents !== null) {
      const { objectives, values, violation } = parents;
      this.#parents = { ...broodOf(parents), outcomes: { objectives, values, violation } };
    }
    if (pending !== null) this.#pending = broodOf(pending);
  }

  #evaluated(): Parents<G> {
    if (this.#parents === null) throw new SkeinError('INPUT', 'expected a call of tell() before, got none');
    return this.#parents;
  }

  #allocate(size: number): Brood<G> {
    const { encoding } = this.#settings;
    const strategies = new Float64Array(size * this.#initialStrategy.length);
    return broodOf({ size, genes: encoding.allocate(size * encoding.length), strategies });
  }

  #firstBrood(): Brood<G> {
    const brood = this.#allocate(this.#settings.population);
    for (const row of brood.individuals.rows) this.#settings.encoding.sample(row, this.#rng);
    for (const strategy of brood.strategies.rows) strategy.set(this.#initialStrategy);
    return brood;
  }

  /** Offspring that are new, as far as that succeeds [D2]. */
  #breed(parents: Parents<G>): Brood<G> {
    const { encoding, offspring: wanted } = this.#settings;
    const scores = crowdedScores(parents.outcomes, parents.individuals.size);
    const children = this.#allocate(wanted);
    const known = new Set(parents.individuals.rows.map(hash));
    for (let round = 1, filled = 0; filled < wanted; round++) {
      const batch = this.#allocate(wanted);
      breed(parents, scores, batch, this.#settings, encoding, this.#rng, false);
      for (let i = 0; i < wanted && filled < wanted; i++) {
        const key = hash(batch.individuals.rows[i] as G);
        if (known.has(key) && round < MOST_ROUNDS) continue;
        known.add(key);
        (children.individuals.rows[filled] as G).set(batch.individuals.rows[i] as G);
        children.strategies.rows[filled]?.set(batch.strategies.rows[i] as Float64Array);
        filled++;
      }
    }
    return children;
  }

  #survive(parents: Parents<G>, children: Brood<G>, told: MultiOutcomes): Parents<G> {
    const { objectives } = told;
    const size = this.#settings.population;
    const values = Float64Array.from([...parents.outcomes.values, ...told.values]);
    const violation = Float64Array.from([...parents.outcomes.violation, ...told.violation]);
    const survivors = bestFronts({ objectives, values, violation }, violation.length, size);
    const { brood, indices } = gatherSurvivors(parents, children, survivors);
    const outcomes = {
      objectives,
      values: Float64Array.from({ length: size * objectives }, (_, k) => {
        return values[indices[Math.floor(k / objectives)]! * objectives + (k % objectives)]!;
      }),
      violation: Float64Array.from(indices, (i) => violation[i]!),
    };
    return { ...brood, outcomes };
  }
}

/** The best `keep` individuals by front, the last front thinned out [D1]. */
function bestFronts({ objectives, values, violation }: MultiOutcomes, size: number, keep: number): Int32Array {
  const table = { objectives, values, size };
  const kept: number[] = [];
  for (const front of constrainedFronts(table, violation)) {
    const room = keep - kept.length;
    kept.push(...(front.length <= room ? front : pruneByCrowding(table, front, room)));
    if (kept.length === keep) break;
  }
  return Int32Array.from(kept);
}

/** Scores by the crowded comparison: the front first, then the crowding distance; higher is better. */
function crowdedScores({ objectives, values, violation }: MultiOutcomes, size: number): Float64Array {
  const table = { objectives, values, size };
  const scores = new Float64Array(size);
  constrainedFronts(table, violation).forEach((front, rank) => {
    const distances = crowdingDistances(table, front);
    // A distance is squeezed into [0, 1), so that it never outweighs a front.
    front.forEach((i, k) => {
      const d = distances[k]!;
      scores[i] = (d === Infinity ? 1 : d / (1 + d)) - 2 * rank;
    });
  });
  return scores;
}

/** A 32-bit FNV-1a hash of the genes. Two different rows with one hash cost a breeding round, nothing else. */
function hash(genes: Genes): number {
  const bytes = new Uint8Array(genes.buffer, genes.byteOffset, genes.byteLength);
  let h = 0x811c9dc5;
  for (let k = 0; k < bytes.length; k++) h = Math.imul(h ^ bytes[k]!, 0x01000193);
  return h;
}
