/**
 * Populations are typed arrays, one individual after the other.
 * Notation. N: individuals. L: genes of one individual. genes [N, L] row-major. rows[i]: view of individual i, [L].
 */

import { workspace, workspaceOf } from './kernels/workspace.ts';

/** The arrays that hold genes: symbols of an alphabet, integers, or real numbers. */
export type Genes = Uint8Array | Int32Array | Float64Array;

/** `size` individuals of `length` genes. */
export interface Population<G extends Genes = Genes> {
  readonly size: number;
  readonly length: number;
  /** All genes, [size, length] row-major. */
  readonly genes: G;
  /** One view of `genes` an individual, each [length]: writing a row writes `genes`. */
  readonly rows: readonly G[];
}

/** A population whose individuals have been evaluated. */
export interface Evaluated<G extends Genes = Genes> extends Population<G> {
  /** Objective value of each individual, as the caller told it, [size]. */
  readonly fitness: Float64Array;
}

/** A population of `size` individuals over existing genes, [size, length] row-major. */
export function populationOf<G extends Genes>(genes: G, size: number): Population<G> {
  const length = genes.length / size;
  const rows = Array.from({ length: size }, (_, i) => genes.subarray(i * length, (i + 1) * length) as G);
  return { size, length, genes, rows };
}

/**
 * Copies the individuals `sources` of `from` over the rows `targets` of `to`, by default its first ones in order. No
 * target is a source of the same call.
 */
export function gather<G extends Genes>(
  from: Population<G>,
  sources: Int32Array,
  to: Population<G>,
  targets?: Int32Array,
): void {
  const space = workspaceOf(to.genes);
  if (space.holds(to.genes) && space.holds(from.genes)) {
    const all = space.copyIntegers(sources);
    const places = targets === undefined ? 0 : space.copyIntegers(targets);
    const [first, over] = [from.genes.byteOffset, to.genes.byteOffset];
    space.kernels.copyRows(first, all, over, places, sources.length, 8 * from.length);
    return;
  }
  for (let i = 0; i < sources.length; i++) copyIndividual(from, sources[i]!, to, targets?.[i] ?? i);
}

/** Copies individual i of `from` over individual k of `to`: short ones in a loop, which costs less than a call of `set`. */
function copyIndividual<G extends Genes>(from: Population<G>, i: number, to: Population<G>, k: number): void {
  const { length } = from;
  if (length > 64) {
    (to.rows[k] as G).set(from.rows[i] as G);
    return;
  }
  const [source, target] = [from.genes, to.genes];
  for (let at = i * length, end = at + length, j = k * length; at < end; at++, j++) target[j] = source[at]!;
}

/** Index of the best value: the largest if `maximise`, else the smallest. Ties go to the first. */
export function bestIndex(fitness: ArrayLike<number>, maximise: boolean): number {
  let best = 0;
  for (let i = 1; i < fitness.length; i++) {
    const better = maximise ? fitness[i]! > fitness[best]! : fitness[i]! < fitness[best]!;
    if (better) best = i;
  }
  return best;
}

/** Indices 0..n-1 from the highest score to the lowest. Ties keep their order. */
export function descending(scores: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i);
  return order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
}

/**
 * Indices of the `count` highest scores, in the order of the indices; of equal scores the first ones. Linear in
 * their number: a selection finds the lowest score that is still in.
 */
export function highest(scores: Float64Array, count: number): Int32Array {
  const n = scores.length;
  if (count >= n) return Int32Array.from({ length: n }, (_, i) => i);
  if (count <= 0) return new Int32Array(0);
  const space = workspace();
  const [copy, scratch, out] = [space.copy(scores), space.take(8 * n), space.take(4 * (count + 1))];
  space.kernels.highest(copy, n, count, scratch, out);
  return space.integers(out, count);
}
