/**
 * Population-based training (Jaderberg et al., arXiv:1711.09846): agents train side by side, each with hyperparameters of
 * its own; now and then the worst take over the weights of one of the best (exploit) and change its hyperparameters a
 * little (explore). This is the part that decides; training and copying weights are the caller's.
 */

import { isActive, type Rng, type RngState, SkeinError, type Space, type Values } from '@skein/core';
import type { Encoding } from '../encodings/encoding.ts';
import { mixed } from '../encodings/mixed.ts';
import { checkLengths, streamOf } from '../optimiser.ts';
import { readOutcomes, scoresOf } from '../outcome.ts';
import { descending, type Population, populationOf } from '../population.ts';

/** What `createPopulationTraining` takes. */
export interface PopulationTrainingOptions<S extends Space> {
  /** The hyperparameters. */
  readonly space: S;
  /** Agents, at least 2. */
  readonly population?: number;
  readonly maximise?: boolean;
  /** Share of the agents that are replaced, and of those that they take over from; at most 0.5. */
  readonly share?: number;
  /** Chance that a hyperparameter is drawn anew when it is explored; otherwise it is changed by a factor. */
  readonly resample?: number;
  /** Numbers are multiplied by one of these. */
  readonly factors?: readonly number[];
  readonly seed?: number;
  readonly state?: PopulationTrainingState;
}

export const populationTrainingDefaults = {
  population: 8,
  maximise: true,
  share: 0.25,
  resample: 0.25,
  factors: [0.8, 1.2],
} as const;

/** What an agent does next. */
export interface Assignment<V> {
  readonly agent: number;
  /** The agent whose weights it goes on with, as they were when the scores were told: itself, or a better one. */
  readonly from: number;
  readonly values: V;
}

/** Plain state: the positions of all hyperparameters in [0, 1], [population, dimensions], and who follows whom. */
export interface PopulationTrainingState {
  readonly algorithm: 'population-training';
  readonly round: number;
  readonly rng: RngState;
  readonly positions: Float64Array;
  readonly from: Int32Array;
}

/** Population-based training to ask and tell. Throws `INPUT` when an option does not fit. */
export function createPopulationTraining<S extends Space>(
  options: PopulationTrainingOptions<S>,
): PopulationTraining<S> {
  return new PopulationTraining(options);
}

/** Ask for assignments, train, tell the scores. Make one with `createPopulationTraining`. */
export class PopulationTraining<S extends Space> {
  /** How often scores have been told. */
  round = 0;
  readonly #settings: Required<Omit<PopulationTrainingOptions<S>, 'state' | 'seed'>>;
  readonly #encoding: Encoding<Values<S>, Float64Array>;
  readonly #rng: Rng;
  readonly #positions: Population<Float64Array>;
  readonly #from: Int32Array;

  constructor(options: PopulationTrainingOptions<S>) {
    this.#settings = { ...populationTrainingDefaults, ...options };
    const { population, share, space } = this.#settings;
    if (!Number.isInteger(population) || population < 2) {
      throw new SkeinError('INPUT', `population: expected an integer of at least 2, got ${population}`);
    }
    if (!(share > 0 && share <= 0.5)) {
      throw new SkeinError('INPUT', `share: expected a number in (0, 0.5], got ${share}`);
    }
    this.#encoding = mixed(space);
    const { state } = options;
    this.#rng = streamOf('population-training', state, options.seed);
    const length = population * this.#encoding.length;
    if (state !== undefined) checkLengths({ positions: [state.positions, length], from: [state.from, population] });
    this.round = state?.round ?? 0;
    this.#positions = populationOf(state?.positions.slice() ?? new Float64Array(length), population);
    this.#from = state?.from.slice() ?? Int32Array.from({ length: population }, (_, i) => i);
    if (state === undefined) for (const row of this.#positions.rows) this.#encoding.sample(row, this.#rng);
  }

  /** What every agent does until the next scores. */
  ask(): Assignment<Values<S>>[] {
    return this.#positions.rows.map((row, agent) => ({
      agent,
      from: this.#from[agent]!,
      values: this.#encoding.decode(row),
    }));
  }

  /** Scores of all agents, in their order. Throws `SHAPE` or `INPUT` and changes nothing if they do not fit. */
  tell(scores: ArrayLike<number>): void {
    const { population, maximise, share } = this.#settings;
    const order = descending(scoresOf(readOutcomes(scores, population), maximise));
    const moved = Math.max(1, Math.floor(share * population));
    this.round++;
    for (let i = 0; i < population; i++) this.#from[i] = i;
    for (const loser of order.subarray(population - moved)) {
      const winner = order[this.#rng.integer(moved)]!;
      this.#from[loser] = winner;
      this.#positions.rows[loser]!.set(this.#explored(this.#positions.rows[winner]!));
    }
  }

  /** Everything needed to go on, as a copy. */
  state(): PopulationTrainingState {
    return {
      algorithm: 'population-training',
      round: this.round,
      rng: this.#rng.state(),
      positions: this.#positions.genes.slice(),
      from: this.#from.slice(),
    };
  }

  /** Positions near others: every active dimension is redrawn or, if it is a number, multiplied by a factor. */
  #explored(positions: Float64Array): Float64Array {
    const { space, resample, factors } = this.#settings;
    const values = this.#encoding.decode(positions) as Readonly<Record<string, unknown>>;
    const changed = positions.slice();
    Object.entries(space).forEach(([name, dimension], j) => {
      const value = values[name];
      if (this.#rng.bernoulli(resample)) changed[j] = this.#rng.uniform();
      else if (typeof value === 'number' && isActive(dimension, values) && this.#encoding.categories?.[j] === 0) {
        const unit = dimension.toUnit(value * this.#rng.choice(factors));
        changed[j] = Number.isNaN(unit) ? changed[j]! : Math.min(1, Math.max(0, unit));
      }
    });
    return changed;
  }
}
