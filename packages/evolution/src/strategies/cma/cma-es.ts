/**
 * CMA-ES, the covariance matrix adaptation evolution strategy (Hansen, arXiv:1604.00772), with active (negative)
 * weights, full or separable, and pycma's boundary transformation and stopping rules.
 */

import { type Rng, type RngState, SkeinError } from '@skein/core';
import { checkLengths, type Optimiser, refuseUnasked, streamOf } from '../../optimiser.ts';
import { type Incumbent, type Outcome, readOutcomes, scoresOf, updateIncumbent } from '../../outcome.ts';
import { descending, type Evaluated, type Population, populationOf } from '../../population.ts';
import { type SearchBox, type SearchDomain, searchBox } from '../search-box.ts';
import { adapt, type CmaDistribution, decompose, deviations, firstDistribution, shape } from './distribution.ts';
import { type CmaParameters, type CovarianceModel, cmaParameters, defaultPopulation } from './parameters.ts';
import { type CmaTolerances, cmaStopReason, cmaTolerances, median } from './stopping.ts';

/** What `createCmaEs` takes. */
export interface CmaEsOptions<V = Float64Array> extends SearchDomain<V>, Partial<CmaTolerances> {
  readonly maximise?: boolean;
  /**
   * First step size, about a third of the distance to the optimum: relative to each gene's range with an encoding
   * (default 0.3), in the genes' own unit without one (default 1).
   */
  readonly sigma?: number;
  /** Individuals a generation (lambda), default 4 + floor(3 ln n). */
  readonly population?: number;
  /** `full` learns all correlations in n^2 memory; `separable` only the scales of the coordinates. */
  readonly covariance?: CovarianceModel;
  /** Negative weights for the worst individuals, default true. */
  readonly active?: boolean;
  readonly seed?: number;
  readonly state?: CmaEsState;
}

export const cmaEsDefaults = { maximise: false, covariance: 'full', active: true, seed: 0 } as const;

/** Plain state of CMA-ES. */
export interface CmaEsState {
  readonly algorithm: 'cma-es';
  readonly generation: number;
  readonly evaluations: number;
  readonly rng: RngState;
  readonly lambda: number;
  readonly firstSigma: number;
  readonly distribution: CmaDistribution;
  /** Standard normal samples of the asked batch, [lambda, n]. */
  readonly pending: Float64Array | null;
  /** The batch told last: genes [lambda, n] and fitness. */
  readonly told: { readonly genes: Float64Array; readonly fitness: Float64Array } | null;
  readonly bests: readonly number[];
  readonly medians: readonly number[];
  /** Scores of the latest generation, best first, as minimised fitness. */
  readonly sorted: Float64Array;
  readonly flatGenerations: number;
  readonly best: Incumbent | null;
}

/** Generations of which bests and medians are remembered. */
const LONGEST_HISTORY = 20_000;

/** A CMA-ES to ask and tell. Throws `INPUT` or `SHAPE` when an option does not fit. */
export function createCmaEs<V = Float64Array>(options: CmaEsOptions<V>): CmaEs {
  return new CmaEs(options);
}

interface Batch {
  readonly z: Population<Float64Array>;
  readonly y: Population<Float64Array>;
  readonly x: Population<Float64Array>;
}

/** Ask and tell over generations of normal samples. Make one with `createCmaEs`. */
export class CmaEs implements Optimiser<Float64Array, CmaEsState> {
  readonly name = 'cma-es';
  readonly maximise: boolean;
  generation = 0;
  evaluations = 0;
  best: Incumbent | null = null;
  /** Individuals a generation. */
  readonly lambda: number;
  readonly #box: SearchBox;
  readonly #parameters: CmaParameters;
  readonly #tolerances: CmaTolerances;
  readonly #rng: Rng;
  readonly #firstSigma: number;
  #distribution: CmaDistribution;
  #pending: Batch | null = null;
  #told: Evaluated<Float64Array> | null = null;
  #bests: number[] = [];
  #medians: number[] = [];
  #sorted: Float64Array = new Float64Array(0);
  #flatGenerations = 0;

  constructor(options: CmaEsOptions<unknown>) {
    const settings = { ...cmaEsDefaults, ...options };
    this.maximise = settings.maximise;
    this.#box = searchBox(options);
    const n = this.#box.length;
    this.lambda = options.state?.lambda ?? options.population ?? defaultPopulation(n);
    this.#firstSigma = options.state?.firstSigma ?? options.sigma ?? (options.encoding === undefined ? 1 : 0.3);
    checkSizes(this.lambda, this.#firstSigma);
    this.#parameters = cmaParameters(n, this.lambda, settings.covariance, settings.active);
    this.#tolerances = { ...cmaTolerances, ...options };
    this.#rng = streamOf(this.name, options.state, settings.seed);
    this.#distribution =
      options.state === undefined
        ? firstDistribution(settings.covariance, this.#box.start(this.#rng), this.#firstSigma)
        : this.#restore(options.state);
  }

  /** Step size, mean (as genes) and axis lengths of the distribution: for plots and logs. */
  distribution(): { readonly sigma: number; readonly mean: Float64Array; readonly lengths: Float64Array } {
    const mean = new Float64Array(this.#box.length);
    this.#box.toGenes(this.#distribution.mean, mean);
    return { sigma: this.#distribution.sigma, mean, lengths: this.#distribution.lengths.slice() };
  }

  ask(): Population<Float64Array> {
    if (this.#pending === null) {
      decompose(this.#distribution, this.#parameters, this.generation);
      this.#pending = this.#batchOf(this.#rng.fillNormal(new Float64Array(this.lambda * this.#box.length)));
    }
    return this.#pending.x;
  }

  tell(outcomes: ArrayLike<Outcome>): void {
    const batch = this.#pending;
    refuseUnasked(batch);
    const told = readOutcomes(outcomes, this.lambda);
    const scores = scoresOf(told, this.maximise);
    this.generation++;
    this.evaluations += this.lambda;
    this.best = updateIncumbent(this.best, batch.x.rows, told, this.maximise, this.generation);
    const ranked = descending(scores);
    this.#remember(Float64Array.from(ranked, (i) => -scores[i]!));
    const byRank = (rows: readonly Float64Array[]) => Array.from(ranked, (i) => rows[i] as Float64Array);
    const samples = { z: byRank(batch.z.rows), y: byRank(batch.y.rows) };
    adapt(this.#distribution, samples, this.#parameters, this.generation);
    this.#told = { ...batch.x, fitness: told.fitness };
    this.#pending = null;
  }

  current(): Evaluated<Float64Array> {
    if (this.#told === null) throw new SkeinError('INPUT', 'current(): expected a call of tell() before, got none');
    return this.#told;
  }

  stopReason(): string | null {
    if (this.generation === 0) return null;
    const d = this.#distribution;
    return cmaStopReason(
      {
        n: this.#box.length,
        lambda: this.lambda,
        generation: this.generation,
        sigma: d.sigma,
        firstSigma: this.#firstSigma,
        mean: d.mean,
        deviations: deviations(d),
        axes:
          d.model === 'full'
            ? { lengths: d.lengths, directions: d.axes }
            : { lengths: d.lengths.toSorted(), directions: null },
        path: d.pathC,
        sorted: this.#sorted,
        bests: this.#bests,
        medians: this.#medians,
        flatGenerations: this.#flatGenerations,
        bestGeneration: this.best?.generation ?? 0,
      },
      this.#tolerances,
    );
  }

  state(): CmaEsState {
    const told = this.#told;
    return structuredClone({
      algorithm: this.name,
      generation: this.generation,
      evaluations: this.evaluations,
      rng: this.#rng.state(),
      lambda: this.lambda,
      firstSigma: this.#firstSigma,
      distribution: this.#distribution,
      pending: this.#pending?.z.genes ?? null,
      told: told === null ? null : { genes: told.genes, fitness: told.fitness },
      bests: this.#bests,
      medians: this.#medians,
      sorted: this.#sorted,
      flatGenerations: this.#flatGenerations,
      best: this.best,
    });
  }

  #restore(given: CmaEsState): CmaDistribution {
    const state = structuredClone(given);
    const n = this.#box.length;
    const { mean, model, covariance } = state.distribution;
    checkLengths({ mean: [mean, n], covariance: [covariance, model === 'full' ? n * n : n] });
    this.generation = state.generation;
    this.evaluations = state.evaluations;
    this.best = state.best;
    this.#bests = [...state.bests];
    this.#medians = [...state.medians];
    this.#sorted = state.sorted;
    this.#flatGenerations = state.flatGenerations;
    this.#distribution = state.distribution;
    if (state.told !== null) {
      this.#told = { ...populationOf(state.told.genes, this.lambda), fitness: state.told.fitness };
    }
    if (state.pending !== null) this.#pending = this.#batchOf(state.pending);
    return state.distribution;
  }

  /** Points of the distribution from standard normal numbers [lambda, n]. */
  #batchOf(normals: Float64Array): Batch {
    const empty = () => populationOf(new Float64Array(normals.length), this.lambda);
    const batch = { z: populationOf(normals, this.lambda), y: empty(), x: empty() };
    const { mean, sigma } = this.#distribution;
    const point = new Float64Array(mean.length);
    for (let i = 0; i < this.lambda; i++) {
      const y = batch.y.rows[i]!;
      shape(this.#distribution, batch.z.rows[i]!, y);
      for (let j = 0; j < point.length; j++) point[j] = mean[j]! + sigma * y[j]!;
      this.#box.toGenes(point, batch.x.rows[i]!);
    }
    return batch;
  }

  #remember(sorted: Float64Array): void {
    this.#sorted = sorted;
    this.#bests.push(sorted[0]!);
    this.#medians.push(median(Array.from(sorted)));
    if (this.#bests.length > LONGEST_HISTORY) {
      this.#bests.shift();
      this.#medians.shift();
    }
    const flat = sorted[0]! >= sorted[Math.floor(0.75 * sorted.length)]!;
    this.#flatGenerations = flat ? this.#flatGenerations + 1 : 0;
  }
}

function checkSizes(lambda: number, sigma: number): void {
  if (!Number.isInteger(lambda) || lambda < 3) {
    throw new SkeinError('INPUT', `population: expected an integer of at least 3, got ${lambda}`);
  }
  if (!(sigma > 0 && sigma < Infinity)) {
    throw new SkeinError('INPUT', `sigma: expected a positive number, got ${sigma}`);
  }
}
