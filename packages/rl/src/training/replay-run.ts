/** A training run of an algorithm on replayed transitions. */

import type { EnvironmentDefinition } from '../env/definition.ts';
import { NetworkFactory } from '../network/factory.ts';
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
  create(definition: EnvironmentDefinition, config: C, networks: NetworkFactory): ReplayAlgorithm;
}

/** Trains to the end, the goal or the signal. */
export async function trainReplay<C extends TrainingConfig & ReplayConfig>(run: ReplayRun<C>): Promise<TrainResult> {
  const { algorithm, definition, hooks, create } = run;
  const { envCount } = run.config;
  const networks = new NetworkFactory(run.config, hooks.networks);
  const made = create(definition, { ...run.config, envCount: actingRows(envCount, envCount) }, networks);
  const config = { ...run.config, ...networks.options() } as typeof run.config;
  const learner = new ReplayLearner(definition, config, made);
  return trainLearner({ algorithm, config, definition, learner, hooks });
}
