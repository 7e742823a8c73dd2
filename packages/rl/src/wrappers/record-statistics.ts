/** Return and length of every episode in `info.episode`, as Gymnasium's RecordEpisodeStatistics gives them. */

import type { EnvironmentDefinition, EnvSpec, ObservationSpec } from '../env/definition.ts';

/** Adds `episode: { r: return, l: length }` to the info of an episode's last step. The row gets both numbers. */
export function recordStatistics<O extends ObservationSpec, A extends EnvSpec>(
  definition: EnvironmentDefinition<O, A>,
): EnvironmentDefinition<O, A> {
  const { stateSize, stepLimit } = definition;
  const isOver = (state: Float64Array, at: number): boolean =>
    definition.isTerminal(state, at) || state[at + stateSize + 1]! >= (stepLimit ?? Infinity);
  return {
    ...definition,
    stateSize: stateSize + 2,
    begin: (state, at, random) => {
      definition.begin(state, at, random);
      state[at + stateSize] = 0;
      state[at + stateSize + 1] = 0;
    },
    advance: (state, at, actions, actionAt, random) => {
      const reward = definition.advance(state, at, actions, actionAt, random);
      state[at + stateSize]! += reward;
      state[at + stateSize + 1]! += 1;
      return reward;
    },
    info: (state, at) => ({
      ...definition.info?.(state, at),
      ...(isOver(state, at) ? { episode: { r: state[at + stateSize]!, l: state[at + stateSize + 1]! } } : {}),
    }),
  };
}
