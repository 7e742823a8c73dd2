/** Several objectives at once, all minimised: dominance, the Pareto front and the volume that it dominates. */

import { SkeinError } from '@skein/core';

/** Values of the objectives of one candidate. */
export type Objectives = ArrayLike<number>;

/** True if `a` is nowhere worse than `b` and somewhere better. */
export function dominates(a: Objectives, b: Objectives): boolean {
  let better = false;
  for (let i = 0; i < a.length; i++) {
    if (a[i]! > b[i]!) return false;
    if (a[i]! < b[i]!) better = true;
  }
  return better;
}

/** Indices of the candidates that no other dominates, in order. Of equal candidates all stay. */
export function paretoFront(candidates: readonly Objectives[]): number[] {
  const byFirst = [...candidates.keys()].sort((a, b) => compareObjectives(candidates[a]!, candidates[b]!));
  const front: number[] = [];
  // In this order nothing later dominates anything earlier.
  for (const i of byFirst) if (!front.some((j) => dominates(candidates[j]!, candidates[i]!))) front.push(i);
  return front.sort((a, b) => a - b);
}

function compareObjectives(a: Objectives, b: Objectives): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/**
 * Volume of the region that the candidates dominate, up to the reference point. Candidates beyond it in any objective
 * count nothing. Exact, by slicing along the last objective: fast for two and three objectives.
 */
export function hypervolume(candidates: readonly Objectives[], reference: Objectives): number {
  const wrong = candidates.findIndex((c) => c.length !== reference.length);
  if (wrong >= 0) {
    throw new SkeinError(
      'SHAPE',
      `candidates[${wrong}]: expected ${reference.length} objectives, got ${candidates[wrong]!.length}`,
    );
  }
  const inside = candidates.filter((c) => Array.from(c).every((v, i) => v < reference[i]!));
  return slicedVolume(inside, reference, reference.length);
}

/** Volume over the first `count` objectives. */
function slicedVolume(candidates: readonly Objectives[], reference: Objectives, count: number): number {
  if (candidates.length === 0) return 0;
  if (count === 1) return reference[0]! - Math.min(...candidates.map((c) => c[0]!));
  if (count === 2) return sweptArea(candidates, reference);
  const last = count - 1;
  const sorted = candidates.toSorted((a, b) => a[last]! - b[last]!);
  let volume = 0;
  for (let i = 0; i < sorted.length; i++) {
    const top = sorted[i + 1]?.[last] ?? reference[last]!;
    const height = top - sorted[i]![last]!;
    if (height > 0) volume += height * slicedVolume(sorted.slice(0, i + 1), reference, last);
  }
  return volume;
}

function sweptArea(candidates: readonly Objectives[], reference: Objectives): number {
  const sorted = candidates.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
  let area = 0;
  let lowest = reference[1]!;
  for (const c of sorted) {
    if (c[1]! >= lowest) continue;
    area += (reference[0]! - c[0]!) * (lowest - c[1]!);
    lowest = c[1]!;
  }
  return area;
}

/**
 * Augmented Chebyshev scalarisation of ParEGO (Knowles 2006): the largest weighted objective plus a twentieth of their
 * sum, over objectives scaled to [0, 1] across the candidates. Any point of the front is the minimum for some weights.
 */
export function chebyshev(candidates: readonly Objectives[], weights: ArrayLike<number>): number[] {
  const ranges = Array.from(weights, (_, i) => {
    const column = candidates.map((c) => c[i]!);
    const low = Math.min(...column);
    return { low, span: Math.max(...column) - low || 1 };
  });
  return candidates.map((c) => {
    const parts = ranges.map(({ low, span }, i) => (weights[i]! * (c[i]! - low)) / span);
    return Math.max(...parts) + 0.05 * parts.reduce((a, b) => a + b, 0);
  });
}
