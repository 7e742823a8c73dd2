/**
 * The evolution strategy of Salimans et al., "Evolution strategies as a scalable alternative to reinforcement
 * learning" (arXiv:1703.03864): a gradient estimate from mirrored normal perturbations of one parameter vector, weighted
 * by centred ranks, followed by Adam. Made for the weights of policies: many parameters, noisy fitness.
 *
 * Notation. theta: parameters [L]. epsilon: perturbations [N/2, L]. Individuals 2k and 2k+1 are theta + sigma epsilon_k
 * and theta - sigma epsilon_k.
 */

import { SkeinError } from '@skein/core';
import { type EvolutionResult, type EvolveOptions, evolve } from '../evolve.ts';
import { checkLengths } from '../optimiser.ts';
import { type Evaluated, type Population, populationOf } from '../population.ts';
import {
  checkPopulation,
  PopulationStrategy,
  type StrategyOptions,
  type StrategyState,
  type Told,
} from './population-strategy.ts';
import { centredRanks } from './ranks.ts';
import { readingOf } from './search-box.ts';

/** What `createOpenAiEs` takes. */
export interface OpenAiEsOptions extends StrategyOptions<OpenAiEsState> {
  /** Initial parameters theta. */
  readonly start: ArrayLike<number>;
  /** Individuals a generation, even; default 100. */
  readonly population?: number;
  /** Standard deviation of the perturbations. */
  readonly sigma?: number;
  readonly learningRate?: number;
  /** Every step first shrinks theta by this share of the learning rate. */
  readonly weightDecay?: number;
}

export const openAiEsDefaults = { population: 100, sigma: 0.1, learningRate: 0.05, weightDecay: 0 } as const;
/** Adam's decay rates and its guard against division by zero. */
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8] as const;

/** theta and the two moments of Adam, each [L], and the perturbations of the asked batch. */
export interface OpenAiEsState {
  readonly theta: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** An OpenAI-ES to ask and tell. Throws `INPUT` when an option does not fit. */
export function createOpenAiEs(options: OpenAiEsOptions): OpenAiEs {
  return new OpenAiEs(options);
}

/** Runs OpenAI-ES. With noisy fitness the result to use is `optimiser.centre()`, not the luckiest individual. */
export function openAiEs(
  options: OpenAiEsOptions & EvolveOptions<Float64Array, OpenAiEs>,
): Promise<EvolutionResult<Float64Array, StrategyState<OpenAiEsState>>> {
  return evolve(createOpenAiEs(options), readingOf<Float64Array>({}), options);
}

/** Ask and tell over mirrored perturbations. Make one with `createOpenAiEs`. */
export class OpenAiEs extends PopulationStrategy<OpenAiEsState> {
  readonly #settings: Required<Pick<OpenAiEsOptions, 'population' | 'sigma' | 'learningRate' | 'weightDecay'>>;
  readonly #theta: Float64Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;

  constructor(options: OpenAiEsOptions) {
    super('openai-es', options);
    this.#settings = { ...openAiEsDefaults, ...options };
    const { population, sigma } = this.#settings;
    checkPopulation(population, 2);
    if (population % 2 !== 0) throw new SkeinError('INPUT', `population: expected an even number, got ${population}`);
    if (!(sigma > 0)) throw new SkeinError('INPUT', `sigma: expected a positive number, got ${sigma}`);
    const own = options.state === undefined ? null : this.restore(options.state);
    if (own !== null) checkLengths({ theta: [own.theta, options.start.length] });
    this.#theta = own?.theta ?? Float64Array.from(options.start);
    this.#first = own?.first ?? new Float64Array(this.#theta.length);
    this.#second = own?.second ?? new Float64Array(this.#theta.length);
  }

  /** A copy of theta, the centre of the search distribution. */
  centre(): Float64Array {
    return this.#theta.slice();
  }

  protected override sample(): Population<Float64Array> {
    const { population, sigma } = this.#settings;
    const theta = this.#theta;
    const batch = populationOf(new Float64Array(population * theta.length), population);
    for (let i = 0; i < population; i += 2) {
      const plus = this.rng.fillNormal(batch.rows[i]!, 0, sigma);
      const minus = batch.rows[i + 1]!;
      for (let j = 0; j < theta.length; j++) {
        minus[j] = theta[j]! - plus[j]!;
        plus[j]! += theta[j]!;
      }
    }
    return batch;
  }

  protected override learn({ population, fitness, scores }: Told): Evaluated<Float64Array> {
    const ranks = centredRanks(scores);
    const gradient = new Float64Array(this.#theta.length);
    for (let i = 0; i < population.size; i += 2) {
      const weight = (ranks[i]! - ranks[i + 1]!) / (population.size * this.#settings.sigma ** 2);
      const plus = population.rows[i]!;
      for (let j = 0; j < gradient.length; j++) gradient[j]! += weight * (plus[j]! - this.#theta[j]!);
    }
    this.#ascend(gradient);
    return { ...population, fitness };
  }

  /** One step of Adam up the gradient. */
  #ascend(gradient: Float64Array): void {
    const { learningRate, weightDecay } = this.#settings;
    const step = (learningRate * Math.sqrt(1 - BETA2 ** this.generation)) / (1 - BETA1 ** this.generation);
    for (let j = 0; j < gradient.length; j++) {
      const g = gradient[j]!;
      this.#first[j] = BETA1 * this.#first[j]! + (1 - BETA1) * g;
      this.#second[j] = BETA2 * this.#second[j]! + (1 - BETA2) * g * g;
      this.#theta[j]! +=
        (step * this.#first[j]!) / (Math.sqrt(this.#second[j]!) + EPSILON) -
        learningRate * weightDecay * this.#theta[j]!;
    }
  }

  protected override learnt(): OpenAiEsState {
    return { theta: this.#theta, first: this.#first, second: this.#second };
  }
}
