/**
 * What strategies that ask for real vectors share: counting, remembering the best, checking what is told, and the part
 * of the state that is the same for all. A strategy adds how a batch is made and what is learnt from it.
 */

import { type Rng, type RngState, SkeinError } from '@skein/core';
import { type Optimiser, refuseUnasked, streamOf } from '../optimiser.ts';
import { type Incumbent, type Outcome, type Outcomes, readOutcomes, scoresOf, updateIncumbent } from '../outcome.ts';
import { type Evaluated, type Population, populationOf } from '../population.ts';

/** Options that all of them take. */
export interface StrategyOptions<Own> {
  readonly maximise?: boolean;
  readonly seed?: number;
  readonly state?: StrategyState<Own>;
}

/** Plain state: what is common, and what the strategy itself has learnt. */
export interface StrategyState<Own> {
  readonly algorithm: string;
  readonly generation: number;
  readonly evaluations: number;
  readonly rng: RngState;
  readonly best: Incumbent | null;
  /** Genes of the asked batch. */
  readonly pending: { readonly size: number; readonly genes: Float64Array } | null;
  /** The population that `current` shows. */
  readonly shown: { readonly size: number; readonly genes: Float64Array; readonly fitness: Float64Array } | null;
  readonly own: Own;
}

/** A batch as it was told. */
export interface Told extends Outcomes {
  readonly population: Population<Float64Array>;
  /** Higher is better; infeasible individuals below all others. */
  readonly scores: Float64Array;
}

/** Base of the strategies. `Own` is what a strategy learns, as plain data. */
export abstract class PopulationStrategy<Own> implements Optimiser<Float64Array, StrategyState<Own>> {
  readonly name: string;
  readonly maximise: boolean;
  generation = 0;
  evaluations = 0;
  best: Incumbent | null = null;
  protected readonly rng: Rng;
  #pending: Population<Float64Array> | null = null;
  #shown: Evaluated<Float64Array> | null = null;

  /** `name` also marks the states that the strategy writes and accepts. */
  constructor(name: string, options: StrategyOptions<Own>) {
    this.name = name;
    this.maximise = options.maximise ?? false;
    this.rng = streamOf(name, options.state, options.seed);
  }

  /** The next batch to evaluate. */
  protected abstract sample(): Population<Float64Array>;
  /** Learns from a batch and gives the population to show as current. */
  protected abstract learn(told: Told): Evaluated<Float64Array>;
  /** What was learnt, not copied. */
  protected abstract learnt(): Own;

  ask(): Population<Float64Array> {
    this.#pending ??= this.sample();
    return this.#pending;
  }

  tell(outcomes: ArrayLike<Outcome>): void {
    const population = this.#pending;
    refuseUnasked(population);
    const told = readOutcomes(outcomes, population.size);
    this.generation++;
    this.evaluations += population.size;
    this.best = updateIncumbent(this.best, population.rows, told, this.maximise, this.generation);
    this.#shown = this.learn({ ...told, population, scores: scoresOf(told, this.maximise) });
    this.#pending = null;
  }

  current(): Evaluated<Float64Array> {
    if (this.#shown === null) throw new SkeinError('INPUT', 'current(): expected a call of tell() before, got none');
    return this.#shown;
  }

  stopReason(): string | null {
    return null;
  }

  state(): StrategyState<Own> {
    const [pending, shown] = [this.#pending, this.#shown];
    return structuredClone({
      algorithm: this.name,
      generation: this.generation,
      evaluations: this.evaluations,
      rng: this.rng.state(),
      best: this.best,
      pending: pending === null ? null : { size: pending.size, genes: pending.genes },
      shown: shown === null ? null : { size: shown.size, genes: shown.genes, fitness: shown.fitness },
      own: this.learnt(),
    });
  }

  /** Takes over the common part of a state and gives the strategy's own part. Called at the end of a constructor. */
  protected restore(given: StrategyState<Own>): Own {
    const state = structuredClone(given);
    this.generation = state.generation;
    this.evaluations = state.evaluations;
    this.best = state.best;
    if (state.pending !== null) this.#pending = populationOf(state.pending.genes, state.pending.size);
    if (state.shown !== null) {
      this.#shown = { ...populationOf(state.shown.genes, state.shown.size), fitness: state.shown.fitness };
    }
    return state.own;
  }
}

/** Throws `INPUT` unless a population size is an integer of at least `least`. */
export function checkPopulation(size: number, least: number): void {
  if (Number.isInteger(size) && size >= least) return;
  throw new SkeinError('INPUT', `population: expected an integer of at least ${least}, got ${size}`);
}
