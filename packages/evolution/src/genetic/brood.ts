/** Individuals with the strategy parameters that self-adaptive mutations attach to them. */

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

/** The brood's arrays, not copied. */
export function storedBrood<G extends Genes>({ individuals, strategies }: Brood<G>): StoredBrood<G> {
  return { size: individuals.size, genes: individuals.genes, strategies: strategies.genes };
}

/** Copies the individuals `indices` of parents (0..N-1) and children (N, ...) into `to`. */
export function gatherBrood<G extends Genes>(
  parents: Brood<G>,
  children: Brood<G>,
  indices: Int32Array,
  to: Brood<G>,
): void {
  const pick = <H extends Genes>(a: Population<H>, b: Population<H>): Population<H> => ({
    ...a,
    rows: [...a.rows, ...b.rows],
  });
  gather(pick(parents.individuals, children.individuals), indices, to.individuals);
  if (to.strategies.length > 0) gather(pick(parents.strategies, children.strategies), indices, to.strategies);
}
