/** Observations as rows of a table: integers as they are, several integers in mixed radix. */

import { SkeinError } from '@skein/core';
import type { EnvironmentDefinition } from '../env/definition.ts';

/** Numbers the observations of an environment. */
export interface StateIndex {
  readonly states: number;
  /** The number of observation `row` of `observations`. */
  of(observations: Float32Array, row: number): number;
}

/** The numbering of a definition's observations. Throws `CONFIG` for observations of real numbers. */
export function stateIndex({ id, observationSpec: spec }: EnvironmentDefinition): StateIndex {
  switch (spec.kind) {
    case 'discrete':
      return { states: spec.n, of: (observations, row) => observations[row]! - spec.start };
    case 'multiDiscrete':
      return {
        states: spec.counts.reduce((product, n) => product * n, 1),
        of: (observations, row) =>
          spec.counts.reduce((index, n, i) => index * n + observations[row * spec.size + i]!, 0),
      };
    case 'box':
      throw new SkeinError('CONFIG', `env: expected one whose observations are integers, got ${id} (real numbers)`, {
        advice: 'wrap it with binned(), or use an algorithm with a network',
      });
    default:
      return spec satisfies never;
  }
}
