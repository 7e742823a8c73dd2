/** Individuals with the strategy parameters that self-adaptive mutations attach to them. */

import { copyIndividual, type Genes, type Population, populationOf } from '../population.ts';

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

/** The brood's arrays, not copied. */
export function storedBrood<G extends Genes>({ individuals, strategies }: Brood<G>): StoredBrood<G> {
  return { size: individuals.size, genes: individuals.genes, strategies: strategies.genes };
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
  for (let k = 0, place = 0; k < movers; k++, place++) {
    while (indices[place] !== -1) place++;
    const i = moving[k]!;
    indices[place] = i;
    if (i < size) copyMember(parents, i, staying, place);
    else copyMember(children, i - size, staying, place);
  }
  return { brood: staying, indices, free: staying === children ? parents : children };
}

function copyMember<G extends Genes>(from: Brood<G>, i: number, to: Brood<G>, k: number): void {
  copyIndividual(from.individuals, i, to.individuals, k);
  if (to.strategies.length > 0) copyIndividual(from.strategies, i, to.strategies, k);
}
