/** Running trials: the loop between an optimiser and whatever evaluates its suggestions. */

import { messageOf, SkeinError, type Space, type Values } from '@skein/core';
import { createOptimizer, type Optimizer, type OptimizerSetup, optimizerDefaults, type Rules } from './optimizer.ts';
import type { CompleteTrial, Outcome, Trial, TrialRecord } from './trial.ts';

/** What an evaluation knows beside its values. */
export interface TrialContext {
  readonly trial: number;
  /** Aborted when the study is. */
  readonly signal: AbortSignal;
  /** Reports an intermediate value; returns true if the evaluation should stop now and return `pruned`. */
  report(step: number, value: number): boolean;
}

/** The value of an evaluation, or its whole outcome. One that throws is a failed trial. */
export type Evaluate<S extends Space> = (
  values: Values<S>,
  context: TrialContext,
) => number | Outcome | Promise<number | Outcome>;

export interface StudyOptions<S extends Space> {
  /** Trials of the study in all, those that the optimiser already has included. */
  readonly trials: number;
  /** Evaluations that run at once. With more than one, results depend on the order in which they finish. */
  readonly parallel: number;
  /** Stops the study: running evaluations are told and awaited, no other is started. */
  readonly signal?: AbortSignal;
  /** Called after every finished trial. */
  readonly onTrial?: (trial: TrialRecord<S>, best: CompleteTrial<S> | null) => void;
  /** The study fails when, after this many failures, more than half of the finished trials failed. */
  readonly toleratedFailures: number;
}

export const studyDefaults = { trials: 50, parallel: 1, toleratedFailures: 5 } as const;

/**
 * Runs trials of an optimiser until it has `trials` of them. Trials that were running when the optimiser was saved are
 * run again first. Throws `TASK_FAILED` when too many trials fail, with the last reason; returns early when aborted.
 */
export async function runStudy<S extends Space>(
  optimizer: Optimizer<S>,
  evaluate: Evaluate<S>,
  given: Partial<StudyOptions<S>> = {},
): Promise<void> {
  const options: StudyOptions<S> = { ...studyDefaults, ...given };
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const interrupted = optimizer.trials().filter(({ outcome }) => outcome === null);
  const next = (): Trial<S> | null => {
    if (signal.aborted) return null;
    const lost = interrupted.shift();
    if (lost !== undefined) return optimizer.restart(lost.id);
    return optimizer.trials().length < options.trials ? optimizer.ask() : null;
  };
  const worker = async (): Promise<void> => {
    for (let trial = next(); trial !== null; trial = next()) {
      const { id, values } = trial;
      const report = (step: number, value: number): boolean => optimizer.report(id, step, value);
      const outcome = await evaluateTrial(evaluate, values, { trial: id, signal, report });
      if (signal.aborted && outcome.kind === 'failed') return;
      optimizer.tell(id, outcome);
      options.onTrial?.(optimizer.trials()[id]!, optimizer.best());
      failIfHopeless(optimizer.trials(), options.toleratedFailures);
    }
  };
  const workers = Array.from({ length: options.parallel }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(workers);
    throw error;
  }
}

async function evaluateTrial<S extends Space>(
  evaluate: Evaluate<S>,
  values: Values<S>,
  context: TrialContext,
): Promise<Outcome> {
  try {
    const outcome = await evaluate(values, context);
    if (typeof outcome !== 'number') return outcome;
    if (Number.isFinite(outcome)) return { kind: 'complete', value: outcome };
    return { kind: 'failed', reason: `the evaluation returned ${outcome}` };
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) };
  }
}

function failIfHopeless(trials: readonly TrialRecord[], tolerated: number): void {
  const finished = trials.flatMap(({ outcome }) => (outcome === null ? [] : [outcome]));
  const failed = finished.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.reason] : []));
  if (failed.length < tolerated || 2 * failed.length <= finished.length) return;
  throw new SkeinError(
    'TASK_FAILED',
    `${failed.length} of ${finished.length} trials failed, the last with: ${failed.at(-1)}`,
    {
      details: { failed: failed.length, finished: finished.length },
      advice: 'Correct the evaluation or narrow the search space, then run the study again.',
    },
  );
}

export interface MinimizeOptions<S extends Space> extends OptimizerSetup, StudyOptions<S>, Rules<S> {}

/** The best trial of a study, and the study. */
export interface MinimizeResult<S extends Space> {
  readonly values: Values<S>;
  readonly value: number;
  /** Id of the best trial. */
  readonly trial: number;
  /** Holds every trial and the state; asking it for more continues the study. */
  readonly optimizer: Optimizer<S>;
}

/**
 * Minimises (or with `maximise` maximises) a function over a space by Bayesian optimisation. The function may be
 * asynchronous. Throws `TASK_CANCELLED` if aborted before any trial completed, `TASK_FAILED` if too many trials fail.
 */
export async function minimize<S extends Space>(
  f: Evaluate<S>,
  space: S,
  options: Partial<MinimizeOptions<S>> = {},
): Promise<MinimizeResult<S>> {
  const trials = options.trials ?? studyDefaults.trials;
  // A short study spends at most a third of its trials before the model takes over.
  const defaults = {
    ...optimizerDefaults,
    initialTrials: Math.min(optimizerDefaults.initialTrials, Math.ceil(trials / 3)),
  };
  const { method, seed, maximise, initialTrials, deterministic, pruner, acquisition } = { ...defaults, ...options };
  const optimizer = createOptimizer(
    space,
    { method, seed, maximise, initialTrials, deterministic, pruner, acquisition },
    { ...(options.allows && { allows: options.allows }), ...(options.related && { related: options.related }) },
  );
  await runStudy(optimizer, f, options);
  const best = optimizer.best();
  if (best !== null) return { values: best.values, value: best.value, trial: best.id, optimizer };
  if (options.signal?.aborted)
    throw new SkeinError('TASK_CANCELLED', 'the study was stopped before any trial completed');
  throw new SkeinError(
    'TASK_FAILED',
    `none of ${optimizer.trials().length} trials completed and satisfied its constraints`,
  );
}
