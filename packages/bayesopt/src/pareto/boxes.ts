/** The region that a Pareto front does not dominate, as disjoint boxes (all objectives minimised). */

import { type Objectives, paretoFront } from './pareto.ts';

/** A box of objectives. Its lower corner may be -Infinity. */
export interface ObjectiveBox {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/**
 * Disjoint boxes that cover what is below the reference point and not dominated by the candidates; by slabs along the last
 * objective (n of two objectives give n + 1 boxes, of three some n^2 / 2).
 */
export function nonDominatedBoxes(candidates: readonly Objectives[], reference: Objectives): ObjectiveBox[] {
  const inside = candidates.filter((c) => Array.from(c).every((v, i) => v < reference[i]!));
  return slabs(inside, reference, reference.length).map(({ lower, upper }) => ({
    lower: Float64Array.from(lower),
    upper: Float64Array.from(upper),
  }));
}

interface Box {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/** Boxes over the first `count` objectives. */
function slabs(candidates: readonly Objectives[], reference: Objectives, count: number): Box[] {
  const last = count - 1;
  if (count === 1) {
    return [{ lower: [-Infinity], upper: [candidates.reduce((low, c) => Math.min(low, c[0]!), reference[0]!)] }];
  }
  const front = paretoFront(candidates.map((c) => Array.from(c).slice(0, count))).map((i) => candidates[i]!);
  const sorted = front.toSorted((a, b) => a[last]! - b[last]!);
  const edges = [-Infinity, ...sorted.map((c) => c[last]!), reference[last]!];
  return edges.slice(1).flatMap((high, k) => {
    const low = edges[k]!;
    if (!(high > low)) return [];
    const below = slabs(sorted.slice(0, k), reference, last);
    return below.map(({ lower, upper }) => ({ lower: [...lower, low], upper: [...upper, high] }));
  });
}
