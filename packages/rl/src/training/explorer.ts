/**
 * The acting half of a learner with replay: random at first, then the algorithm's own exploration.
 *
 * Details that change results:
 * [E1] Before `learningStarts` steps all actions are random.
 * [E2] Random streams belong to environments: whoever holds row i, and whatever it holds beside it, row i draws the same.
 * [E3] No bit of a row's action depends on the rows that it acts with: kernels of the backend `simd` compute every row of
 *      a batch in the same order. Other backends may round differently.
 */

import { createRng, Float32, type Rng, restoreRng, type Static, Type } from '@skein/core';
import { type ActionMasks, randomLegalAction } from '../env/action-mask.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import type { NoiseMemory } from '../noise.ts';
import { RandomState } from '../plain.ts';

/** What exploration needs of an algorithm. */
export interface Exploration {
  /**
   * Writes actions, in the environment's units, of `rngs.length` rows, legal ones if masks are given; row i may draw from
   * `rngs[i]` alone. Called from `learningStarts` steps on.
   */
  explore(
    observations: Float32Array,
    step: number,
    actions: ActionArray,
    rngs: readonly Rng[],
    masks: ActionMasks,
  ): void;
  /** What exploration remembers: correlated noise. */
  readonly noise?: NoiseMemory;
}

/** What the exploration of some rows will draw, as plain data. */
export const ExplorationState = Type.Object({
  /** One for each row. */
  streams: Type.Array(RandomState),
  /** [rows, numbers that the algorithm's noise remembers of a row] */
  noise: Float32,
});
export type ExplorationState = Static<typeof ExplorationState>;

/** How an explorer is made. */
export interface ExplorerOptions {
  readonly seed: number;
  readonly learningStarts: number;
  /** Environments of the whole run. */
  readonly envCount: number;
  /** The environments that act here: `rows` of them from `firstRow` on; all if left out. */
  readonly firstRow?: number;
  readonly rows?: number;
}

/** Chooses the actions of some of a run's environments. */
export class Explorer {
  readonly #definition: EnvironmentDefinition;
  readonly #exploration: Exploration;
  readonly #learningStarts: number;
  /** One for each row. */
  #streams: Rng[];

  /** `exploration` must be built for as many rows. */
  constructor(definition: EnvironmentDefinition, options: ExplorerOptions, exploration: Exploration) {
    const { seed, learningStarts, envCount, firstRow = 0, rows = envCount } = options;
    const base = createRng(seed).split('exploration');
    this.#definition = definition;
    this.#exploration = exploration;
    this.#learningStarts = learningStarts;
    this.#streams = Array.from({ length: rows }, (_, i) => (firstRow + i === 0 ? base : base.split(firstRow + i))); // [E2]
  }

  /** Writes the actions of all rows at `observations`, after `step` environment steps of the whole run. */
  explore(observations: Float32Array, step: number, actions: ActionArray, masks: ActionMasks): void {
    if (step < this.#learningStarts)
      randomActions(this.#definition, actions, this.#streams, masks); // [E1]
    else this.#exploration.explore(observations, step, actions, this.#streams, masks);
  }

  /** A copy of what its future depends on. */
  state(): ExplorationState {
    return {
      streams: this.#streams.map((stream) => stream.state()),
      noise: this.#exploration.noise?.state() ?? new Float32Array(0),
    };
  }

  /** Continues from `state()`. */
  restore({ streams, noise }: ExplorationState): void {
    this.#streams = streams.map(restoreRng);
    this.#exploration.noise?.restore(noise);
  }
}

/** Uniformly random actions, legal ones. */
function randomActions(
  { actionSpec }: EnvironmentDefinition,
  actions: ActionArray,
  streams: readonly Rng[],
  masks: ActionMasks,
): void {
  const { size } = actionSpec;
  for (let i = 0; i < actions.length; i++) {
    const stream = streams[Math.floor(i / size)]!;
    if (actionSpec.kind === 'discrete') {
      actions[i] = actionSpec.start + randomLegalAction(masks, actionSpec.n, i, stream);
    } else {
      const low = actionSpec.low[i % size]!;
      const high = actionSpec.high[i % size]!;
      actions[i] = low + (high - low) * stream.uniform();
    }
  }
}
