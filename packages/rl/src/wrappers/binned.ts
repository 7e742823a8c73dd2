/** Real observations as integers, so that tabular methods can learn from them. */

import { type BoxSpec, type MultiDiscreteSpec, multiDiscrete, SkeinError } from '@skein/core';
import type { EnvironmentDefinition, EnvSpec } from '../env/definition.ts';

/** How `binned` divides each number of an observation. */
export interface BinnedOptions {
  /** Number of equal parts of each number's range. */
  readonly bins: readonly number[];
  /** Ranges; default: the bounds of the observation spec. Values beyond them belong to the outermost parts. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
}

/** Observations as the parts that their numbers fall into. Throws `INPUT` where a range is infinite and none is given. */
export function binned<A extends EnvSpec>(
  definition: EnvironmentDefinition<BoxSpec, A>,
  options: BinnedOptions,
): EnvironmentDefinition<MultiDiscreteSpec, A> {
  const { observationSpec } = definition;
  const { size, name, description } = observationSpec;
  const { bins, low = [...observationSpec.low], high = [...observationSpec.high] } = options;
  checkLengths(size, { bins, low, high });
  const infinite = low.findIndex((value, i) => !(Number.isFinite(value) && Number.isFinite(high[i]!)));
  if (infinite >= 0) {
    throw new SkeinError('INPUT', `binned: expected a finite range for number ${infinite}, got an infinite one`, {
      advice: 'give low and high',
    });
  }
  const seen = new Float32Array(size);
  return {
    ...definition,
    observationSpec: multiDiscrete(bins, { name, description: `parts of: ${description}` }),
    observe: (state, at, out, outAt) => {
      definition.observe(state, at, seen, 0);
      for (let i = 0; i < size; i++) {
        const part = Math.floor(((seen[i]! - low[i]!) / (high[i]! - low[i]!)) * bins[i]!);
        out[outAt + i] = Math.min(Math.max(part, 0), bins[i]! - 1);
      }
    },
  };
}

function checkLengths(size: number, lists: Readonly<Record<string, readonly number[]>>): void {
  for (const [name, list] of Object.entries(lists)) {
    if (list.length === size) continue;
    throw new SkeinError('SHAPE', `binned: expected ${size} numbers in ${name}, got ${list.length}`);
  }
}
