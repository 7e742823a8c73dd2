/** What every algorithm offers, so that command lines, tasks and tables can be written once for all. */

import type { Static, TObject } from '@skein/core';
import type { Policy } from '../agent/policy.ts';
import type { EnvironmentDefinition } from '../env/definition.ts';
import type { ReplayAlgorithm } from '../training/replay-learner.ts';
import type { TrainHooks, TrainResult } from '../training/run.ts';

/** Kinds of actions that an algorithm can learn. */
export type ActionKind = 'discrete' | 'box' | 'both';

/** An algorithm as data and functions. */
export interface Algorithm<C extends TObject = TObject> {
  readonly name: string;
  readonly summary: string;
  /** Kind of actions that it can learn. */
  readonly actions: ActionKind;
  /** Schema of its options, each with default and description; flags and help texts are derived from it. */
  readonly config: C;
  /** Trains from options (defaults for the rest). Throws `CONFIG` for an option that does not fit. */
  train(options?: Partial<Static<C>>, hooks?: TrainHooks): Promise<TrainResult>;
  /** An untrained policy for an environment, to be given weights: how a saved agent comes back. */
  policy(definition: EnvironmentDefinition, config: Static<C>): Policy;
  /** Its part of a run, where it learns from replayed transitions: what actors explore with. */
  replay?(definition: EnvironmentDefinition, config: Static<C>): ReplayAlgorithm;
}
