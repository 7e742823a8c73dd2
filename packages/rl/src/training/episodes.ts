/** Returns and lengths of the training episodes, row by row and since the last report. */

import { Float64, type Metrics, type Static, Type } from '@skein/core';
import type { VectorEnv } from '../env/vector-env.ts';

/** The counters as plain data. */
export const EpisodesState = Type.Object({
  /** Return of each row's episode so far. */
  running: Float64,
  finished: Type.Integer({ minimum: 0 }),
  /** Episodes that ended since the last report, and the sums of their returns and lengths. */
  recent: Type.Integer({ minimum: 0 }),
  returnSum: Type.Number(),
  lengthSum: Type.Number(),
});
export type EpisodesState = Static<typeof EpisodesState>;

export class Episodes {
  #state: EpisodesState;
  /** Length of each row's episode before the present step: a row that restarted has forgotten it. */
  readonly #lengths: Int32Array;

  constructor(env: VectorEnv) {
    this.#state = { running: new Float64Array(env.count), finished: 0, recent: 0, returnSum: 0, lengthSum: 0 };
    this.#lengths = new Int32Array(env.count);
  }

  /** Call before each step of an environment that resets in the same step. */
  before(env: VectorEnv): void {
    this.#lengths.set(env.elapsed);
  }

  /** Call after each step. */
  after(env: VectorEnv): void {
    const state = this.#state;
    for (let row = 0; row < env.count; row++) {
      state.running[row] = state.running[row]! + env.rewards[row]!;
      if (env.terminated[row] === 0 && env.truncated[row] === 0) continue;
      state.finished++;
      state.recent++;
      state.returnSum += state.running[row]!;
      state.lengthSum += this.#lengths[row]! + 1;
      state.running[row] = 0;
    }
  }

  /** Means over the episodes that ended since the last call (left out if none did), and the count of all. */
  report(): Metrics {
    const { recent, returnSum, lengthSum, finished } = this.#state;
    this.#state = { ...this.#state, recent: 0, returnSum: 0, lengthSum: 0 };
    const means = recent === 0 ? {} : { 'episode/return': returnSum / recent, 'episode/length': lengthSum / recent };
    return { ...means, 'train/episodes': finished };
  }

  get finished(): number {
    return this.#state.finished;
  }

  state(): EpisodesState {
    return { ...this.#state, running: this.#state.running.slice() };
  }

  restore(saved: EpisodesState): void {
    this.#state = { ...saved, running: saved.running.slice() };
  }
}
