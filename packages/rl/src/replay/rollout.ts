/** The steps since the last update, for algorithms that learn from what they have just done. */

import { Float32, SkeinError, type Static, Type, Uint8 } from '@skein/core';
import type { VectorEnv } from '../env/vector-env.ts';

/** A rollout as plain data: step t of row i lies at t * rows + i of each column. */
export const RolloutState = Type.Object({
  /** Steps taken in. */
  steps: Type.Integer({ minimum: 0 }),
  observations: Float32,
  actions: Float32,
  rewards: Float32,
  terminated: Uint8,
  ended: Uint8,
  nextObservations: Float32,
});
export type RolloutState = Static<typeof RolloutState>;

/** Sizes of a rollout. */
export interface RolloutShape {
  readonly rows: number;
  /** Steps of every row until the rollout is complete. */
  readonly steps: number;
  readonly observationSize: number;
  readonly actionSize: number;
}

/** A buffer of `steps` steps of `rows` rows. */
export class Rollout {
  readonly shape: RolloutShape;
  readonly #columns: Omit<RolloutState, 'steps'>;
  #steps = 0;

  constructor(shape: RolloutShape) {
    const size = shape.rows * shape.steps;
    this.shape = shape;
    this.#columns = {
      observations: new Float32Array(size * shape.observationSize),
      actions: new Float32Array(size * shape.actionSize),
      rewards: new Float32Array(size),
      terminated: new Uint8Array(size),
      ended: new Uint8Array(size),
      nextObservations: new Float32Array(size * shape.observationSize),
    };
  }

  get isComplete(): boolean {
    return this.#steps === this.shape.steps;
  }

  /** The columns; whole once the rollout is complete. */
  get columns(): Omit<RolloutState, 'steps'> {
    return this.#columns;
  }

  /** Takes in a step of every row. `env` resets in the same step. Throws `INPUT` if the rollout is complete. */
  add(observations: Float32Array, actions: Float32Array, env: VectorEnv): void {
    if (this.isComplete) throw new SkeinError('INPUT', `rollout: expected at most ${this.#steps} steps, got one more`);
    const { rows, observationSize, actionSize } = this.shape;
    const columns = this.#columns;
    const first = this.#steps * rows;
    columns.observations.set(observations, first * observationSize);
    columns.actions.set(actions, first * actionSize);
    columns.nextObservations.set(env.observations, first * observationSize);
    for (let row = 0; row < rows; row++) {
      const ended = env.terminated[row] === 1 || env.truncated[row] === 1;
      columns.rewards[first + row] = env.rewards[row]!;
      columns.terminated[first + row] = env.terminated[row]!;
      columns.ended[first + row] = ended ? 1 : 0;
      if (!ended) continue;
      const final = env.finalObservations.subarray(row * observationSize, (row + 1) * observationSize);
      columns.nextObservations.set(final, (first + row) * observationSize);
    }
    this.#steps++;
  }

  /** Starts the next rollout. */
  clear(): void {
    this.#steps = 0;
  }

  /** A copy of the steps so far. */
  state(): RolloutState {
    const { rows, steps } = this.shape;
    const filled = <A extends Float32Array | Uint8Array>(column: A): A =>
      column.slice(0, (column.length / (rows * steps)) * rows * this.#steps) as A;
    const { observations, actions, rewards, terminated, ended, nextObservations } = this.#columns;
    return {
      steps: this.#steps,
      observations: filled(observations),
      actions: filled(actions),
      rewards: filled(rewards),
      terminated: filled(terminated),
      ended: filled(ended),
      nextObservations: filled(nextObservations),
    };
  }

  /** Continues from `state()` of a rollout of the same shape. Throws `CHECKPOINT` if it does not fit. */
  restore(saved: RolloutState): void {
    const { rows, steps, observationSize, actionSize } = this.shape;
    const [found, expected] = [
      [saved.observations.length, saved.actions.length],
      [saved.steps * rows * observationSize, saved.steps * rows * actionSize],
    ];
    if (saved.steps > steps || String(found) !== String(expected)) {
      throw new SkeinError('CHECKPOINT', `rollout: expected [${expected}] numbers, got [${found}]`, {
        advice: 'resume with the configuration that wrote the checkpoint',
      });
    }
    const columns = this.#columns;
    columns.observations.set(saved.observations);
    columns.actions.set(saved.actions);
    columns.rewards.set(saved.rewards);
    columns.terminated.set(saved.terminated);
    columns.ended.set(saved.ended);
    columns.nextObservations.set(saved.nextObservations);
    this.#steps = saved.steps;
  }
}
