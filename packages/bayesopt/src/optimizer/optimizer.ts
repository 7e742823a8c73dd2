/**
 * Ask and tell: the primitive on which every loop, local or remote, is built. An optimiser is its options and its list of
 * trials; a suggestion depends on the seed, the trial's number, the trials before it and what the method remembers, all
 * of which `state()` holds.
 */

import {
  checkValues,
  createRng,
  parse,
  type Rng,
  SkeinError,
  type Space,
  show,
  spaceFromUnit,
  spaceToUnit,
  type Values,
} from '@skein/core';
import { type Pruner, shouldPrune } from '../prune/pruner.ts';
import { ACQUISITION_NAMES } from './acquisitions.ts';
import { type Columns, columnsOf, keyOf } from './columns.ts';
import { checkAllConstraints, checkConstraints } from './constraints.ts';
import { historyOf } from './history.ts';
import type { Method } from './method.ts';
import { methodOf, restoredMethod } from './methods.ts';
import { type RelatedStudy, type RelatedTrial, relatedStudies } from './related.ts';
import {
  type CompleteTrial,
  isFeasible,
  type OptimizerState,
  OptimizerStateSchema,
  type Outcome,
  type Trial,
  type TrialRecord,
} from './trial.ts';

export interface OptimizerOptions {
  /** `gp`, `turbo`, `tpe`, `forest`, `sobol` or `random`; or the name of a method of one's own. */
  readonly method: string;
  readonly seed: number;
  /** Larger outcomes are better. */
  readonly maximise: boolean;
  /** Quasi-random trials before a model is used. */
  readonly initialTrials: number;
  /** Equal values always give equal outcomes: the model then takes no noise into account. */
  readonly deterministic: boolean;
  /** When `report` says that a trial should stop; null for never. */
  readonly pruner: Pruner | null;
  /** What the Gaussian process scores points by: one of `ACQUISITION_NAMES`. */
  readonly acquisition: string;
}

export const optimizerDefaults = {
  method: 'gp',
  seed: 0,
  maximise: false,
  initialTrials: 10,
  deterministic: false,
  pruner: null,
  acquisition: 'logExpectedImprovement',
} as const satisfies OptimizerOptions;

/** Options as they are given: the method by name, or one of one's own (such as `regressorMethod` makes). */
export interface OptimizerSetup extends Omit<OptimizerOptions, 'method'> {
  readonly method: string | Method;
}

/** An optimiser of one study. Running trials are known to `ask`; any number may run at once. */
export interface Optimizer<S extends Space> {
  readonly space: S;
  readonly options: OptimizerOptions;
  /** The next trial to run. */
  ask(): Trial<S>;
  /**
   * An intermediate value of a running trial, at a step above the last one. Returns true if the trial should stop, and
   * its outcome then be told as pruned. Throws `INPUT` for a trial that does not run or a step that does not increase.
   */
  report(id: number, step: number, value: number): boolean;
  /**
   * What came of a trial; a number is a complete outcome. Throws `INPUT` for an unknown or finished trial, NaN, or another
   * number of constraints than complete trials told before.
   */
  tell(id: number, outcome: Outcome | number): void;
  /** Forgets what a running trial reported: it starts anew, because whoever ran it is gone. */
  restart(id: number): Trial<S>;
  /** A finished trial from elsewhere (earlier data, a guess). Throws `INPUT` if the values do not fit the space. */
  add(values: Values<S>, outcome: Outcome | number): Trial<S>;
  /** All trials in the order of their ids. */
  trials(): readonly TrialRecord<S>[];
  /** The best complete trial that violates no constraint; null before the first. */
  best(): CompleteTrial<S> | null;
  /** The optimiser as plain data; `restoreOptimizer` continues exactly. */
  state(): OptimizerState;
}

/** What is known of a study beyond its space and options. Not part of the state. */
export interface Rules<S extends Space> {
  /** Values that it refuses are never suggested. It should be cheap: it is asked thousands of times a suggestion. */
  readonly allows?: (values: Values<S>) => boolean;
  /**
   * Finished trials of related studies over the same space, one list a study: the `gp` method learns how much each of them
   * says about this one. Their outcomes may be on other scales, but must be better in the same direction.
   */
  readonly related?: readonly (readonly RelatedTrial<S>[])[];
}

/** What a state does not hold, because it is code. */
export interface RestoreOptions<S extends Space> extends Rules<S> {
  /** The method of one's own that the study was created with. */
  readonly method?: Method;
}

/**
 * A new optimiser over a space. Throws `INPUT` for an empty space, `UNKNOWN_NAME` for an unknown method, `CONFIG` for one
 * of one's own under the name of another.
 */
export function createOptimizer<S extends Space>(
  space: S,
  options: Partial<OptimizerSetup> = {},
  rules: Rules<S> = {},
): Optimizer<S> {
  const { method: given, ...others } = { ...optimizerDefaults, ...options };
  const method = methodOf(given);
  return new Study(space, { method: method.name, ...others }, method, rules, [], null);
}

/**
 * Continues from `state()`, which may come from outside. Throws `CHECKPOINT` or `INPUT` if it does not fit the space or the
 * method, `UNKNOWN_NAME` if its method is one of one's own and not given.
 */
export function restoreOptimizer<S extends Space>(
  space: S,
  state: unknown,
  rules: RestoreOptions<S> = {},
): Optimizer<S> {
  const { options, trials, memory } = parse(OptimizerStateSchema, state, {
    what: 'optimizer state',
    code: 'CHECKPOINT',
  });
  const records = trials.map((record, i): TrialRecord<S> => {
    if (record.id !== i) throw new SkeinError('CHECKPOINT', `trials[${i}].id: expected ${i}, got ${record.id}`);
    return { ...record, values: checkValues(space, record.values, `trials[${i}].values`) };
  });
  checkAllConstraints(
    records.map(({ outcome }) => (outcome?.kind === 'complete' ? (outcome.constraints ?? []) : null)),
  );
  return new Study(space, options, restoredMethod(options.method, rules.method), rules, records, memory);
}

class Study<S extends Space> implements Optimizer<S> {
  readonly space: S;
  readonly options: OptimizerOptions;
  readonly #method: Method;
  readonly #columns: Columns;
  readonly #related: readonly RelatedStudy[];
  readonly #rng: Rng;
  readonly #trials: TrialRecord<S>[];
  #memory: unknown;

  constructor(
    space: S,
    options: OptimizerOptions,
    method: Method,
    rules: Rules<S>,
    trials: TrialRecord<S>[],
    memory: unknown,
  ) {
    if (Object.keys(space).length === 0) {
      throw new SkeinError('INPUT', 'space: expected at least one dimension, got none');
    }
    this.space = space;
    this.options = options;
    this.#method = method;
    if (!ACQUISITION_NAMES.includes(options.acquisition)) {
      const names = ACQUISITION_NAMES.join(', ');
      throw new SkeinError('UNKNOWN_NAME', `acquisition: expected one of ${names}, got ${options.acquisition}`);
    }
    this.#columns = columnsOf(space, rules.allows);
    this.#related = relatedStudies(space, this.#columns.columns, rules.related ?? [], options);
    this.#rng = createRng(options.seed);
    this.#trials = trials;
    this.#memory = memory;
  }

  ask(): Trial<S> {
    const id = this.#trials.length;
    const { point, memory } = this.#method.suggest({
      ...historyOf(this.space, this.#trials, this.options.maximise),
      columns: this.#columns,
      trial: id,
      rng: this.#rng.split('trial').split(id),
      studyRng: this.#rng,
      seen: new Set(this.#trials.map(({ values }) => keyOf(spaceToUnit(this.space, values)))),
      initialTrials: this.options.initialTrials,
      deterministic: this.options.deterministic,
      acquisition: this.options.acquisition,
      related: this.#related,
      memory: this.#memory,
    });
    this.#memory = memory;
    const values = spaceFromUnit(this.space, point);
    this.#trials.push({ id, values, outcome: null, reports: [] });
    return { id, values };
  }

  report(id: number, step: number, value: number): boolean {
    const record = this.#running('report', id);
    const last = record.reports.at(-1);
    if (!Number.isFinite(step) || (last !== undefined && step <= last.step)) {
      throw new SkeinError('INPUT', `report: expected a step above ${last?.step ?? '-Infinity'}, got ${step}`);
    }
    this.#trials[id] = { ...record, reports: [...record.reports, { step, value }] };
    const { pruner, maximise } = this.options;
    if (pruner === null) return false;
    const curves = this.#trials.map(({ id, outcome, reports }) => ({
      id,
      complete: outcome?.kind === 'complete',
      reports,
    }));
    return shouldPrune(pruner, curves[id]!, curves, maximise);
  }

  tell(id: number, outcome: Outcome | number): void {
    this.#trials[id] = { ...this.#running('tell', id), outcome: this.#checked(outcome) };
  }

  #checked(given: Outcome | number): Outcome {
    const earlier = this.#trials.map(({ outcome }) => outcome).find((outcome) => outcome?.kind === 'complete');
    return checkedOutcome(given, earlier && (earlier.constraints ?? []));
  }

  #running(what: string, id: number): TrialRecord<S> {
    const record = this.#trials[id];
    if (record === undefined) {
      throw new SkeinError(
        'INPUT',
        `${what}: expected the id of a trial below ${this.#trials.length}, got ${show(id)}`,
      );
    }
    if (record.outcome === null) return record;
    throw new SkeinError(
      'INPUT',
      `${what}: expected a running trial, got trial ${id}, which is ${record.outcome.kind}`,
    );
  }

  restart(id: number): Trial<S> {
    const record = this.#running('restart', id);
    this.#trials[id] = { ...record, reports: [] };
    return { id, values: record.values };
  }

  add(values: Values<S>, outcome: Outcome | number): Trial<S> {
    const trial = { id: this.#trials.length, values: checkValues(this.space, values) };
    this.#trials.push({ ...trial, outcome: this.#checked(outcome), reports: [] });
    return trial;
  }

  trials(): readonly TrialRecord<S>[] {
    return [...this.#trials];
  }

  best(): CompleteTrial<S> | null {
    const sign = this.options.maximise ? -1 : 1;
    let best: CompleteTrial<S> | null = null;
    for (const { id, values, outcome } of this.#trials) {
      if (outcome?.kind !== 'complete' || !isFeasible(outcome)) continue;
      if (best === null || sign * outcome.value < sign * best.value) best = { id, values, value: outcome.value };
    }
    return best;
  }

  state(): OptimizerState {
    const trials = this.#trials.map((record) => ({ ...record, reports: [...record.reports] }));
    return structuredClone({ version: 1, options: this.options, trials, memory: this.#memory }) as OptimizerState;
  }
}

/** `earlier`: the constraints of another complete trial. */
function checkedOutcome(given: Outcome | number, earlier: readonly number[] | undefined): Outcome {
  const outcome: Outcome = typeof given === 'number' ? { kind: 'complete', value: given } : given;
  if (outcome.kind !== 'complete') return outcome;
  const { value, constraints = [], cost = 1 } = outcome;
  checkConstraints(constraints, earlier);
  const bad = [value, cost].find((v) => !Number.isFinite(v));
  if (bad !== undefined) {
    throw new SkeinError('INPUT', `tell: expected a finite value, got ${bad}`, {
      advice: "Tell { kind: 'failed', reason } for an evaluation without a usable value.",
    });
  }
  if (cost > 0) return outcome;
  throw new SkeinError('INPUT', `tell: cost: expected a positive number, got ${cost}`);
}
