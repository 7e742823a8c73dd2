/**
 * Ask and tell for several objectives. By ParEGO (Knowles, IEEE Trans. Evol. Comput. 10, 2006) each suggestion minimises
 * one random scalarisation of the objectives, so that over the trials the whole Pareto front is sought; any method works.
 * By expected hypervolume improvement a suggestion is where the front is expected to grow most. Only trials that satisfy the
 * measured constraints make the front.
 */

import {
  checkValues,
  createRng,
  parse,
  SkeinError,
  type Space,
  spaceFromUnit,
  spaceToUnit,
  Type,
  type Values,
} from '@skein/core';
import { chebyshev, paretoFront } from '../pareto/pareto.ts';
import { type Columns, columnsOf, keyOf } from './columns.ts';
import { checkAllConstraints, checkConstraints } from './constraints.ts';
import { type Observation, violation } from './history.ts';
import { type ObservedObjectives, suggestByHypervolume } from './hypervolume-method.ts';
import type { Method, Suggestion } from './method.ts';
import { methodOf, restoredMethod } from './methods.ts';
import { optimizerDefaults, type RestoreOptions, type Rules } from './optimizer.ts';

const Direction = Type.Union([Type.Literal('minimise'), Type.Literal('maximise')]);

const StateSchema = Type.Object({
  version: Type.Literal(1),
  options: Type.Object({
    objectives: Type.Array(Direction, { minItems: 1 }),
    method: Type.String(),
    seed: Type.Integer({ minimum: 0 }),
    initialTrials: Type.Integer({ minimum: 0 }),
    deterministic: Type.Boolean(),
    acquisition: Type.Union([Type.Literal('scalarisation'), Type.Literal('hypervolume')]),
  }),
  trials: Type.Array(
    Type.Object({
      values: Type.Record(Type.String(), Type.Unknown()),
      /** Null while the trial runs, empty if it failed. */
      objectives: Type.Union([Type.Null(), Type.Array(Type.Number())]),
      constraints: Type.Optional(Type.Array(Type.Number())),
    }),
  ),
  memory: Type.Unknown(),
});

export interface ParetoOptions {
  /** One direction an objective. */
  readonly objectives: readonly ('minimise' | 'maximise')[];
  /** As in `OptimizerOptions`. */
  readonly method: string;
  readonly seed: number;
  readonly initialTrials: number;
  readonly deterministic: boolean;
  /** `scalarisation` (ParEGO, any method) or `hypervolume` (method `gp`; for two or three objectives). */
  readonly acquisition: 'scalarisation' | 'hypervolume';
}

/** Options as they are given: the method by name, or one of one's own (such as `regressorMethod` makes). */
export interface ParetoSetup extends Omit<ParetoOptions, 'method'> {
  readonly method: string | Method;
}

/** What is known of a study beyond its space and options. Not part of the state. */
export type ParetoRules<S extends Space> = Pick<Rules<S>, 'allows'>;

export const paretoDefaults = { acquisition: 'scalarisation' } as const;

/** What came of a trial that completed. */
export interface ParetoOutcome {
  /** One finite number each. */
  readonly objectives: readonly number[];
  /** Measured quantities that must be at most 0, the same ones in every trial of a study. */
  readonly constraints?: readonly number[];
}

/** A trial with its objectives: null while it runs, empty if it failed. */
export interface ParetoTrial<S extends Space> {
  readonly id: number;
  readonly values: Values<S>;
  readonly objectives: readonly number[] | null;
  /** As told; empty until then. */
  readonly constraints: readonly number[];
}

/** An optimiser of several objectives. */
export class ParetoOptimizer<S extends Space> {
  readonly space: S;
  readonly options: ParetoOptions;
  readonly #method: Method;
  readonly #columns: Columns;
  readonly #trials: ParetoTrial<S>[];
  #memory: unknown;

  constructor(
    space: S,
    options: ParetoOptions,
    { method, allows }: { readonly method: Method } & ParetoRules<S>,
    trials: ParetoTrial<S>[],
    memory: unknown,
  ) {
    if (options.objectives.length === 0) throw new SkeinError('INPUT', 'objectives: expected at least one, got none');
    if (options.acquisition === 'hypervolume' && options.method !== 'gp') {
      throw new SkeinError('CONFIG', `acquisition: hypervolume: expected method gp, got ${options.method}`, {
        advice: "Use acquisition 'scalarisation', which any method can follow.",
      });
    }
    this.space = space;
    this.options = options;
    this.#method = method;
    this.#columns = columnsOf(space, allows);
    this.#trials = trials;
    this.#memory = memory;
  }

  /** The next trial to run. Running trials are known. */
  ask(): { readonly id: number; readonly values: Values<S> } {
    const { seed, initialTrials, deterministic } = this.options;
    const id = this.#trials.length;
    const study = createRng(seed);
    const rng = study.split('trial').split(id);
    const points = this.#trials.map(({ values }) => spaceToUnit(this.space, values));
    const columns = this.#columns;
    const seen = new Set(points.map(keyOf));
    const pending = points.filter((_, i) => this.#trials[i]!.objectives === null);
    const observed = this.#complete().map((trial) => ({
      point: points[trial.id]!,
      losses: this.#losses(trial),
      constraints: trial.constraints,
    }));
    const failed = points.filter((_, i) => this.#trials[i]!.objectives?.length === 0);
    const byVolume =
      this.options.acquisition === 'hypervolume' && id >= initialTrials && observed.length >= 2
        ? suggestByHypervolume({ observed, failed, pending, columns, deterministic, seen, rng, memory: this.#memory })
        : null;
    const byWeights = (): Suggestion =>
      this.#method.suggest({
        observed: scalarised(observed, failed, this.#weights(rng.split('weights'))),
        pending,
        columns,
        trial: id,
        rng,
        studyRng: study,
        seen,
        initialTrials,
        deterministic,
        acquisition: optimizerDefaults.acquisition,
        related: [],
        memory: this.options.acquisition === 'hypervolume' ? null : this.#memory,
      });
    const { point, memory } = byVolume ?? byWeights();
    this.#memory = memory;
    const values = spaceFromUnit(this.space, point);
    this.#trials.push({ id, values, objectives: null, constraints: [] });
    return { id, values };
  }

  /** Uniform on the simplex. */
  #weights(rng: ReturnType<typeof createRng>): number[] {
    const gaps = this.options.objectives.map(() => -Math.log(1 - rng.uniform()));
    const total = gaps.reduce((a, b) => a + b);
    return gaps.map((gap) => gap / total);
  }

  /** Objectives as losses, all minimised. */
  #losses({ objectives }: ParetoTrial<S>): number[] {
    return objectives!.map((v, i) => (this.options.objectives[i] === 'maximise' ? -v : v));
  }

  #complete(): ParetoTrial<S>[] {
    return this.#trials.filter(({ objectives }) => objectives !== null && objectives.length > 0);
  }

  /**
   * What came of a running trial: its objectives, these and its constraints, or null if it failed. Throws `INPUT` for
   * anything else than one finite number each, or another number of constraints than complete trials told before.
   */
  tell(id: number, outcome: ParetoOutcome | readonly number[] | null): void {
    const trial = this.#trials[id];
    if (trial?.objectives !== null) {
      throw new SkeinError('INPUT', `tell: expected the id of a running trial, got ${id}`);
    }
    this.#trials[id] = { ...trial, ...this.#checked(outcome) };
  }

  #checked(outcome: ParetoOutcome | readonly number[] | null): Required<ParetoOutcome> {
    if (outcome === null) return { objectives: [], constraints: [] };
    const { objectives, constraints = [] } = 'objectives' in outcome ? outcome : { objectives: outcome };
    const count = this.options.objectives.length;
    if (objectives.length !== count || !objectives.every(Number.isFinite)) {
      throw new SkeinError('INPUT', `tell: expected ${count} finite numbers, got ${objectives.join(', ')}`);
    }
    checkConstraints(constraints, this.#complete()[0]?.constraints);
    return { objectives: [...objectives], constraints: [...constraints] };
  }

  /** All trials in the order of their ids. */
  trials(): readonly ParetoTrial<S>[] {
    return [...this.#trials];
  }

  /** The complete trials that satisfy the constraints and that no other of those dominates. */
  front(): readonly ParetoTrial<S>[] {
    const feasible = this.#complete().filter((trial) => violation(trial) === 0);
    return paretoFront(feasible.map((trial) => this.#losses(trial))).map((i) => feasible[i]!);
  }

  /** The optimiser as plain data; `restoreParetoOptimizer` continues exactly. */
  state(): unknown {
    const trials = this.#trials.map(({ values, objectives, constraints }) => ({ values, objectives, constraints }));
    return structuredClone({ version: 1, options: this.options, trials, memory: this.#memory });
  }
}

/** One loss a trial by random weights of its objectives. Failed trials count as the worst complete one. */
function scalarised(
  observed: readonly ObservedObjectives[],
  failed: readonly Float64Array[],
  weights: readonly number[],
): Observation[] {
  const losses = chebyshev(
    observed.map(({ losses }) => losses),
    weights,
  );
  const worst = Math.max(...losses);
  return [
    ...observed.map(({ point, constraints }, i) => ({ point, loss: losses[i]!, constraints })),
    ...(observed.length === 0 ? [] : failed).map((point) => ({
      point,
      loss: worst,
      constraints: null,
      failed: true as const,
    })),
  ];
}

/** A new optimiser of several objectives over a space. Throws as `createOptimizer`, and `CONFIG` for what does not go together. */
export function createParetoOptimizer<S extends Space>(
  space: S,
  options: Partial<ParetoSetup> & Pick<ParetoSetup, 'objectives'>,
  rules: ParetoRules<S> = {},
): ParetoOptimizer<S> {
  const { seed, initialTrials, deterministic, acquisition, ...others } = {
    ...optimizerDefaults,
    ...paretoDefaults,
    ...options,
  };
  const method = methodOf(others.method);
  const { objectives } = options;
  return new ParetoOptimizer(
    space,
    { objectives, method: method.name, seed, initialTrials, deterministic, acquisition },
    { ...rules, method },
    [],
    null,
  );
}

/**
 * Continues from `state()`. Throws `CHECKPOINT` or `INPUT` if it does not fit the space or the method, `UNKNOWN_NAME` if its
 * method is one of one's own and not given.
 */
export function restoreParetoOptimizer<S extends Space>(
  space: S,
  state: unknown,
  { method, ...rules }: ParetoRules<S> & Pick<RestoreOptions<S>, 'method'> = {},
): ParetoOptimizer<S> {
  const { options, trials, memory } = parse(StateSchema, state, { what: 'optimizer state', code: 'CHECKPOINT' });
  const count = options.objectives.length;
  const records = trials.map(({ values, objectives, constraints = [] }, id): ParetoTrial<S> => {
    if (objectives !== null && ![0, count].includes(objectives.length)) {
      const expected = `${count} numbers, or none of a failed trial`;
      throw new SkeinError('CHECKPOINT', `trials[${id}].objectives: expected ${expected}, got ${objectives.length}`);
    }
    return { id, values: checkValues(space, values, `trials[${id}].values`), objectives, constraints };
  });
  checkAllConstraints(records.map(({ objectives, constraints }) => (objectives?.length ? constraints : null)));
  const found = restoredMethod(options.method, method);
  return new ParetoOptimizer(space, options, { ...rules, method: found }, records, memory);
}
