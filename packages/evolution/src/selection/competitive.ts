/** Selections that use only the order of the scores: tournaments and truncation. */

import { SkeinError } from '@skein/core';
import { randomIntegers } from '../kernels/random.ts';
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
      const drawn = randomIntegers(count * size, scores.length, rng);
      const chosen = new Int32Array(count);
      for (let k = 0; k < count; k++) chosen[k] = winner(scores, drawn, k * size, size);
      return chosen;
    },
  };
}

/** The best of the individuals drawn[from .. from + size - 1]; of equal ones the first. */
function winner(scores: Float64Array, drawn: Int32Array, from: number, size: number): number {
  let best = drawn[from]!;
  for (let k = from + 1; k < from + size; k++) if (scores[drawn[k]!]! > scores[best]!) best = drawn[k]!;
  return best;
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
