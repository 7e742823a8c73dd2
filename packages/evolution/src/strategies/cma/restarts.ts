/**
 * Restarts of CMA-ES with growing populations. IPOP (Auger and Hansen 2005): every restart doubles the population.
 * BIPOP (Hansen 2009): runs with doubling populations take turns with runs of small random populations and step sizes,
 * so that both regimes spend about the same number of evaluations.
 */

import { type Rng, type RngState, SkeinError } from '@skein/core';
import { type Optimiser, streamOf } from '../../optimiser.ts';
import { type Incumbent, improves, type Outcome } from '../../outcome.ts';
import type { Evaluated, Population } from '../../population.ts';
import { CmaEs, type CmaEsOptions, type CmaEsState } from './cma-es.ts';
import { defaultPopulation } from './parameters.ts';

/** How populations grow from restart to restart. */
export type RestartRegime = 'ipop' | 'bipop';

/** What `createRestartingCmaEs` takes. */
export interface RestartingCmaEsOptions<V = Float64Array> extends Omit<CmaEsOptions<V>, 'state'> {
  /** Most restarts after the first run; small BIPOP runs do not count. */
  readonly restarts?: number;
  readonly regime?: RestartRegime;
  /** The start point of a restart, as genes; default: a random point of the encoding. Needed without an encoding. */
  readonly restartAt?: (rng: Rng) => ArrayLike<number>;
  readonly state?: RestartingCmaEsState;
}

export const restartDefaults = { restarts: 9, regime: 'ipop' } as const;

/** The current run: which regime it belongs to and how far it may go. */
interface Run {
  readonly kind: 'large' | 'small';
  readonly population: number;
  readonly sigma: number;
  /** Evaluations after which a small run is cut off; null for no limit. */
  readonly budget: number | null;
}

/** Plain state of a restarting CMA-ES. */
export interface RestartingCmaEsState {
  readonly algorithm: 'cma-es-restarts';
  readonly rng: RngState;
  readonly inner: CmaEsState;
  readonly run: Run;
  /** Large runs begun after the first. */
  readonly restarts: number;
  /** Generations and evaluations of the finished runs. */
  readonly generationsBefore: number;
  readonly evaluationsBefore: number;
  /** Evaluations of the finished runs by regime, and of the latest large one. */
  readonly spent: { readonly large: number; readonly small: number; readonly lastLarge: number };
  readonly best: Incumbent | null;
}

/** A CMA-ES that restarts itself. Throws `INPUT` when an option does not fit. */
export function createRestartingCmaEs<V = Float64Array>(options: RestartingCmaEsOptions<V>): RestartingCmaEs {
  return new RestartingCmaEs(options);
}

/** Ask and tell over a series of CMA-ES runs. Make one with `createRestartingCmaEs`. */
export class RestartingCmaEs implements Optimiser<Float64Array, RestartingCmaEsState> {
  readonly name = 'cma-es-restarts';
  readonly maximise: boolean;
  best: Incumbent | null = null;
  readonly #options: RestartingCmaEsOptions<unknown>;
  readonly #rng: Rng;
  readonly #firstPopulation: number;
  readonly #firstSigma: number;
  #inner: CmaEs;
  #run: Run;
  #restarts = 0;
  #generationsBefore = 0;
  #evaluationsBefore = 0;
  #spent = { large: 0, small: 0, lastLarge: 0 };

  constructor(options: RestartingCmaEsOptions<unknown>) {
    const { state } = options;
    this.#options = options;
    this.maximise = options.maximise ?? false;
    if (options.encoding === undefined && options.restartAt === undefined) {
      throw new SkeinError('INPUT', 'restartAt: expected a function that draws start points, got none', {
        advice: 'give an encoding, from which start points can be drawn, or restartAt: (rng) => [...]',
      });
    }
    this.#rng = streamOf(this.name, state, options.seed);
    this.#firstSigma = options.sigma ?? (options.encoding === undefined ? 1 : 0.3);
    const start = state?.inner.distribution.mean ?? options.start ?? this.#drawStart();
    this.#firstPopulation = options.population ?? defaultPopulation(start.length);
    this.#run = state?.run ?? {
      kind: 'large',
      population: this.#firstPopulation,
      sigma: this.#firstSigma,
      budget: null,
    };
    this.#inner = state === undefined ? this.#begin(start) : this.#restore(state);
  }

  get generation(): number {
    return this.#generationsBefore + this.#inner.generation;
  }

  get evaluations(): number {
    return this.#evaluationsBefore + this.#inner.evaluations;
  }

  /** Individuals of a generation of the current run. */
  get lambda(): number {
    return this.#inner.lambda;
  }

  ask(): Population<Float64Array> {
    if (this.#isOver() && this.#mayRestart()) this.#restart();
    return this.#inner.ask();
  }

  tell(outcomes: ArrayLike<Outcome>): void {
    this.#inner.tell(outcomes);
    const found = this.#inner.best as Incumbent;
    if (improves(found.fitness, found.violation, this.best, this.maximise)) {
      this.best = { ...found, generation: this.generation };
    }
  }

  current(): Evaluated<Float64Array> {
    return this.#inner.current();
  }

  stopReason(): string | null {
    return this.#isOver() && !this.#mayRestart() ? 'restarts' : null;
  }

  state(): RestartingCmaEsState {
    return structuredClone({
      algorithm: this.name,
      rng: this.#rng.state(),
      inner: this.#inner.state(),
      run: this.#run,
      restarts: this.#restarts,
      generationsBefore: this.#generationsBefore,
      evaluationsBefore: this.#evaluationsBefore,
      spent: this.#spent,
      best: this.best,
    });
  }

  #mayRestart(): boolean {
    return this.#restarts < (this.#options.restarts ?? restartDefaults.restarts);
  }

  #isOver(): boolean {
    const { budget } = this.#run;
    return (budget !== null && this.#inner.evaluations >= budget) || this.#inner.stopReason() !== null;
  }

  #restart(): void {
    const { evaluations, generation } = this.#inner;
    this.#evaluationsBefore += evaluations;
    this.#generationsBefore += generation;
    this.#spent[this.#run.kind] += evaluations;
    if (this.#run.kind === 'large') this.#spent.lastLarge = evaluations;
    this.#run = this.#nextRun();
    if (this.#run.kind === 'large') this.#restarts++;
    this.#inner = this.#begin(this.#drawStart());
  }

  #nextRun(): Run {
    const sigma = this.#firstSigma;
    const largest = this.#firstPopulation * 2 ** this.#restarts;
    const bipop = (this.#options.regime ?? restartDefaults.regime) === 'bipop';
    if (bipop && this.#restarts > 0 && this.#spent.small < this.#spent.large) {
      const population = Math.floor(
        this.#firstPopulation * (largest / this.#firstPopulation / 2) ** (this.#rng.uniform() ** 2),
      );
      const smaller = sigma * 10 ** (-2 * this.#rng.uniform());
      return { kind: 'small', population, sigma: smaller, budget: Math.floor(this.#spent.lastLarge / 2) };
    }
    return { kind: 'large', population: 2 * largest, sigma, budget: null };
  }

  #drawStart(): ArrayLike<number> {
    const { encoding, restartAt } = this.#options;
    if (restartAt !== undefined) return restartAt(this.#rng);
    const genes = encoding!.allocate(encoding!.length);
    encoding!.sample(genes, this.#rng);
    return genes;
  }

  #begin(start: ArrayLike<number>): CmaEs {
    const { population, sigma } = this.#run;
    const seed = this.#rng.uint32();
    return new CmaEs({ ...this.#innerOptions(), start, population, sigma, seed });
  }

  #restore(state: RestartingCmaEsState): CmaEs {
    this.#restarts = state.restarts;
    this.#generationsBefore = state.generationsBefore;
    this.#evaluationsBefore = state.evaluationsBefore;
    this.#spent = { ...state.spent };
    this.best = structuredClone(state.best);
    // Without an encoding the start point gives the number of genes; nothing starts there again.
    const { start: _, ...rest } = this.#innerOptions();
    const unbounded = this.#options.encoding === undefined && { start: state.inner.distribution.mean };
    return new CmaEs({ ...rest, ...unbounded, state: state.inner });
  }

  #innerOptions(): CmaEsOptions<unknown> {
    const { state: _, ...options } = this.#options;
    return options;
  }
}
