/**
 * What an environment is: specs, a time limit and pure dynamics over rows of one `Float64Array`. A definition holds no
 * state, so one value serves every vectorised and single environment made from it; all that changes during an episode
 * lies in the row and in the row's random stream, and can therefore be saved and restored in the middle of an episode.
 */

import type { BoxSpec, DiscreteSpec, MultiDiscreteSpec } from '@skein/core';
import type { NumpyRandom } from '../random/numpy-random.ts';
import type { Picture } from '../render/picture.ts';
import type { TransitionTable } from './transitions.ts';

/** Action specs that environments use. */
export type EnvSpec = BoxSpec | DiscreteSpec;
/** Observation specs that environments use; several integers at once are a `multiDiscrete`. */
export type ObservationSpec = EnvSpec | MultiDiscreteSpec;

/** One observation: an integer for a discrete spec, else its numbers. */
export type ObservationOf<S extends ObservationSpec> = S extends DiscreteSpec ? number : Float32Array;
/** One action: an integer for a discrete spec, else its numbers. */
export type ActionOf<S extends EnvSpec> = S extends DiscreteSpec ? number : ArrayLike<number>;

/** Actions of all rows, `[count * actionSpec.size]`: `Int32Array` for discrete specs, `Float32Array` for boxes. */
export type ActionArray = Int32Array | Float32Array;

/** Further facts about a step; plain data. */
export type Info = Readonly<Record<string, unknown>>;

/** An environment's rules. Rows start at `at` in `state` and have `stateSize` numbers. */
export interface EnvironmentDefinition<O extends ObservationSpec = ObservationSpec, A extends EnvSpec = EnvSpec> {
  /** Gymnasium's id where the dynamics are Gymnasium's. */
  readonly id: string;
  readonly summary: string;
  readonly observationSpec: O;
  readonly actionSpec: A;
  /** Steps after which an episode is truncated; null if there is no limit. */
  readonly stepLimit: number | null;
  /** Mean return over 100 episodes from which the environment counts as solved; null if none is registered. */
  readonly solvedAt: number | null;
  /** Numbers of state of one row. */
  readonly stateSize: number;
  /** Writes the state of a new episode. */
  begin(state: Float64Array, at: number, random: NumpyRandom): void;
  /** Moves the row one step on with the action at `actionAt` and returns the reward. */
  advance(state: Float64Array, at: number, actions: ActionArray, actionAt: number, random: NumpyRandom): number;
  /** True if the row's state ends the episode. */
  isTerminal(state: Float64Array, at: number): boolean;
  /** True if something besides the time limit cut the episode off in the row's state. */
  isTruncated?(state: Float64Array, at: number): boolean;
  /** Writes the row's observation, `observationSpec.size` numbers. */
  observe(state: Float64Array, at: number, out: Float32Array, outAt: number): void;
  /** The environment as a table of probabilities, where the state is one integer: what planning needs. */
  readonly transitions?: TransitionTable;
  /**
   * Writes the row's mask, a number for each of the discrete actions from the smallest on: 1 if it is legal, else 0. At
   * least one is legal in every state that does not end the episode. Agents choose among legal actions only, while they
   * learn and when they act; what `advance` does with another one is the environment's own affair.
   */
  actionMask?(state: Float64Array, at: number, out: Uint8Array, outAt: number): void;
  /** Further facts about the row's state. */
  info?(state: Float64Array, at: number): Info;
  /** The row's state as a picture. */
  picture?(state: Float64Array, at: number): Picture;
  /** The row's state as a few lines of text. */
  text?(state: Float64Array, at: number): string;
}
