/** Where a run's experience comes from: environments that the learner steps itself, or actors elsewhere. */

import { type BoxSpec, createRng, type Metrics, SkeinError } from '@skein/core';
import { normalizedPolicy, observationNormalization } from '../agent/normalized-policy.ts';
import type { Policy } from '../agent/policy.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import { actionArray, type VectorEnv, vectorEnv } from '../env/vector-env.ts';
import { type NormalizedVectorEnv, normalizedVectorEnv } from '../wrappers/normalize.ts';
import { Episodes } from './episodes.ts';
import type { Learner } from './loop.ts';
import type { TrainingConfig } from './options.ts';
import type { TrainingState } from './run.ts';

/** The part of a run's state that its source keeps. */
export type SourceState = Pick<TrainingState, 'env' | 'episodes' | 'normalizer'>;

/** Steps environments and teaches the learner what they brought. */
export interface ExperienceSource {
  readonly episodes: Episodes;
  /** The learner's policy for the environment as it is, where the learner sees it otherwise. */
  readonly policy?: Policy;
  /** False in the middle of something that must be finished before the run can stop. */
  readonly mayStop: boolean;
  /** Goes on after `step` environment steps of the run, and gives how many it took. */
  turn(step: number): number | Promise<number>;
  /** Metrics of its own. */
  report(): Metrics;
  state(): SourceState;
  /** Continues from `state()`, after `step` environment steps. */
  restore(saved: SourceState, step: number): void;
  /** Lets go of whatever it holds elsewhere. */
  close(): Promise<void>;
}

/** What a source needs to know of a run. */
export interface SourceParts {
  readonly definition: EnvironmentDefinition;
  /** One environment if `envCount` is left out. */
  readonly config: TrainingConfig & { readonly envCount?: number };
  readonly learner: Learner;
}

/** A run's environments at their start. */
export function runEnvironments({ definition, config }: Omit<SourceParts, 'learner'>): VectorEnv {
  const env = vectorEnv(definition, { count: config.envCount ?? 1, autoreset: 'same-step' });
  env.reset({ seed: environmentSeed(config.seed) });
  return env;
}

const environmentSeed = (seed: number): number => createRng(seed).split('environment').uint32();

/** The learner acts itself: one turn is a step of every row. Observations and rewards may be normalised on the way. */
export class OwnEnvironments implements ExperienceSource {
  readonly episodes: Episodes;
  readonly policy: Policy;
  readonly mayStop = true;
  readonly #learner: Learner;
  /** With true observations and rewards: what episodes are counted in. */
  readonly #world: VectorEnv;
  readonly #normalized: NormalizedVectorEnv | null;
  readonly #observations: Float32Array;
  readonly #actions: ActionArray;

  constructor(parts: SourceParts) {
    const { definition, config, learner } = parts;
    this.#learner = learner;
    this.#world = runEnvironments(parts);
    this.#normalized = normalizes(config) ? normalized(this.#world, config) : null;
    this.policy =
      this.#normalized !== null && config.normalizeObservations
        ? normalizedPolicy(learner.policy, definition.observationSpec.size, this.#normalized.moments)
        : learner.policy;
    this.episodes = new Episodes(this.#world.count);
    this.#observations = new Float32Array(this.#world.observations.length);
    this.#actions = actionArray(definition.actionSpec, this.#world.count);
  }

  turn(step: number): number {
    const env = this.#normalized ?? this.#world;
    const learner = this.#learner;
    learner.explore(env.observations, step, this.#actions, env.actionMasks);
    this.#observations.set(env.observations);
    env.step(this.#actions);
    this.episodes.count(this.#world);
    learner.observe(this.#observations, this.#actions, env);
    learner.learn(step, step + env.count);
    return env.count;
  }

  report(): Metrics {
    return {};
  }

  state(): SourceState {
    const episodes = this.episodes.state();
    if (this.#normalized === null) return { env: this.#world.state(), episodes };
    const { env, ...normalizer } = this.#normalized.state();
    return { env, episodes, normalizer };
  }

  restore({ env, episodes, normalizer }: SourceState): void {
    if ((normalizer === undefined) !== (this.#normalized === null)) {
      throw new SkeinError('CHECKPOINT', 'checkpoint: its run normalised other things than this one', {
        advice: 'resume with the same normalizeObservations and normalizeRewards',
      });
    }
    if (normalizer !== undefined) this.#normalized?.restore({ env, ...normalizer });
    else this.#world.restore(env);
    this.episodes.restore(episodes);
  }

  async close(): Promise<void> {}
}

/** Whether a run normalises anything. */
export const normalizes = (config: TrainingConfig): boolean => config.normalizeObservations || config.normalizeRewards;

/** The environment with normalised views. Throws `CONFIG` for observations that are not numbers. */
function normalized(
  world: VectorEnv,
  config: SourceParts['config'] & { readonly gamma?: unknown },
): NormalizedVectorEnv {
  if (world.definition.observationSpec.kind !== 'box') {
    throw new SkeinError(
      'CONFIG',
      `normalizeObservations, normalizeRewards: expected an environment with numbers as observations, got ${world.definition.id}`,
    );
  }
  const env = normalizedVectorEnv(world as VectorEnv<BoxSpec>, {
    ...observationNormalization,
    observations: config.normalizeObservations,
    rewards: config.normalizeRewards,
    ...(typeof config.gamma === 'number' ? { gamma: config.gamma } : {}),
  });
  env.reset({ seed: environmentSeed(config.seed) });
  return env;
}
