/**
 * Sticky actions (Machado et al., "Revisiting the Arcade Learning Environment", 2018): with some probability the last
 * action is repeated instead of the new one, so that a memorised sequence of actions does not work. The random number
 * comes from the environment's stream before its own, as in Gymnasium.
 */

import { SkeinError } from '@skein/core';
import type { EnvironmentDefinition, EnvSpec, ObservationSpec } from '../env/definition.ts';
import { actionArray } from '../env/vector-env.ts';
import { withoutTable } from './without-table.ts';

/** Repeats the last action with probability `probability`. The row gets 1 if there is a last action, and that action. */
export function stickyActions<O extends ObservationSpec, A extends EnvSpec>(
  definition: EnvironmentDefinition<O, A>,
  probability: number,
): EnvironmentDefinition<O, A> {
  if (!(probability >= 0 && probability < 1)) {
    throw new SkeinError('INPUT', `stickyActions: expected a probability in [0, 1), got ${probability}`);
  }
  const { stateSize, actionSpec } = definition;
  const { size } = actionSpec;
  const taken = actionArray(actionSpec, 1);
  return {
    ...withoutTable(definition),
    stateSize: stateSize + 1 + size,
    begin: (state, at, random) => {
      definition.begin(state, at, random);
      state.fill(0, at + stateSize, at + stateSize + 1 + size);
    },
    advance: (state, at, actions, actionAt, random) => {
      const last = at + stateSize;
      const repeats = state[last] === 1 && random.random() < probability;
      for (let i = 0; i < size; i++) taken[i] = repeats ? state[last + 1 + i]! : actions[actionAt + i]!;
      state[last] = 1;
      for (let i = 0; i < size; i++) state[last + 1 + i] = taken[i]!;
      return definition.advance(state, at, taken, 0, random);
    },
  };
}
