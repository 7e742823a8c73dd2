/** Individuals with the strategy parameters that self-adaptive mutations attach to them. */

import type { Encoding } from '../encodings/encoding.ts';
import { Workspace } from '../kernels/workspace.ts';
import { type Genes, gather, type Population, populationOf } from '../population.ts';

/** `size` individuals. */
export interface Brood<G extends Genes = Genes> {
  readonly individuals: Population<G>;
  /** Strategy parameters, [size, K]; K is 0 for most mutations. */
  readonly strategies: Population<Float64Array>;
}

/** A brood as plain data. */
export interface StoredBrood<G extends Genes = Genes> {
  readonly size: number;
  /** [size, L] */
  readonly genes: G;
  /** [size, K] */
  readonly strategies: Float64Array;
}

/** A brood over given arrays. */
export function broodOf<G extends Genes>({ size, genes, strategies }: StoredBrood<G>): Brood<G> {
  return { individuals: populationOf(genes, size), strategies: populationOf(strategies, size) };
}

/** Copies of the brood's arrays. */
export function storedBrood<G extends Genes>({ individuals, strategies }: Brood<G>): StoredBrood<G> {
  return { size: individuals.size, genes: individuals.genes.slice() as G, strategies: strategies.genes.slice() };
}

/** A generation of survivors. */
export interface Survivors<G extends Genes = Genes> {
  readonly brood: Brood<G>;
  /** Index of each survivor among the parents (0..N-1) and the children (N, ...), in the order of the brood. */
  readonly indices: Int32Array;
  /** The brood that is not used any more. */
  readonly free: Brood<G>;
}

/**
 * Brings the survivors together: among parents or children, whoever has more of them, in the places of those who die. So
 * at most half of the population is copied, and nothing when all children replace their parents.
 */
export function gatherSurvivors<G extends Genes>(
  parents: Brood<G>,
  children: Brood<G>,
  survivors: Int32Array,
): Survivors<G> {
  const size = parents.individuals.size;
  let born = 0;
  for (let k = 0; k < size; k++) if (survivors[k]! >= size) born++;
  const staying = children.individuals.size === size && 2 * born > size ? children : parents;
  const first = staying === children ? size : 0;
  const indices = new Int32Array(size).fill(-1);
  const moving = new Int32Array(size);
  let movers = 0;
  for (let k = 0; k < size; k++) {
    const place = survivors[k]! - first;
    if (place < 0 || place >= size || indices[place] !== -1) moving[movers++] = survivors[k]!;
    else indices[place] = survivors[k]!;
  }
  const places = freePlaces(indices);
  for (let k = 0; k < movers; k++) indices[places[k]!] = moving[k]!;
  copyMembers(parents, 0, moving, staying, places);
  copyMembers(children, size, moving, staying, places);
  return { brood: staying, indices, free: staying === children ? parents : children };
}

/** Where -1 stands. Without branches: processors could not foretell them. */
function freePlaces(indices: Int32Array): Int32Array {
  const places = new Int32Array(indices.length + 1);
  let count = 0;
  for (let place = 0; place < indices.length; place++) {
    places[count] = place;
    count += indices[place]! >>> 31;
  }
  return places.subarray(0, count);
}

/** Copies those of the individuals `moving` that are in a brood, whose first one has the index `first`, to their places. */
function copyMembers<G extends Genes>(
  from: Brood<G>,
  first: number,
  moving: Int32Array,
  to: Brood<G>,
  places: Int32Array,
): void {
  const { size } = from.individuals;
  const [sources, targets] = [new Int32Array(places.length), new Int32Array(places.length)];
  let count = 0;
  for (let k = 0; k < places.length; k++) {
    const i = moving[k]! - first;
    if (i < 0 || i >= size) continue;
    sources[count] = i;
    targets[count++] = places[k]!;
  }
  if (count === 0) return;
  const [own, theirs] = [sources.subarray(0, count), targets.subarray(0, count)];
  gather(from.individuals, own, to.individuals, theirs);
  if (to.strategies.length > 0) gather(from.strategies, own, to.strategies, theirs);
}

/** Numbers in a population from which on it gets memory of its own, which takes some tenths of a millisecond. */
const LARGE = 8192;

/**
 * Two empty broods of these sizes with `strategies` parameters an individual. Large ones of real numbers lie where kernels
 * find them (`Workspace.settle`).
 */
export function emptyBroods<G extends Genes>(
  encoding: Encoding<unknown, G>,
  sizes: readonly [number, number],
  strategies: number,
): [Brood<G>, Brood<G>] {
  const { length } = encoding;
  const [first, second] = sizes.map((size) => size * length) as [number, number];
  const real = encoding.allocate(0) instanceof Float64Array;
  const genes = real && first + second >= LARGE ? settled([first, second], Math.max(...sizes), length) : null;
  const broodAt = (k: 0 | 1): Brood<G> =>
    broodOf({
      size: sizes[k],
      genes: (genes?.[k] ?? encoding.allocate(sizes[k] * length)) as G,
      strategies: new Float64Array(sizes[k] * strategies),
    });
  return [broodAt(0), broodAt(1)];
}

/** Arrays in memory of their own, with the operands that kernels need for `size` individuals of `length` genes. */
function settled(lengths: readonly number[], size: number, length: number): Float64Array[] {
  return new Workspace().settle(lengths, 16 * size + 64 * length + 32_768);
}
