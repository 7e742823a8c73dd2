/** Some of a run's environments, played with an algorithm's exploration and weights that come from elsewhere. */

import type { Algorithm } from '../algorithms/algorithm.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import { actionArray, type VectorEnv, vectorEnv } from '../env/vector-env.ts';
import { Explorer } from '../training/explorer.ts';
import type { ReplayAlgorithm, ReplayConfig } from '../training/replay-learner.ts';
import { type Experience, writeTurn } from './experience.ts';
import type { RowsState, Share } from './rows.ts';

/** What a player is made of. */
export interface PlayerParts {
  readonly algorithm: Algorithm;
  readonly definition: EnvironmentDefinition;
  readonly config: ReplayConfig & Readonly<Record<string, unknown>>;
  /** Its environments among all of the run. */
  readonly share: Share;
}

export class Player {
  readonly #env: VectorEnv;
  readonly #made: ReplayAlgorithm;
  readonly #explorer: Explorer;
  readonly #observations: Float32Array;
  readonly #actions: ActionArray;

  constructor({ algorithm, definition, config, share }: PlayerParts) {
    const { rows } = share;
    this.#env = vectorEnv(definition, { count: rows, autoreset: 'same-step' });
    // An actor makes no gradient steps: what they would need is kept small.
    const acting = { ...config, envCount: rows, batchSize: 1 };
    this.#made = (algorithm.replay as NonNullable<Algorithm['replay']>)(definition, acting);
    this.#explorer = new Explorer(definition, { ...config, ...share }, this.#made);
    this.#observations = new Float32Array(this.#env.observations.length);
    this.#actions = actionArray(definition.actionSpec, rows);
  }

  setWeights(weights: readonly Float32Array[]): void {
    this.#made.policy.setWeights(weights);
  }

  /** Starts new episodes everywhere. */
  start(seed: number): void {
    this.#env.reset({ seed });
  }

  /** Plays turns into a batch, from `step` steps of the whole run on, `stepsPerTurn` each. Gives the batch's rows. */
  play(to: Experience, turns: number, step: number, stepsPerTurn: number): number {
    const env = this.#env;
    for (let turn = 0; turn < turns; turn++) {
      this.#explorer.explore(env.observations, step + turn * stepsPerTurn, this.#actions, env.actionMasks);
      this.#observations.set(env.observations);
      env.step(this.#actions);
      writeTurn(to, turn, this.#observations, this.#actions, env);
    }
    return turns * env.count;
  }

  state(): RowsState {
    return { env: this.#env.state(), exploration: this.#explorer.state() };
  }

  restore({ env, exploration }: RowsState): void {
    this.#env.restore(env);
    this.#explorer.restore(exploration);
  }

  dispose(): void {
    this.#made.dispose();
    this.#made.policy.dispose();
  }
}
