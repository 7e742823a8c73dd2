/** Rewards changed by a function: scaled, clipped, or only their sign. */

import type { EnvironmentDefinition, EnvSpec, ObservationSpec } from '../env/definition.ts';
import { withoutTable } from './without-table.ts';

/** Gives `change(reward)` instead of every reward. Returns and thresholds change with it. */
export function mapReward<O extends ObservationSpec, A extends EnvSpec>(
  definition: EnvironmentDefinition<O, A>,
  change: (reward: number) => number,
): EnvironmentDefinition<O, A> {
  return {
    ...withoutTable(definition),
    solvedAt: null,
    advance: (state, at, actions, actionAt, random) => change(definition.advance(state, at, actions, actionAt, random)),
  };
}
