/**
 * n-step transitions: s_t, a_t, r_t + gamma r_{t+1} + ... + gamma^{n-1} r_{t+n-1}, s_{t+n}, with gamma^n as discount of
 * what follows. Where an episode ends earlier, the sum and the discount end with it: 0 after termination, gamma^k after a
 * cut by the time limit.
 */

import { Float32, Int32, type Static, Type } from '@skein/core';
import type { ActionMasks } from '../env/action-mask.ts';
import type { StepOutcome } from '../env/vector-env.ts';
import type { Replay } from './uniform.ts';

/** The unfinished transitions of all rows, oldest first. */
export const NStepState = Type.Object({
  /** Unfinished transitions of each row. */
  pending: Int32,
  /** [rows, n, observationSize] */
  observations: Float32,
  /** [rows, n, actionSize] */
  actions: Float32,
  /** [rows, n]: discounted sums of rewards so far. */
  rewards: Float32,
});
export type NStepState = Static<typeof NStepState>;

/** Sizes of an accumulator. */
export interface NStepShape {
  readonly rows: number;
  readonly n: number;
  readonly gamma: number;
  readonly observationSize: number;
  readonly actionSize: number;
}

/** Gathers the steps of a vectorised environment into n-step transitions. */
export class NStep {
  readonly #shape: NStepShape;
  readonly #state: NStepState;

  constructor(shape: NStepShape) {
    const { rows, n, observationSize, actionSize } = shape;
    this.#shape = shape;
    this.#state = {
      pending: new Int32Array(rows),
      observations: new Float32Array(rows * n * observationSize),
      actions: new Float32Array(rows * n * actionSize),
      rewards: new Float32Array(rows * n),
    };
  }

  /** Takes in a step of every row and adds the transitions that are complete to `replay`. */
  observe(observations: Float32Array, actions: ArrayLike<number>, env: StepOutcome, replay: Replay): void {
    for (let row = 0; row < env.count; row++) {
      this.#append(row, observations, actions, env.rewards[row]!);
      const ended = env.terminated[row] === 1 || env.truncated[row] === 1;
      const pending = this.#state.pending[row]!;
      if (ended)
        this.#complete(row, pending, env.terminated[row] === 1, env.finalObservations, env.finalActionMasks, replay);
      else if (pending === this.#shape.n) this.#complete(row, 1, false, env.observations, env.actionMasks, replay);
    }
  }

  #append(row: number, observations: Float32Array, actions: ArrayLike<number>, reward: number): void {
    const { n, gamma, observationSize, actionSize } = this.#shape;
    const state = this.#state;
    const age = state.pending[row]!;
    const slot = row * n + age;
    for (let i = 0; i < observationSize; i++) {
      state.observations[slot * observationSize + i] = observations[row * observationSize + i]!;
    }
    for (let i = 0; i < actionSize; i++) state.actions[slot * actionSize + i] = actions[row * actionSize + i]!;
    state.rewards[slot] = 0;
    for (let k = 0; k <= age; k++) state.rewards[slot - k] = state.rewards[slot - k]! + gamma ** k * reward;
    state.pending[row] = age + 1;
  }

  /** Adds the oldest `count` transitions of a row, whose next observation is the row's in `next`, and drops them. */
  #complete(
    row: number,
    count: number,
    terminated: boolean,
    next: Float32Array,
    nextMasks: ActionMasks,
    replay: Replay,
  ): void {
    const { n, gamma, observationSize, actionSize } = this.#shape;
    const { pending, observations, actions, rewards } = this.#state;
    const left = pending[row]!;
    const nextRow = next.subarray(row * observationSize, (row + 1) * observationSize);
    const maskSize = (nextMasks?.length ?? 0) / this.#shape.rows;
    const mask = nextMasks?.subarray(row * maskSize, (row + 1) * maskSize);
    for (let k = 0; k < count; k++) {
      const slot = row * n + k;
      const observation = observations.subarray(slot * observationSize, (slot + 1) * observationSize);
      const action = actions.subarray(slot * actionSize, (slot + 1) * actionSize);
      replay.add(0, observation, action, rewards[slot]!, terminated ? 0 : gamma ** (left - k), nextRow, mask);
    }
    this.#drop(observations, row, count, observationSize);
    this.#drop(actions, row, count, actionSize);
    this.#drop(rewards, row, count, 1);
    pending[row] = left - count;
  }

  #drop(column: Float32Array, row: number, count: number, size: number): void {
    const start = row * this.#shape.n * size;
    column.copyWithin(start, start + count * size, start + this.#shape.n * size);
  }

  state(): NStepState {
    const { pending, observations, actions, rewards } = this.#state;
    return {
      pending: pending.slice(),
      observations: observations.slice(),
      actions: actions.slice(),
      rewards: rewards.slice(),
    };
  }

  /** Continues from `state()` of an accumulator of the same shape. */
  restore(saved: NStepState): void {
    this.#state.pending.set(saved.pending);
    this.#state.observations.set(saved.observations);
    this.#state.actions.set(saved.actions);
    this.#state.rewards.set(saved.rewards);
  }
}
