/** Another time limit. */

import { SkeinError, show } from '@skein/core';
import type { EnvironmentDefinition, EnvSpec, ObservationSpec } from '../env/definition.ts';

/** Truncates episodes after `steps` steps, or never for null. Throws `INPUT` for what is no number of steps. */
export function timeLimit<O extends ObservationSpec, A extends EnvSpec>(
  definition: EnvironmentDefinition<O, A>,
  steps: number | null,
): EnvironmentDefinition<O, A> {
  if (steps !== null && (!Number.isSafeInteger(steps) || steps < 1)) {
    throw new SkeinError('INPUT', `timeLimit: expected a positive number of steps or null, got ${show(steps)}`);
  }
  return { ...definition, stepLimit: steps };
}
