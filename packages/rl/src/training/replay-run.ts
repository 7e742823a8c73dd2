/** A training run of an algorithm on replayed transitions. */

import type { EnvironmentDefinition } from '../env/definition.ts';
import { actingRows } from './explorer.ts';
import { trainLearner } from './loop.ts';
import type { TrainingConfig } from './options.ts';
import { type ReplayAlgorithm, type ReplayConfig, ReplayLearner } from './replay-learner.ts';
import type { TrainHooks, TrainResult } from './run.ts';

/** What a run on replayed transitions is made of. */
export interface ReplayRun<C extends TrainingConfig & ReplayConfig> {
  readonly algorithm: string;
  readonly config: C & Readonly<Record<string, unknown>>;
  readonly definition: EnvironmentDefinition;
  readonly hooks: TrainHooks;
  /** Makes the algorithm for `config.envCount` environments. */
  create(definition: EnvironmentDefinition, config: C): ReplayAlgorithm;
}

/** Trains to the end, the goal or the signal. */
export async function trainReplay<C extends TrainingConfig & ReplayConfig>(run: ReplayRun<C>): Promise<TrainResult> {
  const { algorithm, config, definition, hooks, create } = run;
  const { envCount } = config;
  const made = create(definition, { ...config, envCount: actingRows(envCount, envCount) });
  const learner = new ReplayLearner(definition, config, made);
  return trainLearner({ algorithm, config, definition, learner, hooks });
}
