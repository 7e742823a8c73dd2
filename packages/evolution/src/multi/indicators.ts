/** Quality of a set of objective vectors. All objectives are minimised. */

import { SkeinError } from '@skein/core';

/**
 * The hypervolume: the measure of what the points dominate, up to the reference point, which must be worse than every
 * point that should count. Exact; n log n for two objectives, by slices along the last objective for more.
 */
export function hypervolume(points: readonly ArrayLike<number>[], reference: ArrayLike<number>): number {
  const wrong = points.find((point) => point.length !== reference.length);
  if (wrong !== undefined) {
    throw new SkeinError('SHAPE', `hypervolume: expected ${reference.length} objectives, got ${wrong.length}`);
  }
  const inside = points.filter((p) => Array.from(p).every((x, m) => x < reference[m]!));
  return volume(
    inside.map((p) => Array.from(p)),
    Array.from(reference),
  );
}

function volume(points: readonly number[][], reference: readonly number[]): number {
  const last = reference.length - 1;
  if (points.length === 0) return 0;
  if (last === 0) return reference[0]! - Math.min(...points.map((p) => p[0]!));
  if (last === 1) return area(points, reference);
  const sorted = points.toSorted((a, b) => a[last]! - b[last]!);
  let total = 0;
  for (let k = 0; k < sorted.length; k++) {
    const thickness = (sorted[k + 1]?.[last] ?? reference[last]!) - sorted[k]![last]!;
    if (thickness > 0) {
      const slice = sorted.slice(0, k + 1).map((p) => p.slice(0, last));
      total += thickness * volume(slice, reference.slice(0, last));
    }
  }
  return total;
}

function area(points: readonly number[][], [refX, refY]: readonly number[]): number {
  let total = 0;
  let lowest = refY!;
  for (const [x, y] of points.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!)) {
    if (y! >= lowest) continue;
    total += (refX! - x!) * (lowest - y!);
    lowest = y!;
  }
  return total;
}

/** Inverted generational distance: mean distance from the points of the true front to the nearest found point. */
export function invertedGenerationalDistance(
  found: readonly ArrayLike<number>[],
  front: readonly ArrayLike<number>[],
): number {
  const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.hypot(...Array.from(a, (x, m) => x - b[m]!));
  const sum = front.reduce((total, ideal) => total + Math.min(...found.map((point) => distance(point, ideal))), 0);
  return sum / front.length;
}
