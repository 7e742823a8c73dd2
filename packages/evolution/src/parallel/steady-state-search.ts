/** The asynchronous steady-state algorithm as one call. */

import { SkeinError, toSkeinError } from '@skein/core';
import type { Outcome } from '../outcome.ts';
import type { Genes } from '../population.ts';
import { createSteadyState, type SteadyState, type SteadyStateOptions, type SteadyStateState } from './steady-state.ts';

/** What `steadyStateSearch` takes. */
export interface SteadyStateSearchOptions<V, G extends Genes> extends SteadyStateOptions<V, G> {
  /** Evaluates one individual, anywhere; a rejected promise gives it up. The signal aborts when the result is not waited for. */
  readonly fitness: (value: V, signal: AbortSignal) => Outcome | Promise<Outcome>;
  /** Milliseconds after which an evaluation is given up, default never. */
  readonly evaluationMs?: number;
  /** Evaluations until the end. */
  readonly evaluations: number;
  /** Evaluations that run at the same time. */
  readonly concurrency?: number;
  /** Stop when the fitness is this good. */
  readonly target?: number;
  /** Lost evaluations that are tolerated in a row before the search fails with the latest error, default 10. */
  readonly tolerated?: number;
  readonly signal?: AbortSignal;
  /** Called after every evaluation. */
  readonly onEvaluation?: (fitness: number, algorithm: SteadyState<V, G>) => void;
}

/** What a steady-state search gives back. */
export interface SteadyStateResult<V, G extends Genes> {
  readonly best: V;
  readonly bestFitness: number;
  readonly evaluations: number;
  /** Evaluations that failed or took too long. */
  readonly lost: number;
  readonly state: SteadyStateState<G>;
}

/**
 * Keeps `concurrency` evaluations running until enough have come back. With concurrency 1 the result depends on the
 * seed alone; with more, on the order in which evaluations finish.
 */
export async function steadyStateSearch<V, G extends Genes>(
  options: SteadyStateSearchOptions<V, G>,
): Promise<SteadyStateResult<V, G>> {
  const { encoding, fitness, concurrency = 1, tolerated = 10 } = options;
  const algorithm = createSteadyState(options);
  const signal = options.signal ?? new AbortController().signal;
  let lost = 0;
  let lostInARow = 0;
  let failure: unknown = null;
  const isOver = () =>
    signal.aborted ||
    failure !== null ||
    isGoodEnough(algorithm, options.target) ||
    algorithm.evaluations + algorithm.pending.length >= options.evaluations;
  const work = async (): Promise<void> => {
    while (!isOver()) {
      const { id, genes } = algorithm.ask();
      try {
        const outcome = await within(options.evaluationMs, signal, (limit) => fitness(encoding.decode(genes), limit));
        algorithm.tell(id, outcome);
        lostInARow = 0;
        options.onEvaluation?.(typeof outcome === 'number' ? outcome : outcome.fitness, algorithm);
      } catch (error) {
        if (algorithm.pending.includes(id)) algorithm.forget(id);
        lost++;
        if (++lostInARow > tolerated) failure = error;
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  if (failure !== null) throw toSkeinError(failure, 'TASK_FAILED', `${lostInARow} evaluations in a row were lost`);
  const { best } = algorithm;
  if (best === null)
    throw new SkeinError(
      'TASK_CANCELLED',
      'steadyStateSearch: expected at least one evaluation, got none before the stop',
    );
  return {
    best: encoding.decode(best.genes.slice() as G),
    bestFitness: best.fitness,
    evaluations: algorithm.evaluations,
    lost,
    state: algorithm.state(),
  };
}

/** What `evaluate` gives, unless that takes longer than `ms`: then it rejects, and the signal given to it aborts. */
async function within<T>(
  ms: number | undefined,
  signal: AbortSignal,
  evaluate: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  if (ms === undefined) return evaluate(signal);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  const late = new Promise<never>((_resolve, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason), { once: true });
  });
  return Promise.race([evaluate(limit), late]);
}

function isGoodEnough<V, G extends Genes>({ best, maximise }: SteadyState<V, G>, target: number | undefined): boolean {
  if (best === null || target === undefined || best.violation > 0) return false;
  return maximise ? best.fitness >= target : best.fitness <= target;
}
