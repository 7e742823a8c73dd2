/** What acts: a policy maps a batch of observations to actions, without exploration. */

import type { ActionMasks } from '../env/action-mask.ts';
import type { ActionArray } from '../env/definition.ts';

/** A deterministic policy with weights. */
export interface Policy {
  /** Actions of `count` observations `[count, size]`, legal ones if masks are given. The array is reused by the next call. */
  act(observations: Float32Array, count: number, masks?: ActionMasks): ActionArray;
  /** Copies of the network's weights. */
  weights(): Float32Array[];
  /** Throws `SHAPE` if they belong to another architecture. */
  setWeights(weights: readonly Float32Array[]): void;
  /** Gives the network's memory back. */
  dispose(): void;
}
