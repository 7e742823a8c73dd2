/** A training run of an algorithm on replayed transitions. */

import { SkeinError } from '@skein/core';
import { type BackendChoice, currentBackend } from '@skein/nn';
import type { ActorSourceParts } from '../distributed/lock-step.ts';
import { environmentCount } from '../distributed/options.ts';
import type { StartedActors } from '../distributed/start.ts';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { environmentDefinition } from '../env/registry.ts';
import { NetworkFactory } from '../network/factory.ts';
import { type LearnerRun, trainLearner } from './loop.ts';
import type { TrainingConfig } from './options.ts';
import { type ReplayAlgorithm, type ReplayConfig, ReplayLearner } from './replay-learner.ts';
import type { TrainHooks, TrainResult } from './run.ts';
import { type ExperienceSource, normalizes } from './source.ts';

/** What a run on replayed transitions is made of. */
export interface ReplayRun<C extends TrainingConfig & ReplayConfig> {
  readonly algorithm: string;
  readonly config: C & Readonly<Record<string, unknown>>;
  readonly definition: EnvironmentDefinition;
  readonly hooks: TrainHooks;
  /** Makes the algorithm for `config.envCount` environments. */
  create(definition: EnvironmentDefinition, config: C, networks: NetworkFactory): ReplayAlgorithm;
}

type Run<C extends TrainingConfig> = LearnerRun<C> & { readonly learner: ReplayLearner };

/** Trains to the end, the goal or the signal. */
export async function trainReplay<C extends TrainingConfig & ReplayConfig>(given: ReplayRun<C>): Promise<TrainResult> {
  const { algorithm, definition, hooks, create } = given;
  if (given.config.actors > 0) requireFitForActors(hooks.definition, given.config);
  const envCount = environmentCount(given.config);
  const networks = new NetworkFactory(given.config, hooks.networks);
  const made = create(definition, { ...given.config, envCount }, networks);
  const config = { ...given.config, envCount, ...networks.options() } as typeof given.config;
  const learner = new ReplayLearner(definition, config, made);
  const run = { algorithm, config, definition, learner, hooks };
  return config.actors === 0 ? trainLearner(run) : trainWithActors(run);
}

/** Trains with actors, started here unless somebody else has. */
async function trainWithActors<C extends TrainingConfig & ReplayConfig>(run: Run<C>): Promise<TrainResult> {
  const { hooks, config, algorithm } = run;
  if (hooks.actors !== undefined) return trainWith(run, hooks.actors);
  const { actorThreads, startActors } = await import('../distributed/start.ts');
  // Networks exist by now, and so does their backend.
  const backend: BackendChoice = currentBackend() ?? 'auto';
  const options = { name: `train-${crypto.randomUUID()}`, algorithm, config, backend };
  await using actors: StartedActors =
    hooks.runtime === undefined ? actorThreads(options) : startActors(hooks.runtime, options);
  return await trainWith(run, actors.link);
}

async function trainWith<C extends TrainingConfig & ReplayConfig>(
  run: Run<C>,
  link: StartedActors['link'] | NonNullable<TrainHooks['actors']>,
): Promise<TrainResult> {
  const { config, definition, learner, hooks } = run;
  const parts = { config, definition, learner, link, signal: hooks.signal };
  const source = await openSource(parts).catch((error: unknown) => {
    learner.dispose();
    learner.policy.dispose();
    throw error;
  });
  return trainLearner({ ...run, source });
}

async function openSource(parts: ActorSourceParts): Promise<ExperienceSource> {
  if (parts.config.mode === 'lock-step') {
    const { LockStepActors } = await import('../distributed/lock-step.ts');
    return LockStepActors.open(parts);
  }
  const { FreeRunningActors } = await import('../distributed/free-running.ts');
  return FreeRunningActors.open(parts);
}

/** Actors elsewhere know environments by name, and see them as they are. Throws `CONFIG`. */
function requireFitForActors(own: EnvironmentDefinition | undefined, config: TrainingConfig): void {
  if (own !== undefined && environmentDefinition(config.env) !== own) {
    throw new SkeinError('CONFIG', `actors: expected an environment that workers know by name, got ${own.id}`, {
      advice: 'train an environment of your own without actors, with envCount instead',
    });
  }
  if (normalizes(config)) {
    throw new SkeinError('CONFIG', 'normalizeObservations, normalizeRewards: expected no actors, got some', {
      advice: 'statistics are gathered where the learner acts itself: leave out one of the two',
    });
  }
}
