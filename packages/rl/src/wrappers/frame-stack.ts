/** The last few observations as one, for environments where one does not tell how things move. */

import { type BoxSpec, box, SkeinError } from '@skein/core';
import type { EnvironmentDefinition, EnvSpec } from '../env/definition.ts';

/** Stacks the last `frames` observations, oldest first; the first observation of an episode fills the whole stack. */
export function frameStack<A extends EnvSpec>(
  definition: EnvironmentDefinition<BoxSpec, A>,
  frames: number,
): EnvironmentDefinition<BoxSpec, A> {
  if (!Number.isSafeInteger(frames) || frames < 1) {
    throw new SkeinError('INPUT', `frameStack: expected a positive number of frames, got ${frames}`);
  }
  const { stateSize, observationSpec } = definition;
  const { size, low, high, shape, name, description } = observationSpec;
  const repeated = (bounds: Float64Array) => Array.from({ length: frames }, () => [...bounds]).flat();
  const frame = new Float32Array(size);
  /** Writes the newest observation to frame `i` of the row. */
  const keep = (state: Float64Array, at: number, i: number): void => {
    definition.observe(state, at, frame, 0);
    state.set(frame, at + stateSize + i * size);
  };
  return {
    ...definition,
    observationSpec: box(repeated(low), repeated(high), [frames, ...shape], { name, description }),
    stateSize: stateSize + frames * size,
    begin: (state, at, random) => {
      definition.begin(state, at, random);
      for (let i = 0; i < frames; i++) keep(state, at, i);
    },
    advance: (state, at, actions, actionAt, random) => {
      const reward = definition.advance(state, at, actions, actionAt, random);
      const stack = at + stateSize;
      state.copyWithin(stack, stack + size, stack + frames * size);
      keep(state, at, frames - 1);
      return reward;
    },
    observe: (state, at, out, outAt) => {
      for (let i = 0; i < frames * size; i++) out[outAt + i] = state[at + stateSize + i]!;
    },
  };
}
