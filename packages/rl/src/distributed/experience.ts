/** What actors send: steps of some of a run's environments, and in lock-step where the environments are afterwards. */

import { defineStream, type StreamArrays, type StreamDefinition } from '@skein/core';
import { maskSize } from '../env/action-mask.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import type { StepOutcome } from '../env/vector-env.ts';
import { NUMPY_RANDOM_WORDS } from '../random/numpy-random.ts';

/** Most steps of one batch, and most bytes, which must fit into a message. */
const MOST_ROWS = 1_024;
const MOST_BYTES = 600_000;

/** Turns of one batch when actors run freely: enough to be worth a message, few enough to be fresh. */
export const FREE_TURNS = 16;

/** The environments of actor `actor` of `actors`: contiguous, and at most one more than any other actor's. */
export function shareOf(actor: number, actors: number, envCount: number): { firstRow: number; rows: number } {
  const firstRow = Math.floor((actor * envCount) / actors);
  return { firstRow, rows: Math.floor(((actor + 1) * envCount) / actors) - firstRow };
}

/**
 * The stream of a run's experience. A row is one environment's step: row `turn * rows + i` is environment i's at that
 * turn, where `rows` is the number of environments that the actor has. The last columns belong to the batch: see `BATCH`.
 */
export function experienceStream(name: string, definition: EnvironmentDefinition, mostEnvironments: number) {
  const { observationSpec, actionSpec, stateSize } = definition;
  const observation = { type: 'f32', size: observationSpec.size } as const;
  const perRow = {
    observations: observation,
    actions: { type: actionSpec.kind === 'discrete' ? 'i32' : 'f32', size: actionSpec.size } as const,
    rewards: { type: 'f64', size: 1 } as const,
    ends: { type: 'u8', size: 1 } as const,
    nextObservations: observation,
    // A column has at least one number.
    nextMasks: { type: 'u8', size: Math.max(1, maskSize(definition)) } as const,
  };
  const bytes = 8 * observation.size + 4 * actionSpec.size + 9 + perRow.nextMasks.size;
  const turns = Math.floor(Math.min(MOST_ROWS, MOST_BYTES / bytes) / mostEnvironments);
  const perBatch = (type: 'f64' | 'f32' | 'i32', size: number) => ({ type, size, per: 'batch' }) as const;
  return defineStream({
    name,
    rows: Math.max(FREE_TURNS, turns) * mostEnvironments,
    columns: {
      ...perRow,
      batch: perBatch('f64', Object.keys(BATCH).length),
      // Where each environment is after the batch.
      state: perBatch('f64', mostEnvironments * stateSize),
      random: perBatch('i32', mostEnvironments * NUMPY_RANDOM_WORDS),
      elapsed: perBatch('i32', mostEnvironments),
      draws: perBatch('f64', mostEnvironments),
      noise: perBatch('f32', mostEnvironments * actionSpec.size),
    },
  });
}

/** What a batch's own numbers mean. */
export const BATCH = {
  actor: 0,
  /** Attempt of the actor's task: its environments start anew with each. */
  attempt: 1,
  /** Counts the batches of an attempt from 0: a gap means that one was lost. */
  number: 2,
  turns: 3,
} as const;

type Columns = ReturnType<typeof experienceStream> extends StreamDefinition<infer C> ? C : never;
/** The arrays of a batch of experience. */
export type Experience = StreamArrays<Columns>;
export type ExperienceStream = StreamDefinition<Columns>;

/** Bits of `ends`. */
const ENDS = { terminated: 1, truncated: 2 } as const;

/** Writes what a step of `outcome.count` environments brought, as the batch's turn `turn`. */
export function writeTurn(
  to: Experience,
  turn: number,
  observations: Float32Array,
  actions: ActionArray,
  env: StepOutcome,
): void {
  const { count } = env;
  const first = turn * count;
  const size = observations.length / count;
  to.observations.set(observations, first * size);
  to.actions.set(actions, first * (actions.length / count));
  to.rewards.set(env.rewards, first);
  for (let row = 0; row < count; row++) {
    const ended = env.terminated[row] === 1 || env.truncated[row] === 1;
    to.ends[first + row] = ENDS.terminated * env.terminated[row]! + ENDS.truncated * env.truncated[row]!;
    const next = ended ? env.finalObservations : env.observations;
    to.nextObservations.set(next.subarray(row * size, (row + 1) * size), (first + row) * size);
    const masks = ended ? env.finalActionMasks : env.actionMasks;
    if (masks !== null) copyMask(masks, row, count, to, first + row);
  }
}

function copyMask(masks: Uint8Array, row: number, count: number, to: Experience, at: number): void {
  const size = masks.length / count;
  to.nextMasks.set(masks.subarray(row * size, (row + 1) * size), at * size);
}

/** A step of environments that others took: what learners learn from, as if they had just stepped the environments. */
export class RemoteStep implements StepOutcome {
  readonly count: number;
  readonly startObservations: Float32Array;
  readonly actions: ActionArray;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** What the step showed: the final observation where an episode ended. */
  readonly observations: Float32Array;
  readonly finalObservations: Float32Array;
  readonly actionMasks: Uint8Array | null;
  readonly finalActionMasks: Uint8Array | null;

  constructor({ observationSpec, actionSpec, ...definition }: EnvironmentDefinition, count: number) {
    const masks = maskSize({ actionSpec, ...definition });
    this.count = count;
    this.startObservations = new Float32Array(count * observationSpec.size);
    const size = count * actionSpec.size;
    this.actions = actionSpec.kind === 'discrete' ? new Int32Array(size) : new Float32Array(size);
    this.rewards = new Float64Array(count);
    this.terminated = new Uint8Array(count);
    this.truncated = new Uint8Array(count);
    this.observations = new Float32Array(count * observationSpec.size);
    this.finalObservations = this.observations;
    this.actionMasks = masks === 0 ? null : new Uint8Array(count * masks);
    this.finalActionMasks = this.actionMasks;
  }

  /** Takes a turn of a batch with `rows` environments into the rows from `firstRow` on. */
  read(from: Experience, turn: number, rows: number, firstRow: number): void {
    const first = turn * rows;
    const observation = this.observations.length / this.count;
    const action = this.actions.length / this.count;
    const mask = (this.actionMasks?.length ?? 0) / this.count;
    const copy = (to: { set(array: ArrayLike<number>, at: number): void }, array: Columned, size: number): void =>
      to.set(array.subarray(first * size, (first + rows) * size), firstRow * size);
    copy(this.startObservations, from.observations, observation);
    copy(this.actions, from.actions, action);
    copy(this.rewards, from.rewards, 1);
    copy(this.observations, from.nextObservations, observation);
    if (this.actionMasks !== null) copy(this.actionMasks, from.nextMasks, mask);
    for (let row = 0; row < rows; row++) {
      const ends = from.ends[first + row]!;
      this.terminated[firstRow + row] = (ends & ENDS.terminated) > 0 ? 1 : 0;
      this.truncated[firstRow + row] = (ends & ENDS.truncated) > 0 ? 1 : 0;
    }
  }
}

interface Columned {
  subarray(from: number, to: number): ArrayLike<number>;
}
