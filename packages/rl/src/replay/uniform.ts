/**
 * Uniform experience replay (Lin, 1992): a ring of transitions in typed arrays. Memory is bounded and taken once,
 * insertion is O(1), and sampling writes into a caller's batch, so a training step allocates nothing.
 *
 * A transition keeps the discount of what follows it: 0 where the episode terminated, else gamma (gamma^n for n-step
 * returns). An episode that was cut off by a time limit keeps its discount: its value is bootstrapped from the final
 * observation, which is what belongs in `nextObservations`.
 */

import { Float32, parse, type Rng, SkeinError, type Static, Type, Uint8 } from '@skein/core';

/** Sizes of one transition's parts and of the ring. */
export interface ReplayShape {
  /** Transitions held at most; the oldest give way. */
  readonly capacity: number;
  readonly observationSize: number;
  /** Numbers of one action; 1 for discrete actions. */
  readonly actionSize: number;
  /** Numbers of one mask of legal actions; 0 if left out. */
  readonly maskSize?: number;
}

/** Transitions as columns: row i of each array belongs to transition i. */
export interface Batch {
  readonly size: number;
  /** [size, observationSize] */
  readonly observations: Float32Array;
  /** [size, actionSize] */
  readonly actions: Float32Array;
  /** [size] */
  readonly rewards: Float32Array;
  /** [size]: what the value of the next observation is multiplied by. */
  readonly discounts: Float32Array;
  /** [size, observationSize] */
  readonly nextObservations: Float32Array;
  /** [size, maskSize]: legal actions at the next observations. */
  readonly nextMasks: Uint8Array;
  /** [size]: how much each transition counts in the loss; 1 when sampling is uniform. */
  readonly weights: Float32Array;
  /** [size]: where the transitions lie in the buffer. */
  readonly indices: Int32Array;
  /** [size]: temporal-difference errors, written by the learner after its step. */
  readonly errors: Float32Array;
}

/** A buffer that learners sample from. */
export interface Replay {
  readonly size: number;
  /** Stores row `row` of each array and returns its index. See `UniformReplay.add`. */
  add(
    row: number,
    observations: Float32Array,
    actions: ArrayLike<number>,
    reward: number,
    discount: number,
    nextObservations: Float32Array,
    nextMasks?: Uint8Array,
  ): number;
  /** Fills the batch. `progress` is the part of the run that is over, in [0, 1]. Throws `INPUT` if the buffer is empty. */
  sample(batch: Batch, rng: Rng, progress: number): void;
  /** Takes in `batch.errors` of the batch that was sampled last. */
  learned(batch: Batch): void;
  /** A copy of the content as plain data. */
  state(): unknown;
  /** Continues from `state()`. Throws `CHECKPOINT` if it does not fit. */
  restore(saved: unknown): void;
}

/** An empty batch for `size` transitions. */
export function createBatch(size: number, shape: Omit<ReplayShape, 'capacity'>): Batch {
  return {
    size,
    observations: new Float32Array(size * shape.observationSize),
    actions: new Float32Array(size * shape.actionSize),
    rewards: new Float32Array(size),
    discounts: new Float32Array(size),
    nextObservations: new Float32Array(size * shape.observationSize),
    nextMasks: new Uint8Array(size * (shape.maskSize ?? 0)),
    weights: new Float32Array(size).fill(1),
    indices: new Int32Array(size),
    errors: new Float32Array(size),
  };
}

/** A replay buffer's content as plain data: the filled part of the ring, in storage order. */
export const ReplayState = Type.Object({
  capacity: Type.Integer({ minimum: 1 }),
  size: Type.Integer({ minimum: 0 }),
  /** Where the next transition goes. */
  next: Type.Integer({ minimum: 0 }),
  observations: Float32,
  actions: Float32,
  rewards: Float32,
  discounts: Float32,
  nextObservations: Float32,
  nextMasks: Uint8,
});
export type ReplayState = Static<typeof ReplayState>;

const COLUMNS = ['observations', 'actions', 'rewards', 'discounts', 'nextObservations', 'nextMasks'] as const;

/** A bounded ring of transitions. */
export class UniformReplay implements Replay {
  readonly shape: ReplayShape;
  readonly #ring: Pick<Batch, (typeof COLUMNS)[number]>;
  #size = 0;
  #next = 0;

  /** Throws `INPUT` if the capacity is not a positive integer. */
  constructor(shape: ReplayShape) {
    if (!Number.isSafeInteger(shape.capacity) || shape.capacity < 1) {
      throw new SkeinError('INPUT', `replay capacity: expected a positive integer, got ${shape.capacity}`);
    }
    this.shape = shape;
    this.#ring = createBatch(shape.capacity, shape);
  }

  /** Transitions held. */
  get size(): number {
    return this.#size;
  }

  /**
   * Stores row `row` of each array, over the oldest transition once the ring is full, and returns its index.
   * `observations` and `nextObservations` are [rows, observationSize], `actions` [rows, actionSize], `nextMasks` (for
   * buffers with a mask size) [rows, maskSize].
   */
  add(
    row: number,
    observations: Float32Array,
    actions: ArrayLike<number>,
    reward: number,
    discount: number,
    nextObservations: Float32Array,
    nextMasks?: Uint8Array,
  ): number {
    const { observationSize, actionSize, maskSize = 0, capacity } = this.shape;
    const ring = this.#ring;
    const index = this.#next;
    copyRow(observations, row, ring.observations, index, observationSize);
    copyRow(actions, row, ring.actions, index, actionSize);
    ring.rewards[index] = reward;
    ring.discounts[index] = discount;
    copyRow(nextObservations, row, ring.nextObservations, index, observationSize);
    if (maskSize > 0) copyRow(nextMasks!, row, ring.nextMasks, index, maskSize);
    this.#next = (index + 1) % capacity;
    this.#size = Math.min(this.#size + 1, capacity);
    return index;
  }

  /** Fills the batch with transitions drawn uniformly with replacement. Throws `INPUT` if the buffer is empty. */
  sample(batch: Batch, rng: Rng): void {
    if (this.#size === 0) throw new SkeinError('INPUT', 'replay: expected at least one transition to sample, got none');
    for (let row = 0; row < batch.size; row++) this.copyTo(batch, row, rng.integer(this.#size));
  }

  /** Uniform sampling does not depend on errors. */
  learned(_batch: Batch): void {}

  /** Copies the transition at `index` into a row of the batch. */
  copyTo(batch: Batch, row: number, index: number): void {
    const { observationSize, actionSize, maskSize = 0 } = this.shape;
    const ring = this.#ring;
    batch.indices[row] = index;
    copyRow(ring.observations, index, batch.observations, row, observationSize);
    copyRow(ring.actions, index, batch.actions, row, actionSize);
    batch.rewards[row] = ring.rewards[index]!;
    batch.discounts[row] = ring.discounts[index]!;
    copyRow(ring.nextObservations, index, batch.nextObservations, row, observationSize);
    copyRow(ring.nextMasks, index, batch.nextMasks, row, maskSize);
  }

  /** A copy of the content; its length grows with `size`, not with the capacity. */
  state(): ReplayState {
    const filled = <N extends (typeof COLUMNS)[number]>(name: N): Batch[N] =>
      this.#ring[name].slice(0, this.#size * (this.#ring[name].length / this.shape.capacity)) as Batch[N];
    return {
      capacity: this.shape.capacity,
      size: this.#size,
      next: this.#next,
      observations: filled('observations'),
      actions: filled('actions'),
      rewards: filled('rewards'),
      discounts: filled('discounts'),
      nextObservations: filled('nextObservations'),
      nextMasks: filled('nextMasks'),
    };
  }

  /** Continues from `state()` of a buffer of the same shape. Throws `CHECKPOINT` if it has another one. */
  restore(given: unknown): void {
    const saved = parse(ReplayState, given, { what: 'replay', code: 'CHECKPOINT' });
    const { capacity } = this.shape;
    if (saved.capacity !== capacity || saved.size > capacity || saved.next >= capacity) {
      throw new SkeinError('CHECKPOINT', `replay: expected capacity ${capacity}, got ${saved.capacity}`, {
        advice: 'resume with the configuration that wrote the checkpoint',
      });
    }
    for (const name of COLUMNS) {
      const expected = saved.size * (this.#ring[name].length / capacity);
      if (saved[name].length !== expected) {
        throw new SkeinError('CHECKPOINT', `replay ${name}: expected ${expected} numbers, got ${saved[name].length}`);
      }
      this.#ring[name].set(saved[name]);
    }
    this.#size = saved.size;
    this.#next = saved.next;
  }
}

function copyRow(
  from: ArrayLike<number>,
  fromRow: number,
  to: Float32Array | Uint8Array,
  toRow: number,
  size: number,
): void {
  const source = fromRow * size;
  const target = toRow * size;
  for (let i = 0; i < size; i++) to[target + i] = from[source + i]!;
}
