/** Actions clipped to the environment's bounds before it sees them, for environments that do not clip themselves. */

import type { BoxSpec } from '@skein/core';
import type { EnvironmentDefinition, ObservationSpec } from '../env/definition.ts';

/** Clips every number of an action to its bounds. */
export function clipAction<O extends ObservationSpec>(
  definition: EnvironmentDefinition<O, BoxSpec>,
): EnvironmentDefinition<O, BoxSpec> {
  const { low, high, size } = definition.actionSpec;
  const clipped = new Float32Array(size);
  return {
    ...definition,
    advance: (state, at, actions, actionAt, random) => {
      for (let i = 0; i < size; i++) clipped[i] = Math.min(Math.max(actions[actionAt + i]!, low[i]!), high[i]!);
      return definition.advance(state, at, clipped, 0, random);
    },
  };
}
