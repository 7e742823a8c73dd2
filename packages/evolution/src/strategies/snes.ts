/**
 * Separable natural evolution strategy, SNES (Schaul, Glasmachers and Schmidhuber 2011): follows the natural gradient
 * of the expected fitness with respect to the mean and the step size of every coordinate. Cost and memory grow linearly
 * with the number of parameters.
 */

import { SkeinError } from '@skein/core';
import { type EvolutionResult, type EvolveOptions, evolve } from '../evolve.ts';
import { checkLengths } from '../optimiser.ts';
import { type Evaluated, type Population, populationOf } from '../population.ts';
import { defaultPopulation } from './cma/parameters.ts';
import {
  checkPopulation,
  PopulationStrategy,
  type StrategyOptions,
  type StrategyState,
  type Told,
} from './population-strategy.ts';
import { nesUtilities } from './ranks.ts';
import { readingOf, type SearchBox, type SearchDomain, searchBox } from './search-box.ts';

/** What `createSnes` takes. */
export interface SnesOptions<V = Float64Array> extends SearchDomain<V>, StrategyOptions<SnesState> {
  /** Individuals a generation, default 4 + floor(3 ln L). */
  readonly population?: number;
  /** First step size: relative to the ranges with an encoding (default 0.3), in the genes' unit without (default 1). */
  readonly sigma?: number;
}

/** Mean and step sizes, each [L], and the standard normal numbers of the asked batch, [N, L]. */
export interface SnesState {
  readonly mean: Float64Array;
  readonly sigmas: Float64Array;
  readonly normals: Float64Array;
}

/** An SNES to ask and tell. Throws `INPUT` or `SHAPE` when an option does not fit. */
export function createSnes<V = Float64Array>(options: SnesOptions<V>): Snes {
  return new Snes(options);
}

/** Runs SNES. */
export function snes<V = Float64Array>(
  options: SnesOptions<V> & EvolveOptions<V, Snes>,
): Promise<EvolutionResult<V, StrategyState<SnesState>>> {
  return evolve(createSnes(options), readingOf(options), options);
}

/** Ask and tell over normal samples. Make one with `createSnes`. */
export class Snes extends PopulationStrategy<SnesState> {
  readonly #box: SearchBox;
  readonly #mean: Float64Array;
  readonly #sigmas: Float64Array;
  #normals: Population<Float64Array>;

  constructor(options: SnesOptions<unknown>) {
    super('snes', options);
    this.#box = searchBox(options);
    const { length } = this.#box;
    const size = options.population ?? defaultPopulation(length);
    checkPopulation(size, 3);
    const sigma = options.sigma ?? (options.encoding === undefined ? 1 : 0.3);
    if (!(sigma > 0)) throw new SkeinError('INPUT', `sigma: expected a positive number, got ${sigma}`);
    const own = options.state === undefined ? null : this.restore(options.state);
    if (own !== null) checkLengths({ mean: [own.mean, length], normals: [own.normals, size * length] });
    this.#mean = own?.mean ?? this.#box.start(this.rng);
    this.#sigmas = own?.sigmas ?? new Float64Array(length).fill(sigma);
    this.#normals = populationOf(own?.normals ?? new Float64Array(size * length), size);
  }

  protected override sample(): Population<Float64Array> {
    const { size, genes } = this.#normals;
    this.rng.fillNormal(genes);
    const batch = populationOf(new Float64Array(genes.length), size);
    const point = new Float64Array(this.#box.length);
    this.#normals.rows.forEach((z, i) => {
      for (let j = 0; j < point.length; j++) point[j] = this.#mean[j]! + this.#sigmas[j]! * z[j]!;
      this.#box.toGenes(point, batch.rows[i]!);
    });
    return batch;
  }

  protected override learn({ population, fitness, scores }: Told): Evaluated<Float64Array> {
    const utilities = nesUtilities(scores);
    const n = this.#box.length;
    const rate = (3 + Math.log(n)) / (5 * Math.sqrt(n));
    for (let j = 0; j < n; j++) {
      let [toMean, toSigma] = [0, 0];
      this.#normals.rows.forEach((z, i) => {
        toMean += utilities[i]! * z[j]!;
        toSigma += utilities[i]! * (z[j]! * z[j]! - 1);
      });
      this.#mean[j]! += this.#sigmas[j]! * toMean;
      this.#sigmas[j]! *= Math.exp((rate / 2) * toSigma);
    }
    return { ...population, fitness };
  }

  protected override learnt(): SnesState {
    return { mean: this.#mean, sigmas: this.#sigmas, normals: this.#normals.genes };
  }
}
