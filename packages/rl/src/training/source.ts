/** Where a run's experience comes from: environments that the learner steps itself, or actors elsewhere. */

import { createRng, type Metrics } from '@skein/core';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import { actionArray, type VectorEnv, vectorEnv } from '../env/vector-env.ts';
import { Episodes } from './episodes.ts';
import type { Learner } from './loop.ts';
import type { TrainingConfig } from './options.ts';
import type { TrainingState } from './run.ts';

/** The part of a run's state that its source keeps. */
export type SourceState = Pick<TrainingState, 'env' | 'episodes'>;

/** Steps environments and teaches the learner what they brought. */
export interface ExperienceSource {
  readonly episodes: Episodes;
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
  env.reset({ seed: createRng(config.seed).split('environment').uint32() });
  return env;
}

/** The learner acts itself: one turn is a step of every row. */
export class OwnEnvironments implements ExperienceSource {
  readonly episodes: Episodes;
  readonly mayStop = true;
  readonly #learner: Learner;
  readonly #env: VectorEnv;
  readonly #observations: Float32Array;
  readonly #actions: ActionArray;

  constructor(parts: SourceParts) {
    this.#learner = parts.learner;
    this.#env = runEnvironments(parts);
    this.episodes = new Episodes(this.#env.count);
    this.#observations = new Float32Array(this.#env.observations.length);
    this.#actions = actionArray(parts.definition.actionSpec, this.#env.count);
  }

  turn(step: number): number {
    const env = this.#env;
    const learner = this.#learner;
    learner.explore(env.observations, step, this.#actions, env.actionMasks);
    this.#observations.set(env.observations);
    env.step(this.#actions);
    this.episodes.count(env);
    learner.observe(this.#observations, this.#actions, env);
    learner.learn(step, step + env.count);
    return env.count;
  }

  report(): Metrics {
    return {};
  }

  state(): SourceState {
    return { env: this.#env.state(), episodes: this.episodes.state() };
  }

  restore(saved: SourceState): void {
    this.#env.restore(saved.env);
    this.episodes.restore(saved.episodes);
  }

  async close(): Promise<void> {}
}
