/** Actions in bounds of one's choice: most algorithms expect [-1, 1]. */

import { type BoxSpec, box, SkeinError } from '@skein/core';
import type { EnvironmentDefinition, ObservationSpec } from '../env/definition.ts';

/** The bounds in which the agent acts. */
export interface RescaleOptions {
  readonly low?: number;
  readonly high?: number;
}

export const rescaleActionDefaults = { low: -1, high: 1 } as const satisfies RescaleOptions;

/** Maps actions in [low, high] linearly to the environment's bounds. Throws `INPUT` where those are infinite. */
export function rescaleAction<O extends ObservationSpec>(
  definition: EnvironmentDefinition<O, BoxSpec>,
  options: RescaleOptions = {},
): EnvironmentDefinition<O, BoxSpec> {
  const { low, high } = { ...rescaleActionDefaults, ...options };
  const { actionSpec, id } = definition;
  if (!(low < high)) throw new SkeinError('INPUT', `rescaleAction: expected low < high, got ${low} and ${high}`);
  if (![...actionSpec.low, ...actionSpec.high].every(Number.isFinite)) {
    throw new SkeinError('INPUT', `rescaleAction: expected finite action bounds, got infinite ones from ${id}`);
  }
  const { name, description, shape, size } = actionSpec;
  const rescaled = new Float32Array(size);
  return {
    ...definition,
    actionSpec: box(low, high, shape, { name, description }),
    advance: (state, at, actions, actionAt, random) => {
      for (let i = 0; i < size; i++) {
        const part = (actions[actionAt + i]! - low) / (high - low);
        rescaled[i] = actionSpec.low[i]! + part * (actionSpec.high[i]! - actionSpec.low[i]!);
      }
      return definition.advance(state, at, rescaled, 0, random);
    },
  };
}
