/** Trials: what was suggested, and what came of it. */

import type { Space, Values } from '@skein/core';
import { type Static, Type } from '@skein/core';
import { PrunerSchema, type Report } from '../prune/pruner.ts';

/** True if an outcome is complete and violates no constraint. */
export const isFeasible = (outcome: Outcome | null): boolean =>
  outcome?.kind === 'complete' && (outcome.constraints ?? []).every((c) => c <= 0);

/** What came of a trial. A trial that failed has no value, and one that completed has a finite one. */
export type Outcome =
  /**
   * `constraints`: measured quantities that must be at most 0, the same ones in every trial of a study. `cost`: what the
   * evaluation took of whatever is scarce (time, money), above 0.
   */
  | {
      readonly kind: 'complete';
      readonly value: number;
      readonly constraints?: readonly number[];
      readonly cost?: number;
    }
  | { readonly kind: 'failed'; readonly reason: string }
  /** Stopped early because it looked poor; `value` is the last intermediate value, if there was one. */
  | { readonly kind: 'pruned'; readonly step: number; readonly value?: number };

/** A suggestion. */
export interface Trial<S extends Space = Space> {
  /** Consecutive from 0. */
  readonly id: number;
  readonly values: Values<S>;
}

/** A trial and its outcome; null while it runs. */
export interface TrialRecord<S extends Space = Space> extends Trial<S> {
  readonly outcome: Outcome | null;
  /** What it reported on its way, in increasing order of steps. */
  readonly reports: readonly Report[];
}

/** A trial that completed and violates no constraint. */
export interface CompleteTrial<S extends Space = Space> extends Trial<S> {
  readonly value: number;
}

/** Schema of an outcome. */
export const OutcomeSchema = Type.Union([
  Type.Object({
    kind: Type.Literal('complete'),
    value: Type.Number(),
    constraints: Type.Optional(Type.Array(Type.Number())),
    cost: Type.Optional(Type.Number()),
  }),
  Type.Object({ kind: Type.Literal('failed'), reason: Type.String() }),
  Type.Object({ kind: Type.Literal('pruned'), step: Type.Number(), value: Type.Optional(Type.Number()) }),
]);

/** Schema of the plain state of an optimiser. */
export const OptimizerStateSchema = Type.Object({
  version: Type.Literal(1),
  options: Type.Object({
    method: Type.String(),
    seed: Type.Integer({ minimum: 0 }),
    maximise: Type.Boolean(),
    initialTrials: Type.Integer({ minimum: 0 }),
    deterministic: Type.Boolean(),
    pruner: Type.Union([PrunerSchema, Type.Null()]),
    acquisition: Type.String(),
  }),
  trials: Type.Array(
    Type.Object({
      id: Type.Integer({ minimum: 0 }),
      values: Type.Record(Type.String(), Type.Unknown()),
      outcome: Type.Union([OutcomeSchema, Type.Null()]),
      reports: Type.Array(Type.Object({ step: Type.Number(), value: Type.Number() })),
    }),
  ),
  /** What the method remembers between suggestions. */
  memory: Type.Unknown(),
});

/** An optimiser as plain data. */
export type OptimizerState = Static<typeof OptimizerStateSchema>;
