/**
 * Prioritised replay (Schaul et al., arXiv:1511.05952, the proportional variant): transitions are drawn with probability
 * proportional to |error|^exponent, and weighted so that the estimate of the gradient stays unbiased.
 */

import { Float64, parse, type Rng, SkeinError, Type } from '@skein/core';
import { SumTree } from './sum-tree.ts';
import { type Batch, type Replay, type ReplayShape, ReplayState, UniformReplay } from './uniform.ts';

/** How strongly errors count. */
export interface Priorities {
  /** 0 is uniform, 1 fully proportional (alpha of the paper). */
  readonly exponent: number;
  /** How much of the bias is corrected at the start of the run; it grows to 1 at its end (beta of the paper). */
  readonly correction: number;
}

/** Added to every error, so that no transition is lost for good. */
const FLOOR = 1e-6;

const State = Type.Object({ transitions: ReplayState, priorities: Float64, largest: Type.Number() });

/** A bounded ring of transitions with priorities. */
export class PrioritisedReplay implements Replay {
  readonly #transitions: UniformReplay;
  readonly #tree: SumTree;
  readonly #priorities: Priorities;
  /** The largest priority so far: what new transitions get, so that each is soon drawn. */
  #largest = 1;

  constructor(shape: ReplayShape, priorities: Priorities) {
    this.#transitions = new UniformReplay(shape);
    this.#tree = new SumTree(shape.capacity);
    this.#priorities = priorities;
  }

  get size(): number {
    return this.#transitions.size;
  }

  add(...transition: Parameters<Replay['add']>): number {
    const index = this.#transitions.add(...transition);
    this.#tree.set(index, this.#largest);
    return index;
  }

  /** One draw from each of `batch.size` equal parts of the priorities' sum. */
  sample(batch: Batch, rng: Rng, progress: number): void {
    if (this.size === 0) throw new SkeinError('INPUT', 'replay: expected at least one transition to sample, got none');
    const { correction } = this.#priorities;
    const beta = correction + (1 - correction) * progress;
    const part = this.#tree.total / batch.size;
    let largest = 0;
    for (let row = 0; row < batch.size; row++) {
      const index = this.#tree.find((row + rng.uniform()) * part);
      this.#transitions.copyTo(batch, row, index);
      const weight = ((this.size * this.#tree.get(index)) / this.#tree.total) ** -beta;
      batch.weights[row] = weight;
      largest = Math.max(largest, weight);
    }
    for (let row = 0; row < batch.size; row++) batch.weights[row] = batch.weights[row]! / largest;
  }

  learned(batch: Batch): void {
    for (let row = 0; row < batch.size; row++) {
      const priority = (Math.abs(batch.errors[row]!) + FLOOR) ** this.#priorities.exponent;
      this.#tree.set(batch.indices[row]!, priority);
      this.#largest = Math.max(this.#largest, priority);
    }
  }

  state(): unknown {
    return {
      transitions: this.#transitions.state(),
      priorities: this.#tree.values(this.size),
      largest: this.#largest,
    };
  }

  restore(saved: unknown): void {
    const { transitions, priorities, largest } = parse(State, saved, {
      what: 'prioritised replay',
      code: 'CHECKPOINT',
      advice: 'resume with the configuration that wrote the checkpoint',
    });
    this.#transitions.restore(transitions);
    this.#tree.fill(priorities);
    this.#largest = largest;
  }
}
