/** Niching: keeping several optima alive in one population. */

import { SkeinError } from '@skein/core';
import { stochasticUniversal, weightsOf } from '../selection/proportional.ts';
import type { Selection } from '../selection/selection.ts';
import type { Survival } from './survival.ts';

/** What `sharing` takes. */
export interface SharingOptions {
  /** Individuals closer than this share fitness; distances are in [0, 1]. */
  readonly radius: number;
  /** Shape of the sharing function 1 - (distance/radius)^alpha, default 1. */
  readonly alpha: number;
  /** Selection that works on the shared fitness. */
  readonly selection: Selection;
}
export const sharingDefaults: SharingOptions = { radius: 0.1, alpha: 1, selection: stochasticUniversal() };

/**
 * Fitness sharing (Goldberg and Richardson 1987): a score above the worst is divided by the number of neighbours,
 * counted by nearness, before the selection sees it. Costs N^2 distances a generation.
 */
export function sharing(given: Partial<SharingOptions> = {}): Selection {
  const { radius, alpha, selection } = { ...sharingDefaults, ...given };
  if (!(radius > 0)) throw new SkeinError('INPUT', `sharing(radius): expected a positive number, got ${radius}`);
  return {
    label: `sharing(${radius}, ${selection.label})`,
    select: (scores, count, rng, distance) => {
      const weights = weightsOf(scores, 'window');
      const shared = weights.map((weight, i) => {
        let niche = 0;
        for (let j = 0; j < weights.length; j++) {
          const d = distance(i, j);
          if (d < radius) niche += 1 - (d / radius) ** alpha;
        }
        return weight / niche;
      });
      return selection.select(shared, count, rng, distance);
    },
  };
}

/**
 * Deterministic crowding (Mahfoud 1995): the two children of a couple are matched with the parents they resemble, and
 * a child takes its parent's place if it is better. Use it with `selection: truncation(1)`, which lets every
 * individual mate once a generation.
 */
export function crowding(): Survival {
  return {
    label: 'crowding',
    offspring: (size) => size,
    survive: ({ size, scores, parentOf, distance }) => {
      const occupant = Int32Array.from({ length: size }, (_, i) => i);
      const compete = (child: number, parent: number) => {
        if (scores[size + child]! > scores[occupant[parent]!]!) occupant[parent] = size + child;
      };
      for (let c = 0; c + 1 < parentOf.length; c += 2) {
        const [p, q] = [parentOf[c]!, parentOf[c + 1]!];
        const straight = distance(p, size + c) + distance(q, size + c + 1);
        const crossed = distance(q, size + c) + distance(p, size + c + 1);
        compete(c, straight <= crossed ? p : q);
        compete(c + 1, straight <= crossed ? q : p);
      }
      return occupant;
    },
  };
}
