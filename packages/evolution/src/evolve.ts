/** The loop over ask and tell: evaluation of batches, reports, stopping. */

import { SkeinError } from '@skein/core';
import { drive } from './drive.ts';
import { type Evaluation, evaluator } from './evaluation.ts';
import type { Optimiser } from './optimiser.ts';
import type { Incumbent, Outcome } from './outcome.ts';
import type { Genes, Population } from './population.ts';
import { fitnessStatistics, type GenerationReport } from './statistics.ts';

/** When to stop. Whatever comes first counts. */
export interface StoppingRules {
  /** Most generations, counting those before a resume. */
  readonly generations?: number;
  /** Most evaluations; the generation that reaches it is completed. */
  readonly evaluations?: number;
  /** A fitness that is good enough. */
  readonly target?: number;
  /** Stop after this many generations in a row without a better individual. */
  readonly patience?: number;
  /** Stops after the running evaluation; the result so far is returned and its state can be continued. */
  readonly signal?: AbortSignal;
}

/** What the loop takes beside the optimiser. */
export interface EvolveOptions<V, O = unknown> extends Evaluation<V>, StoppingRules {
  /** Called after every generation; awaited. The optimiser gives the state for a checkpoint. */
  readonly onGeneration?: (report: GenerationReport, optimiser: O) => void | Promise<void>;
  /** Keep every report in the result, default true. */
  readonly history?: boolean;
  /** Measure the diversity of every reported generation, default true; costs a pass over all genes. */
  readonly diversity?: boolean;
}

/** Why a run ended: a rule, the signal, or the optimiser's own reason. */
export type StopReason = 'generations' | 'evaluations' | 'target' | 'patience' | 'aborted' | (string & {});

/** What a run gives back. */
export interface EvolutionResult<V, S = unknown> {
  /** The best individual, decoded, and its fitness. */
  readonly best: V;
  readonly bestFitness: number;
  /** Sum of constraint violations of the best individual: 0 if it is feasible. */
  readonly violation: number;
  readonly generation: number;
  readonly evaluations: number;
  readonly stop: StopReason;
  readonly history: readonly GenerationReport[];
  /** Pass it as `state` with the same options to go on. */
  readonly state: S;
}

/** How genes are read and compared: an encoding, or a part of one. */
export interface Reading<V, G extends Genes> {
  decode(genes: G): V;
  diversity(population: Population<G>): number;
}

/**
 * Runs an optimiser until a rule stops it. Same options, same result: neither the batch size nor the order in which
 * evaluations finish makes a difference. Throws what `fitness`, `evaluate` or `onGeneration` throw.
 */
export async function evolve<V, G extends Genes, S, O extends Optimiser<G, S>>(
  optimiser: O & Optimiser<G, S>,
  reading: Reading<V, G>,
  options: EvolveOptions<V, O>,
): Promise<EvolutionResult<V, S>> {
  const evaluate = evaluator<V, G, Outcome>(reading, options);
  const history: GenerationReport[] = [];
  const stop = await drive({
    stop: () => ruleThatStops(optimiser, options),
    ask: () => optimiser.ask(),
    evaluate,
    tell: async (told: ArrayLike<Outcome>) => {
      optimiser.tell(told);
      if (options.history === false && options.onGeneration === undefined) return;
      const report = reportOf(optimiser, options.diversity === false ? null : reading);
      if (options.history !== false) history.push(report);
      await options.onGeneration?.(report, optimiser);
    },
  });
  return resultOf(optimiser, reading, stop, history);
}

/** The limit of a run that is reached, or null. */
export function limitReached(
  { generation, evaluations }: { readonly generation: number; readonly evaluations: number },
  limits: Pick<StoppingRules, 'generations' | 'evaluations' | 'signal'>,
): 'aborted' | 'generations' | 'evaluations' | null {
  if (limits.signal?.aborted) return 'aborted';
  if (generation >= (limits.generations ?? Infinity)) return 'generations';
  return evaluations >= (limits.evaluations ?? Infinity) ? 'evaluations' : null;
}

/** The first rule that says stop, or null. */
export function ruleThatStops(optimiser: Optimiser, rules: StoppingRules): StopReason | null {
  const { best, generation, maximise } = optimiser;
  if (best !== null && rules.target !== undefined && best.violation === 0) {
    if (maximise ? best.fitness >= rules.target : best.fitness <= rules.target) return 'target';
  }
  const limit = limitReached(optimiser, rules);
  if (limit !== null) return limit;
  if (best !== null && generation - best.generation >= (rules.patience ?? Infinity)) return 'patience';
  return optimiser.stopReason();
}

/** What the latest generation looks like; without a reading its diversity is not measured. */
export function reportOf<V, G extends Genes>(optimiser: Optimiser<G>, reading: Reading<V, G> | null): GenerationReport {
  const current = optimiser.current();
  return {
    generation: optimiser.generation,
    evaluations: optimiser.evaluations,
    ...fitnessStatistics(current, optimiser.maximise),
    bestEver: (optimiser.best as Incumbent).fitness,
    diversity: reading?.diversity(current) ?? Number.NaN,
  };
}

/** The result of a run that has ended. Throws `TASK_CANCELLED` if nothing was evaluated. */
export function resultOf<V, G extends Genes, S>(
  optimiser: Optimiser<G, S>,
  reading: Reading<V, G>,
  stop: StopReason,
  history: readonly GenerationReport[],
): EvolutionResult<V, S> {
  const { best, generation, evaluations } = optimiser;
  if (best === null) {
    throw new SkeinError(
      'TASK_CANCELLED',
      'evolve: expected at least one evaluated generation, got none before the stop',
    );
  }
  return {
    best: reading.decode(best.genes.slice() as G),
    bestFitness: best.fitness,
    violation: best.violation,
    generation,
    evaluations,
    stop,
    history,
    state: optimiser.state(),
  };
}
