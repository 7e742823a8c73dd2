/** Selections that use only the order of the scores: tournaments and truncation. */

import { SkeinError } from '@skein/core';
import { drawIntegers, randomIntegers } from '../kernels/random.ts';
import { workspace } from '../kernels/workspace.ts';
import { descending } from '../population.ts';
import type { Selection } from './selection.ts';

/**
 * Every parent is the best of `size` individuals drawn with replacement, default 2. The individual with r better ones
 * among N is expected N * (((N - r) / N)^size - ((N - r - 1) / N)^size) times.
 */
export function tournament(size = 2): Selection {
  if (!Number.isInteger(size) || size < 1) {
    throw new SkeinError('INPUT', `tournament(size): expected a positive integer, got ${size}`);
  }
  return {
    label: `tournament(${size})`,
    select: (scores, count, rng) => {
      const space = workspace();
      const [all, out] = [space.copy(scores), space.take(4 * count)];
      const drawn = drawIntegers(space, count * size, scores.length, rng);
      space.kernels.winners(all, drawn, count, size, out);
      return space.integers(out, count);
    },
  };
}

/** Only the best `fraction` (in (0, 1], default 0.5) reproduce, each equally often. */
export function truncation(fraction = 0.5): Selection {
  if (!(fraction > 0 && fraction <= 1)) {
    throw new SkeinError('INPUT', `truncation(fraction): expected a number in (0, 1], got ${fraction}`);
  }
  return {
    label: `truncation(${fraction})`,
    select: (scores, count) => {
      const kept = descending(scores).subarray(0, Math.max(1, Math.round(fraction * scores.length)));
      return Int32Array.from({ length: count }, (_, k) => kept[k % kept.length] as number);
    },
  };
}

/** Every individual is drawn with the same chance, whatever its score: for strategies that select among survivors. */
export function anyone(): Selection {
  return {
    label: 'anyone',
    select: (scores, count, rng) => randomIntegers(count, scores.length, rng),
  };
}
