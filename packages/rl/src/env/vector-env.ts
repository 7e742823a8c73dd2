/**
 * The primitive that agents train on: `count` copies of an environment that step together over preallocated typed
 * arrays. Nothing is allocated per step. Observation i lies at `[i * observationSpec.size]` of `observations`.
 *
 * Every step writes `rewards`, `terminated`, `truncated`, `observations` and, for rows whose episode just ended,
 * `finalObservations` (what the last step showed). `terminated` means that the state has no future (its value is 0),
 * `truncated` that the time limit, or something else that is no end, cut the episode off: a learner bootstraps from the
 * final observation. Both may be set.
 */

import { Float64, Int32, type Rng, SkeinError, type Static, sampleSpec, show, Type, Uint8 } from '@skein/core';
import { NUMPY_RANDOM_WORDS, NumpyRandom } from '../random/numpy-random.ts';
import { type ActionMasks, maskOfRow, maskSize, randomLegalAction } from './action-mask.ts';
import type { ActionArray, EnvironmentDefinition, EnvSpec, Info, ObservationSpec } from './definition.ts';

/**
 * What happens to a row whose episode ended (Gymnasium's `AutoresetMode`).
 * - `next-step`: the next `step` ignores the row's action and returns the first observation of a new episode, reward 0.
 * - `same-step`: `observations` already holds the first observation of the new episode.
 * - `disabled`: the row stays as it is; stepping on before `reset` throws.
 */
export type Autoreset = 'next-step' | 'same-step' | 'disabled';

/** How `makeVectorEnv` builds. */
export interface VectorEnvOptions {
  /** Number of copies. */
  readonly count?: number;
  readonly autoreset?: Autoreset;
}

export const vectorEnvDefaults = { count: 1, autoreset: 'next-step' } as const satisfies VectorEnvOptions;

/** The whole state of a vectorised environment, mid-episode; plain data. */
export const VectorEnvState = Type.Object({
  state: Float64,
  random: Int32,
  elapsed: Int32,
  ended: Uint8,
});
export type VectorEnvState = Static<typeof VectorEnvState>;

/** A batch of environments. See the head of this file. */
export interface VectorEnv<O extends ObservationSpec = ObservationSpec, A extends EnvSpec = EnvSpec> {
  readonly definition: EnvironmentDefinition<O, A>;
  readonly count: number;
  readonly autoreset: Autoreset;
  readonly observations: Float32Array;
  readonly finalObservations: Float32Array;
  /** Legal actions of every row, `[count, n]`; null if the environment does not tell. */
  readonly actionMasks: ActionMasks;
  /** Those in the states of `finalObservations`. */
  readonly finalActionMasks: ActionMasks;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** Steps of each row's episode so far. */
  readonly elapsed: Int32Array;
  /** Starts new episodes everywhere. Row i draws from seed + i; without a seed the streams go on (from 0 the first time). */
  reset(options?: { readonly seed?: number }): void;
  /** Steps every row. Throws `ENVIRONMENT` before the first `reset`, `INPUT` for an action outside the spec. */
  step(actions: ActionArray): void;
  /** Further facts about a row's present state, `action_mask` (its legal actions) among them where the environment has masks. */
  info(row: number): Info;
  /** A copy of everything that the next steps depend on. */
  state(): VectorEnvState;
  /** Continues from `state()` of an environment with the same definition and count. Rewards and flags read 0 until the next step. */
  restore(saved: VectorEnvState): void;
}

/** What a step brought: the part of a vectorised environment that learners learn from. */
export type StepOutcome = Pick<
  VectorEnv,
  | 'count'
  | 'rewards'
  | 'terminated'
  | 'truncated'
  | 'observations'
  | 'finalObservations'
  | 'actionMasks'
  | 'finalActionMasks'
>;

/** The array type of a spec's actions, one value of the spec after another for each of `count` rows. */
export function actionArray(spec: EnvSpec, count: number): ActionArray {
  return spec.kind === 'discrete' ? new Int32Array(count) : new Float32Array(count * spec.size);
}

/** Fills `out` with random actions of a spec, legal ones if masks are given: what a policy that knows nothing does. */
export function sampleActions(spec: EnvSpec, rng: Rng, out: ActionArray, masks: ActionMasks = null): void {
  for (let at = 0; at < out.length; at += spec.size) {
    if (masks !== null && spec.kind === 'discrete') {
      out[at] = spec.start + randomLegalAction(masks, spec.n, at, rng);
      continue;
    }
    const action = sampleSpec(spec, rng);
    if (typeof action === 'number') out[at] = action;
    else out.set(action, at);
  }
}

/** A vectorised environment of a definition. */
export function vectorEnv<O extends ObservationSpec, A extends EnvSpec>(
  definition: EnvironmentDefinition<O, A>,
  options: VectorEnvOptions = {},
): VectorEnv<O, A> {
  const { count, autoreset } = { ...vectorEnvDefaults, ...options };
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new SkeinError('INPUT', `count: expected a positive integer, got ${show(count)}`);
  }
  return new DefinedVectorEnv(definition, count, autoreset);
}

class DefinedVectorEnv<O extends ObservationSpec, A extends EnvSpec> implements VectorEnv<O, A> {
  readonly definition: EnvironmentDefinition<O, A>;
  readonly count: number;
  readonly autoreset: Autoreset;
  readonly observations: Float32Array;
  readonly finalObservations: Float32Array;
  readonly actionMasks: ActionMasks;
  readonly finalActionMasks: ActionMasks;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly elapsed: Int32Array;
  readonly #maskSize: number;
  readonly #state: Float64Array;
  /** 1 for rows whose episode ended and that were not reset yet. */
  readonly #ended: Uint8Array;
  readonly #randomWords: Int32Array;
  readonly #random: readonly NumpyRandom[];
  #started = false;

  constructor(definition: EnvironmentDefinition<O, A>, count: number, autoreset: Autoreset) {
    this.definition = definition;
    this.count = count;
    this.autoreset = autoreset;
    const observationSize = definition.observationSpec.size;
    this.observations = new Float32Array(count * observationSize);
    this.finalObservations = new Float32Array(count * observationSize);
    this.#maskSize = maskSize(definition);
    [this.actionMasks, this.finalActionMasks] =
      this.#maskSize === 0
        ? [null, null]
        : [new Uint8Array(count * this.#maskSize), new Uint8Array(count * this.#maskSize)];
    this.rewards = new Float64Array(count);
    this.terminated = new Uint8Array(count);
    this.truncated = new Uint8Array(count);
    this.elapsed = new Int32Array(count);
    this.#state = new Float64Array(count * definition.stateSize);
    this.#ended = new Uint8Array(count);
    const words = new Int32Array(count * NUMPY_RANDOM_WORDS);
    this.#randomWords = words;
    this.#random = Array.from({ length: count }, (_, i) => {
      return new NumpyRandom(words.subarray(i * NUMPY_RANDOM_WORDS, (i + 1) * NUMPY_RANDOM_WORDS));
    });
  }

  reset(options: { readonly seed?: number } = {}): void {
    const seed = options.seed ?? (this.#started ? null : 0);
    this.#started = true;
    for (let row = 0; row < this.count; row++) {
      if (seed !== null) this.#random[row]!.seed(seed + row);
      this.#begin(row);
    }
    this.#clearOutcome();
  }

  step(actions: ActionArray): void {
    if (!this.#started) throw misuse(`${this.definition.id}: step before the first reset`, 'call reset() first');
    this.#checkActions(actions);
    const { definition, autoreset } = this;
    const { stateSize, stepLimit } = definition;
    const actionSize = definition.actionSpec.size;
    const limit = stepLimit ?? Infinity;
    for (let row = 0; row < this.count; row++) {
      if (this.#ended[row] === 1) {
        this.#stepEnded(row);
        continue;
      }
      const at = row * stateSize;
      const reward = definition.advance(this.#state, at, actions, row * actionSize, this.#random[row]!);
      const terminated = definition.isTerminal(this.#state, at);
      const truncated = ++this.elapsed[row]! >= limit || definition.isTruncated?.(this.#state, at) === true;
      this.rewards[row] = reward;
      this.terminated[row] = terminated ? 1 : 0;
      this.truncated[row] = truncated ? 1 : 0;
      this.#observe(row);
      if (terminated || truncated) this.#end(row, autoreset);
    }
  }

  info(row: number): Info {
    const info = this.definition.info?.(this.#state, row * this.definition.stateSize) ?? {};
    return this.actionMasks === null
      ? info
      : { ...info, action_mask: [...maskOfRow(this.actionMasks, this.#maskSize, row)] };
  }

  state(): VectorEnvState {
    return {
      state: this.#state.slice(),
      random: this.#randomWords.slice(),
      elapsed: this.elapsed.slice(),
      ended: this.#ended.slice(),
    };
  }

  restore(saved: VectorEnvState): void {
    const { id } = this.definition;
    copyInto(this.#state, saved.state, `${id} state`);
    copyInto(this.#randomWords, saved.random, `${id} random`);
    copyInto(this.elapsed, saved.elapsed, `${id} elapsed`);
    copyInto(this.#ended, saved.ended, `${id} ended`);
    this.#started = true;
    for (let row = 0; row < this.count; row++) this.#observe(row);
    this.#clearOutcome();
  }

  #begin(row: number): void {
    const { definition } = this;
    definition.begin(this.#state, row * definition.stateSize, this.#random[row]!);
    this.elapsed[row] = 0;
    this.#ended[row] = 0;
    this.#observe(row);
  }

  #observe(row: number): void {
    const { definition, actionMasks } = this;
    const at = row * definition.stateSize;
    definition.observe(this.#state, at, this.observations, row * definition.observationSpec.size);
    if (actionMasks !== null) definition.actionMask!(this.#state, at, actionMasks, row * this.#maskSize);
  }

  #clearOutcome(): void {
    this.rewards.fill(0);
    this.terminated.fill(0);
    this.truncated.fill(0);
  }

  #end(row: number, autoreset: Autoreset): void {
    const size = this.definition.observationSpec.size;
    this.finalObservations.set(this.observations.subarray(row * size, (row + 1) * size), row * size);
    if (this.actionMasks !== null) {
      this.finalActionMasks!.set(maskOfRow(this.actionMasks, this.#maskSize, row), row * this.#maskSize);
    }
    if (autoreset === 'same-step') this.#begin(row);
    else this.#ended[row] = 1;
  }

  #stepEnded(row: number): void {
    if (this.autoreset === 'disabled') {
      throw misuse(`${this.definition.id}: step after the end of the episode`, 'call reset() to start a new episode');
    }
    this.#begin(row);
    this.rewards[row] = 0;
    this.terminated[row] = 0;
    this.truncated[row] = 0;
  }

  #checkActions(actions: ActionArray): void {
    const { actionSpec, id } = this.definition;
    if (actions.length !== this.count * actionSpec.size) {
      throw new SkeinError(
        'SHAPE',
        `${id} actions: expected ${this.count * actionSpec.size} numbers, got ${actions.length}`,
      );
    }
    if (actionSpec.kind === 'discrete') checkDiscrete(actions, actionSpec.start, actionSpec.n, id);
    else checkNumbers(actions, id);
  }
}

function checkDiscrete(actions: ActionArray, start: number, n: number, id: string): void {
  for (let i = 0; i < actions.length; i++) {
    const action = actions[i]!;
    if (action >= start && action < start + n && Number.isInteger(action)) continue;
    throw new SkeinError('INPUT', `${id} action: expected an integer in [${start}, ${start + n - 1}], got ${action}`);
  }
}

/** Environments clip actions to their bounds themselves; what is not a number cannot be clipped. */
function checkNumbers(actions: ActionArray, id: string): void {
  for (let i = 0; i < actions.length; i++) {
    if (Number.isNaN(actions[i]!)) {
      throw new SkeinError('INPUT', `${id} action: expected a number, got NaN`, {
        advice: 'a policy that gives NaN has usually diverged: lower its learning rate',
      });
    }
  }
}

const misuse = (message: string, advice: string): SkeinError => new SkeinError('ENVIRONMENT', message, { advice });

function copyInto<T extends Float64Array | Int32Array | Uint8Array>(target: T, source: T, what: string): void {
  if (target.length !== source.length) {
    throw new SkeinError('CHECKPOINT', `${what}: expected ${target.length} numbers, got ${source.length}`, {
      advice: 'restore into an environment with the same id and count',
    });
  }
  target.set(source);
}
