/**
 * The acting half of a learner with replay: random at first, then the algorithm's own exploration.
 *
 * Details that change results:
 * [E1] Before `learningStarts` steps all actions are random.
 * [E2] Random streams belong to environments: whoever holds row i, and whatever it holds beside it, row i draws the same.
 * [E3] Kernels compute the last rows of a batch, those beyond a multiple of four, in another order and round them
 *      differently. Several environments therefore act in batches of a multiple of four, so that no bit of a row depends
 *      on how many rows it acts with. One environment acts alone, which is faster.
 */

import { createRng, Float32, type Rng, restoreRng, type Static, Type } from '@skein/core';
import { type ActionMasks, maskSize, randomLegalAction } from '../env/action-mask.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import { actionArray } from '../env/vector-env.ts';
import type { ActionNoise } from '../noise.ts';
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
  readonly noise?: Pick<ActionNoise, 'state' | 'restore'>;
}

/** What the exploration of some rows will draw, as plain data. */
export const ExplorationState = Type.Object({
  /** One for each row. */
  streams: Type.Array(RandomState),
  /** [rows, numbers that the algorithm's noise remembers of a row] */
  noise: Float32,
});
export type ExplorationState = Static<typeof ExplorationState>;

/** Rows of the batches in which environments act: the algorithm's exploration is built for as many. [E3] */
export const actingRows = (rows: number, envCount: number): number => (envCount === 1 ? 1 : 4 * Math.ceil(rows / 4));

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
  readonly #rows: number;
  /** One for each row, then those of rows that only fill the batch. */
  #streams: Rng[];
  readonly #observations: Float32Array;
  readonly #actions: ActionArray;
  readonly #masks: ActionMasks;

  /** `exploration` must be built for `actingRows(rows, envCount)` environments. */
  constructor(definition: EnvironmentDefinition, options: ExplorerOptions, exploration: Exploration) {
    const { seed, learningStarts, envCount, firstRow = 0, rows = envCount } = options;
    const base = createRng(seed).split('exploration');
    const acting = actingRows(rows, envCount);
    this.#definition = definition;
    this.#exploration = exploration;
    this.#learningStarts = learningStarts;
    this.#rows = rows;
    this.#streams = Array.from({ length: acting }, (_, i) => (firstRow + i === 0 ? base : base.split(firstRow + i))); // [E2]
    this.#observations = new Float32Array(acting * definition.observationSpec.size);
    this.#actions = actionArray(definition.actionSpec, acting);
    const masks = maskSize(definition);
    this.#masks = masks === 0 ? null : new Uint8Array(acting * masks).fill(1);
  }

  /** Writes the actions of all rows at `observations`, after `step` environment steps of the whole run. */
  explore(observations: Float32Array, step: number, actions: ActionArray, masks: ActionMasks): void {
    const streams = this.#streams;
    if (step < this.#learningStarts) {
      randomActions(this.#definition, actions, streams, masks); // [E1]
    } else if (streams.length === this.#rows) {
      this.#exploration.explore(observations, step, actions, streams, masks);
    } else {
      this.#observations.set(observations);
      if (masks !== null) this.#masks!.set(masks);
      this.#exploration.explore(this.#observations, step, this.#actions, streams, this.#masks); // [E3]
      actions.set(this.#actions.subarray(0, actions.length));
    }
  }

  /** A copy of what its future depends on. */
  state(): ExplorationState {
    const noise = this.#exploration.noise?.state() ?? new Float32Array(0);
    return {
      streams: this.#streams.slice(0, this.#rows).map((stream) => stream.state()),
      noise: noise.slice(0, (noise.length / this.#streams.length) * this.#rows),
    };
  }

  /** Continues from `state()`. */
  restore({ streams, noise }: ExplorationState): void {
    this.#streams = [...streams.map(restoreRng), ...this.#streams.slice(this.#rows)];
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
