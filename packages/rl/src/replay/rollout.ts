/** The steps since the last update, for algorithms that learn from what they have just done. */

import { Float32, SkeinError, type Static, Type, Uint8 } from '@skein/core';
import type { StepOutcome } from '../env/vector-env.ts';

/** A rollout as plain data: step t of row i lies at t * rows + i of each column. */
export const RolloutState = Type.Object({
  /** Steps taken in. */
  steps: Type.Integer({ minimum: 0 }),
  observations: Float32,
  actions: Float32,
  /** Legal actions at the observations; empty where all are. */
  masks: Uint8,
  rewards: Float32,
  terminated: Uint8,
  ended: Uint8,
  nextObservations: Float32,
});
export type RolloutState = Static<typeof RolloutState>;
type Columns = Omit<RolloutState, 'steps'>;

/** Sizes of a rollout. */
export interface RolloutShape {
  readonly rows: number;
  /** Steps of every row until the rollout is complete; where it is made of episodes, those that it has room for at first. */
  readonly steps: number;
  /** Episodes, of all rows together, that make it complete instead; it grows as long as they are. */
  readonly episodes?: number;
  readonly observationSize: number;
  readonly actionSize: number;
  /** Numbers of one mask of legal actions; 0 if left out. */
  readonly maskSize?: number;
}

/** A buffer of steps of `rows` rows: of a fixed number of them, or of whole episodes. */
export class Rollout {
  readonly shape: RolloutShape;
  #columns: Columns;
  #room: number;
  #steps = 0;
  #episodes = 0;

  constructor(shape: RolloutShape) {
    this.shape = shape;
    this.#room = shape.steps;
    this.#columns = emptyColumns(shape, shape.steps);
  }

  get isComplete(): boolean {
    const { steps, episodes } = this.shape;
    return episodes === undefined ? this.#steps === steps : this.#episodes >= episodes;
  }

  /** Steps of all rows together. */
  get size(): number {
    return this.#steps * this.shape.rows;
  }

  /** Views of the columns, as long as the steps so far. */
  get columns(): Columns {
    return mapColumns(this.#columns, (column) => column.subarray(0, this.#filled(column)));
  }

  /** Takes in a step of every row; `masks` are those of the observations. `env` resets in the same step. Throws `INPUT` if the rollout is complete. */
  add(observations: Float32Array, actions: Float32Array, env: StepOutcome, masks: Uint8Array | null = null): void {
    if (this.isComplete) throw new SkeinError('INPUT', `rollout: expected at most ${this.#steps} steps, got one more`);
    if (this.#steps === this.#room) this.#grow(2 * this.#room);
    const { rows, observationSize, actionSize, maskSize = 0 } = this.shape;
    const columns = this.#columns;
    const first = this.#steps * rows;
    columns.observations.set(observations, first * observationSize);
    columns.actions.set(actions, first * actionSize);
    if (maskSize > 0) columns.masks.set(masks!, first * maskSize);
    columns.nextObservations.set(env.observations, first * observationSize);
    for (let row = 0; row < rows; row++) {
      const ended = env.terminated[row] === 1 || env.truncated[row] === 1;
      columns.rewards[first + row] = env.rewards[row]!;
      columns.terminated[first + row] = env.terminated[row]!;
      columns.ended[first + row] = ended ? 1 : 0;
      if (!ended) continue;
      this.#episodes++;
      const final = env.finalObservations.subarray(row * observationSize, (row + 1) * observationSize);
      columns.nextObservations.set(final, (first + row) * observationSize);
    }
    this.#steps++;
  }

  /** Starts the next rollout. */
  clear(): void {
    this.#steps = 0;
    this.#episodes = 0;
  }

  /** A copy of the steps so far. */
  state(): RolloutState {
    return { steps: this.#steps, ...mapColumns(this.columns, (column) => column.slice()) };
  }

  /** Continues from `state()` of a rollout of the same shape. Throws `CHECKPOINT` if it does not fit. */
  restore({ steps, ...saved }: RolloutState): void {
    const { rows, observationSize, actionSize, maskSize = 0, episodes } = this.shape;
    const found = [saved.observations.length, saved.actions.length, saved.masks.length];
    const expected = [observationSize, actionSize, maskSize].map((size) => steps * rows * size);
    if ((episodes === undefined && steps > this.shape.steps) || String(found) !== String(expected)) {
      throw new SkeinError('CHECKPOINT', `rollout: expected [${expected}] numbers, got [${found}]`, {
        advice: 'resume with the configuration that wrote the checkpoint',
      });
    }
    if (steps > this.#room) this.#grow(steps);
    this.#fill(saved);
    this.#steps = steps;
    this.#episodes = saved.ended.reduce((sum, ended) => sum + ended, 0);
  }

  #filled(column: Float32Array | Uint8Array): number {
    return (column.length / this.#room) * this.#steps;
  }

  #grow(room: number): void {
    const before = this.columns;
    this.#columns = emptyColumns(this.shape, room);
    this.#room = room;
    this.#fill(before);
  }

  #fill(from: Columns): void {
    for (const name of Object.keys(from) as (keyof Columns)[]) this.#columns[name].set(from[name]);
  }
}

function emptyColumns({ rows, observationSize, actionSize, maskSize = 0 }: RolloutShape, steps: number): Columns {
  const size = rows * steps;
  return {
    observations: new Float32Array(size * observationSize),
    actions: new Float32Array(size * actionSize),
    masks: new Uint8Array(size * maskSize),
    rewards: new Float32Array(size),
    terminated: new Uint8Array(size),
    ended: new Uint8Array(size),
    nextObservations: new Float32Array(size * observationSize),
  };
}

function mapColumns(columns: Columns, change: (column: Float32Array) => Float32Array): Columns {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, change(column as Float32Array)]),
  ) as unknown as Columns;
}
