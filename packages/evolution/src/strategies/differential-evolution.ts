/**
 * Differential evolution (Storn and Price 1997): every individual competes with a trial vector that adds the weighted
 * difference of two others to a third, mixed gene by gene with itself.
 *
 * Notation. N: population. F: differential weight. CR: crossover rate. x_i: individual i. u_i: its trial.
 */

import { type Rng, SkeinError } from '@skein/core';
import type { Encoding } from '../encodings/encoding.ts';
import { type EvolutionResult, type EvolveOptions, evolve } from '../evolve.ts';
import { checkLengths } from '../optimiser.ts';
import { scoresOf } from '../outcome.ts';
import { bestIndex, type Evaluated, type Population, populationOf } from '../population.ts';
import {
  checkPopulation,
  PopulationStrategy,
  type StrategyOptions,
  type StrategyState,
  type Told,
} from './population-strategy.ts';

/** What `createDifferentialEvolution` takes. */
export interface DifferentialEvolutionOptions<V = Float64Array> extends StrategyOptions<DifferentialState> {
  /** `reals` or `mixed`. */
  readonly encoding: Encoding<V, Float64Array>;
  /** N, at least 4, default 50. */
  readonly population?: number;
  /** The vector that differences are added to: the best (default), a random one, or one between x_i and the best. */
  readonly variant?: 'rand' | 'best' | 'current-to-best';
  /** F is drawn uniformly from this range for every trial. */
  readonly weight?: readonly [number, number];
  /**
   * CR: chance of each gene to come from the difference vector; one gene always does. Low values suit functions whose
   * variables do not interact, values near 1 those whose variables do.
   */
  readonly crossoverRate?: number;
}

export const differentialEvolutionDefaults = {
  population: 50,
  variant: 'best',
  weight: [0.5, 1],
  crossoverRate: 0.5,
} as const;

type Tuning = Pick<DifferentialEvolutionOptions, 'population' | 'variant' | 'weight' | 'crossoverRate'>;

/** What differential evolution has learnt: its population, null before the first `tell`. */
export interface DifferentialState {
  readonly genes: Float64Array;
  readonly fitness: Float64Array;
  readonly violation: Float64Array;
}

/** A differential evolution to ask and tell. Throws `INPUT` when an option does not fit. */
export function createDifferentialEvolution<V = Float64Array>(
  options: DifferentialEvolutionOptions<V>,
): DifferentialEvolution {
  return new DifferentialEvolution(options);
}

/** Runs differential evolution. */
export function differentialEvolution<V = Float64Array>(
  options: DifferentialEvolutionOptions<V> & EvolveOptions<V, DifferentialEvolution>,
): Promise<EvolutionResult<V, StrategyState<DifferentialState>>> {
  return evolve(createDifferentialEvolution(options), options.encoding, options);
}

/** Ask and tell over generations of trials. Make one with `createDifferentialEvolution`. */
export class DifferentialEvolution extends PopulationStrategy<DifferentialState> {
  readonly #settings: DifferentialEvolutionOptions<unknown> & Required<Tuning>;
  /** The individuals; before the first `tell` they have no fitness. */
  #genes: Population<Float64Array>;
  #fitness: Float64Array;
  #violation: Float64Array;

  constructor(options: DifferentialEvolutionOptions<unknown>) {
    super('differential-evolution', options);
    this.#settings = { ...differentialEvolutionDefaults, ...options };
    const { population, encoding, crossoverRate } = this.#settings;
    checkPopulation(population, 4);
    if (!(crossoverRate >= 0 && crossoverRate <= 1)) {
      throw new SkeinError('INPUT', `crossoverRate: expected a number in [0, 1], got ${crossoverRate}`);
    }
    const own = options.state === undefined ? null : this.restore(options.state);
    if (own !== null) checkLengths({ genes: [own.genes, population * encoding.length] });
    this.#genes = populationOf(own?.genes ?? new Float64Array(population * encoding.length), population);
    this.#fitness = own?.fitness ?? new Float64Array(0);
    this.#violation = own?.violation ?? new Float64Array(0);
  }

  protected override sample(): Population<Float64Array> {
    const { encoding, population } = this.#settings;
    const batch = populationOf(new Float64Array(population * encoding.length), population);
    if (this.#fitness.length === 0) for (const row of batch.rows) encoding.sample(row, this.rng);
    else this.#fillTrials(batch);
    return batch;
  }

  protected override learn(told: Told): Evaluated<Float64Array> {
    if (this.#fitness.length === 0) this.#takeAll(told);
    else this.#takeBetter(told);
    return { ...this.#genes, fitness: this.#fitness };
  }

  protected override learnt(): DifferentialState {
    return { genes: this.#genes.genes, fitness: this.#fitness, violation: this.#violation };
  }

  #takeAll({ population, fitness, violation }: Told): void {
    this.#genes = population;
    this.#fitness = fitness;
    this.#violation = violation;
  }

  /** A trial replaces its individual unless it is worse. */
  #takeBetter({ population, fitness, violation }: Told): void {
    const n = population.size;
    const join = (a: Float64Array, b: Float64Array) =>
      Float64Array.from({ length: 2 * n }, (_, i) => (i < n ? a[i]! : b[i - n]!));
    const scores = scoresOf(
      { fitness: join(this.#fitness, fitness), violation: join(this.#violation, violation) },
      this.maximise,
    );
    for (let i = 0; i < n; i++) {
      if (scores[n + i]! < scores[i]!) continue;
      this.#genes.rows[i]!.set(population.rows[i]!);
      this.#fitness[i] = fitness[i]!;
      this.#violation[i] = violation[i]!;
    }
  }

  #fillTrials(batch: Population<Float64Array>): void {
    const scores = scoresOf({ fitness: this.#fitness, violation: this.#violation }, this.maximise);
    const best = this.#genes.rows[bestIndex(scores, true)]!;
    batch.rows.forEach((trial, i) => {
      this.#fillTrial(trial, i, best);
    });
  }

  /** u_i = base + F (b - c), gene by gene mixed with x_i. */
  #fillTrial(trial: Float64Array, i: number, best: Float64Array): void {
    const { variant, weight, crossoverRate, encoding } = this.#settings;
    const { rows, size } = this.#genes;
    const x = rows[i]!;
    const others = threeOthers(size, i, this.rng);
    const [a, b, c] = [rows[others[0]]!, rows[others[1]]!, rows[others[2]]!];
    const f = weight[0] + (weight[1] - weight[0]) * this.rng.uniform();
    const always = this.rng.integer(x.length);
    for (let j = 0; j < x.length; j++) {
      if (j !== always && this.rng.uniform() >= crossoverRate) {
        trial[j] = x[j]!;
        continue;
      }
      const base = variant === 'rand' ? a[j]! : variant === 'best' ? best[j]! : x[j]! + f * (best[j]! - x[j]!);
      trial[j] = inside(base + f * (b[j]! - c[j]!), x[j]!, encoding.low[j]!, encoding.high[j]!);
    }
  }
}

/** What leaves the bounds comes to rest halfway between the individual and the bound. */
const inside = (value: number, from: number, low: number, high: number): number =>
  value < low ? (from + low) / 2 : value > high ? (from + high) / 2 : value;

/** Three different indices below n, none of them i. */
function threeOthers(n: number, i: number, rng: Rng): readonly [number, number, number] {
  const draw = (...taken: number[]): number => {
    for (;;) {
      const k = rng.integer(n);
      if (!taken.includes(k)) return k;
    }
  };
  const a = draw(i);
  const b = draw(i, a);
  return [a, b, draw(i, a, b)];
}
