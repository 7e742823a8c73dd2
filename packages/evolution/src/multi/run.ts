/** NSGA-II as one call. */

import { drive } from '../drive.ts';
import { type Evaluation, evaluator } from '../evaluation.ts';
import { limitReached, type StoppingRules, type StopReason } from '../evolve.ts';
import type { Genes } from '../population.ts';
import { hypervolume } from './indicators.ts';
import { createNsga2, type Nsga2, type Nsga2Options, type Nsga2State } from './nsga2.ts';
import { type MultiOutcome, signOf } from './objectives.ts';

/** What a generation looked like. */
export interface FrontReport {
  readonly generation: number;
  readonly evaluations: number;
  /** Non-dominated individuals. */
  readonly frontSize: number;
  /** Hypervolume of the front up to `reference`; NaN without one. */
  readonly hypervolume: number;
}

/** What `nsga2` takes. */
export interface Nsga2RunOptions<V, G extends Genes>
  extends Nsga2Options<V, G>,
    Omit<Evaluation<V, MultiOutcome>, 'fitness'>,
    Pick<StoppingRules, 'generations' | 'evaluations' | 'signal'> {
  /** Objectives of one individual. Give this or `evaluate`. */
  readonly objectives?: (value: V) => MultiOutcome | Promise<MultiOutcome>;
  /** Worse than the front should be in every objective: then reports have the hypervolume. */
  readonly reference?: readonly number[];
  /** Called after every generation; awaited. The optimiser gives the front and the state. */
  readonly onGeneration?: (report: FrontReport, optimiser: Nsga2<V, G>) => void | Promise<void>;
}

/** A solution of the front. */
export interface ParetoSolution<V> {
  readonly value: V;
  readonly objectives: readonly number[];
  /** 0 if it is feasible. */
  readonly violation: number;
}

/** What a run gives back. */
export interface Nsga2Result<V, G extends Genes> {
  /** The non-dominated solutions in the order of the first objective. */
  readonly front: readonly ParetoSolution<V>[];
  readonly generation: number;
  readonly evaluations: number;
  readonly stop: StopReason;
  readonly history: readonly FrontReport[];
  readonly state: Nsga2State<G>;
}

/**
 * Runs NSGA-II.
 *
 * ```ts
 * const { front } = await nsga2({ encoding: reals(1, -5, 5), objectives: ([x]) => [x ** 2, (x - 2) ** 2], generations: 50 });
 * ```
 */
export async function nsga2<V, G extends Genes>(options: Nsga2RunOptions<V, G>): Promise<Nsga2Result<V, G>> {
  const { encoding, objectives, evaluate, batchSize, signal } = options;
  const optimiser = createNsga2(options);
  const outcomesOf = evaluator<V, G, MultiOutcome>(encoding, {
    ...(objectives && { fitness: objectives }),
    ...(evaluate && { evaluate }),
    ...(batchSize && { batchSize }),
    ...(signal && { signal }),
  });
  const history: FrontReport[] = [];
  const stop = await drive({
    stop: () => limitReached(optimiser, options),
    ask: () => optimiser.ask(),
    evaluate: outcomesOf,
    tell: async (told: ArrayLike<MultiOutcome>) => {
      optimiser.tell(told);
      const report = reportOf(optimiser, options);
      history.push(report);
      await options.onGeneration?.(report, optimiser);
    },
  });
  const front = optimiser.generation === 0 ? [] : optimiser.front();
  return {
    front: front.map(({ genes, ...rest }) => ({ value: encoding.decode(genes), ...rest })),
    generation: optimiser.generation,
    evaluations: optimiser.evaluations,
    stop,
    history,
    state: optimiser.state(),
  };
}

function reportOf<V, G extends Genes>(optimiser: Nsga2<V, G>, options: Nsga2RunOptions<V, G>): FrontReport {
  const { reference, maximise = false } = options;
  const front = optimiser.front().filter(({ violation }) => violation === 0);
  const minimised = (point: ArrayLike<number>) => Array.from(point, (x, m) => signOf(maximise, m) * x);
  return {
    generation: optimiser.generation,
    evaluations: optimiser.evaluations,
    frontSize: front.length,
    hypervolume:
      reference === undefined
        ? Number.NaN
        : hypervolume(
            front.map(({ objectives }) => minimised(objectives)),
            minimised(reference),
          ),
  };
}
