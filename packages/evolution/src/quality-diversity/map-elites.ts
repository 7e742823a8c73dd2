/**
 * MAP-Elites (Mouret and Clune, arXiv:1504.04909): finds the best individual for every kind of behaviour. Behaviour is
 * described by a few numbers, a grid over them is the archive, parents are drawn from the whole archive, and a child
 * takes the cell of its behaviour if it is better than the elite there.
 */

import { type Rng, type RngState, SkeinError, show } from '@skein/core';
import { drive } from '../drive.ts';
import type { Encoding } from '../encodings/encoding.ts';
import { type Evaluation, evaluator } from '../evaluation.ts';
import { limitReached, type StoppingRules, type StopReason } from '../evolve.ts';
import { type BreedingOperators, breed } from '../genetic/breed.ts';
import { type Brood, broodOf } from '../genetic/brood.ts';
import { defaultOperators } from '../genetic/defaults.ts';
import { checkLengths, refuseUnasked, streamOf } from '../optimiser.ts';
import type { Genes, Population } from '../population.ts';
import { anyone } from '../selection/competitive.ts';
import { Archive, type DescriptorAxis, type StoredArchive } from './archive.ts';

/** Fitness and behaviour of an individual. */
export interface BehaviourOutcome {
  readonly fitness: number;
  /** One number an axis of the archive. */
  readonly descriptor: ArrayLike<number>;
}

/** What `createMapElites` takes. Mutations with strategy parameters of their own (self-adaptive ones) are refused. */
export interface MapElitesOptions<V, G extends Genes> extends Partial<Omit<BreedingOperators<G>, 'selection'>> {
  readonly encoding: Encoding<V, G>;
  readonly axes: readonly DescriptorAxis[];
  readonly maximise?: boolean;
  /** Individuals a batch, at least 2. */
  readonly batch?: number;
  /** Batches that are drawn at random before elites reproduce. */
  readonly randomBatches?: number;
  readonly seed?: number;
  readonly state?: MapElitesState<G>;
}

export const mapElitesDefaults = { maximise: false, batch: 100, randomBatches: 1, seed: 0 } as const;

/** Plain state of MAP-Elites. */
export interface MapElitesState<G extends Genes = Genes> {
  readonly algorithm: 'map-elites';
  readonly generation: number;
  readonly evaluations: number;
  readonly rng: RngState;
  readonly archive: StoredArchive<G>;
  readonly pending: G | null;
}

/** A MAP-Elites to ask and tell. Throws `INPUT` when an option does not fit. */
export function createMapElites<V, G extends Genes>(options: MapElitesOptions<V, G>): MapElites<V, G> {
  return new MapElites(options);
}

/** Ask and tell over batches that fill an archive. Make one with `createMapElites`. */
export class MapElites<V, G extends Genes> {
  readonly name = 'map-elites';
  readonly maximise: boolean;
  generation = 0;
  evaluations = 0;
  readonly archive: Archive<G>;
  readonly #settings: BreedingOperators<G> &
    Required<Pick<MapElitesOptions<V, G>, 'encoding' | 'batch' | 'randomBatches'>>;
  readonly #rng: Rng;
  #pending: Brood<G> | null = null;

  constructor(options: MapElitesOptions<V, G>) {
    const { encoding, state } = options;
    this.maximise = options.maximise ?? mapElitesDefaults.maximise;
    const operators = { ...defaultOperators<G>(encoding, this.maximise), ...options, selection: anyone() };
    this.#settings = { ...mapElitesDefaults, ...operators };
    if (!Number.isInteger(this.#settings.batch) || this.#settings.batch < 2) {
      throw new SkeinError('INPUT', `batch: expected an integer of at least 2, got ${this.#settings.batch}`);
    }
    if (operators.mutation.strategy !== undefined) {
      throw new SkeinError(
        'INPUT',
        `mutation: expected one without strategy parameters, got ${operators.mutation.label}`,
      );
    }
    this.archive = new Archive(encoding, options.axes);
    this.#rng = streamOf(this.name, state, options.seed);
    if (state !== undefined) this.#restore(state);
  }

  /** The individuals to evaluate next. Asking again before telling gives the same batch. */
  ask(): Population<G> {
    this.#pending ??= this.#next();
    return this.#pending.individuals;
  }

  /** Outcomes of the asked batch; gives how many entered the archive. Throws and changes nothing if they do not fit. */
  tell(outcomes: ArrayLike<BehaviourOutcome>): number {
    const pending = this.#pending;
    refuseUnasked(pending);
    const { size, rows } = pending.individuals;
    if (outcomes.length !== size) {
      throw new SkeinError(
        'SHAPE',
        `tell(outcomes): expected one outcome an individual (${size}), got ${outcomes.length}`,
      );
    }
    const told = Array.from(outcomes, (outcome, i) => this.#checked(outcome, i));
    this.generation++;
    this.evaluations += size;
    this.#pending = null;
    const entered = told.filter((o, i) => this.archive.offer(rows[i] as G, o.fitness, o.descriptor, this.maximise));
    return entered.length;
  }

  /** Everything needed to go on, as a copy. */
  state(): MapElitesState<G> {
    return structuredClone({
      algorithm: this.name,
      generation: this.generation,
      evaluations: this.evaluations,
      rng: this.#rng.state(),
      archive: this.archive.stored(),
      pending: this.#pending?.individuals.genes ?? null,
    });
  }

  #restore(given: MapElitesState<G>): void {
    const { generation, evaluations, archive, pending } = structuredClone(given);
    const { encoding, batch } = this.#settings;
    checkLengths({ 'archive.genes': [archive.genes, archive.cells.length * encoding.length] });
    if (pending !== null) checkLengths({ pending: [pending, batch * encoding.length] });
    this.generation = generation;
    this.evaluations = evaluations;
    this.archive.restore(archive);
    if (pending !== null) {
      this.#pending = broodOf({ size: this.#settings.batch, genes: pending, strategies: new Float64Array(0) });
    }
  }

  #checked(outcome: BehaviourOutcome, i: number): BehaviourOutcome {
    const axes = this.archive.axes.length;
    const numbers =
      outcome?.descriptor?.length === axes ? [outcome.fitness, ...Array.from(outcome.descriptor)] : [Number.NaN];
    if (numbers.every((x) => typeof x === 'number' && !Number.isNaN(x))) return outcome;
    throw new SkeinError(
      'INPUT',
      `outcome of individual ${i}: expected { fitness, descriptor } with ${axes} descriptor values, got ${show(outcome)}`,
    );
  }

  #next(): Brood<G> {
    const { encoding, batch, randomBatches } = this.#settings;
    const genes = encoding.allocate(batch * encoding.length);
    const children = broodOf({ size: batch, genes, strategies: new Float64Array(0) });
    if (this.generation < randomBatches) {
      for (const row of children.individuals.rows) encoding.sample(row, this.#rng);
      return children;
    }
    const { fitness, size, genes: elites } = this.archive.elites();
    const parents = broodOf({ size, genes: elites, strategies: new Float64Array(0) });
    breed(parents, fitness, children, this.#settings, encoding, this.#rng, false);
    return children;
  }
}

/** What the archive looked like after a batch. */
export interface ArchiveReport {
  readonly generation: number;
  readonly evaluations: number;
  /** Share of the cells that are occupied. */
  readonly coverage: number;
  /** Best fitness of the archive. */
  readonly best: number;
  /** Sum of the fitness of all elites (the QD score, if fitness is maximised and not negative). */
  readonly total: number;
  /** Individuals of the batch that entered the archive. */
  readonly entered: number;
}

/** What `mapElites` takes. */
export interface MapElitesRunOptions<V, G extends Genes>
  extends MapElitesOptions<V, G>,
    Evaluation<V, BehaviourOutcome>,
    Pick<StoppingRules, 'generations' | 'evaluations' | 'signal'> {
  readonly onGeneration?: (report: ArchiveReport, optimiser: MapElites<V, G>) => void | Promise<void>;
}

/** What a run gives back. */
export interface MapElitesResult<V, G extends Genes> {
  /** Every elite with its fitness, in the order in which the cells were first filled. */
  readonly elites: readonly { readonly value: V; readonly fitness: number }[];
  /** The grid's fitness values in row-major order of the axes, NaN for empty cells. */
  readonly grid: Float64Array;
  readonly generation: number;
  readonly evaluations: number;
  readonly stop: StopReason;
  readonly history: readonly ArchiveReport[];
  readonly state: MapElitesState<G>;
}

/** Runs MAP-Elites. */
export async function mapElites<V, G extends Genes>(
  options: MapElitesRunOptions<V, G>,
): Promise<MapElitesResult<V, G>> {
  const { encoding } = options;
  const optimiser = createMapElites(options);
  const outcomesOf = evaluator<V, G, BehaviourOutcome>(encoding, options);
  const history: ArchiveReport[] = [];
  const stop = await drive({
    stop: () => limitReached(optimiser, options),
    ask: () => optimiser.ask(),
    evaluate: outcomesOf,
    tell: async (told: ArrayLike<BehaviourOutcome>) => {
      const report = reportOf(optimiser, optimiser.tell(told));
      history.push(report);
      await options.onGeneration?.(report, optimiser);
    },
  });
  const { rows, fitness } = optimiser.archive.elites();
  return {
    elites: rows.map((genes, i) => ({ value: encoding.decode(genes.slice() as G), fitness: fitness[i]! })),
    grid: optimiser.archive.grid(),
    generation: optimiser.generation,
    evaluations: optimiser.evaluations,
    stop,
    history,
    state: optimiser.state(),
  };
}

function reportOf<V, G extends Genes>(
  { archive, generation, evaluations, maximise }: MapElites<V, G>,
  entered: number,
): ArchiveReport {
  const { fitness } = archive.elites();
  const better = maximise ? Math.max : Math.min;
  return {
    generation,
    evaluations,
    coverage: archive.size / archive.cells,
    best: fitness.reduce((best, f) => better(best, f), maximise ? -Infinity : Infinity),
    total: fitness.reduce((sum, f) => sum + f, 0),
    entered,
  };
}
