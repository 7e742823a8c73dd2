/** Returns and lengths of the training episodes, row by row and since the last report. */

import { Float64, Int32, type Metrics, type Static, Type } from '@skein/core';
import type { StepOutcome } from '../env/vector-env.ts';

/** The counters as plain data. */
export const EpisodesState = Type.Object({
  /** Return and length of each row's episode so far. */
  running: Float64,
  lengths: Int32,
  finished: Type.Integer({ minimum: 0 }),
  /** Episodes that ended since the last report, and the sums of their returns and lengths. */
  recent: Type.Integer({ minimum: 0 }),
  returnSum: Type.Number(),
  lengthSum: Type.Number(),
});
export type EpisodesState = Static<typeof EpisodesState>;

export class Episodes {
  #state: EpisodesState;

  constructor(rows: number) {
    const running = new Float64Array(rows);
    this.#state = { running, lengths: new Int32Array(rows), finished: 0, recent: 0, returnSum: 0, lengthSum: 0 };
  }

  /** Counts a step of the rows from `firstRow` on. */
  count(outcome: StepOutcome, firstRow = 0): void {
    const state = this.#state;
    const { running, lengths } = state;
    for (let i = 0; i < outcome.count; i++) {
      const row = firstRow + i;
      running[row] = running[row]! + outcome.rewards[i]!;
      lengths[row] = lengths[row]! + 1;
      if (outcome.terminated[i] === 0 && outcome.truncated[i] === 0) continue;
      state.finished++;
      state.recent++;
      state.returnSum += running[row]!;
      state.lengthSum += lengths[row]!;
      this.forget(row, 1);
    }
  }

  /** Drops the episodes of some rows that will not be finished. */
  forget(firstRow: number, rows: number): void {
    this.#state.running.fill(0, firstRow, firstRow + rows);
    this.#state.lengths.fill(0, firstRow, firstRow + rows);
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
    return { ...this.#state, running: this.#state.running.slice(), lengths: this.#state.lengths.slice() };
  }

  restore(saved: EpisodesState): void {
    this.#state = { ...saved, running: saved.running.slice(), lengths: saved.lengths.slice() };
  }
}
