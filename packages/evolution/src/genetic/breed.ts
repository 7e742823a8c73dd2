/** One generation of offspring: reproduction, mating, crossover, mutation. */

import type { Rng } from '@skein/core';
import { type Crossover, NO_SITES } from '../crossover/crossover.ts';
import { distanceIn } from '../encodings/diversity.ts';
import type { Domain } from '../encodings/encoding.ts';
import type { Mutation } from '../mutation/mutation.ts';
import { copyGenes, type Genes, type Population } from '../population.ts';
import type { Selection } from '../selection/selection.ts';
import type { Brood } from './brood.ts';

/** The operators that make offspring. */
export interface BreedingOperators<G extends Genes = Genes> {
  readonly selection: Selection;
  readonly crossover: Crossover<G>;
  readonly mutation: Mutation<G>;
  /** Chance that two mates cross over. */
  readonly crossoverRate: number;
}

/** How one generation was bred, for people to follow. */
export interface BreedingRecord {
  /** Parents in the order of the spins of the wheel: the mating pool. */
  readonly spins: Int32Array;
  /** The pool after shuffling: child i began as a copy of parent `mates[i]`; mates are neighbours 2k and 2k+1. */
  readonly mates: Int32Array;
  /** For each couple its crossover sites (index of the first gene after the cut), none if it did not cross. */
  readonly sites: readonly (readonly number[])[];
  /** Every gene that mutation changed. */
  readonly mutations: readonly {
    readonly child: number;
    readonly gene: number;
    readonly from: number;
    readonly to: number;
  }[];
}

/**
 * Fills `children` with offspring of `parents` and says how: the selection is asked for as many parents as there are
 * children, mates are drawn at random, couples cross over, every child mutates. Mutations are recorded if `trace`.
 */
export function breed<G extends Genes>(
  parents: Brood<G>,
  scores: Float64Array,
  children: Brood<G>,
  operators: BreedingOperators<G>,
  domain: Domain,
  rng: Rng,
  trace: boolean,
): BreedingRecord {
  const distance = distanceIn(parents.individuals.rows, domain);
  const spins = operators.selection.select(scores, children.individuals.size, rng, distance);
  const mates = rng.shuffle(spins.slice());
  copyParents(parents, mates, children);
  const sites = crossCouples(children, operators, domain, rng);
  const before = trace ? children.individuals.genes.slice() : null;
  mutateAll(children, operators.mutation, domain, rng);
  const mutations = before === null ? [] : differences(before, children.individuals);
  return { spins, mates, sites, mutations };
}

function copyParents<G extends Genes>(parents: Brood<G>, mates: Int32Array, children: Brood<G>): void {
  for (let i = 0; i < mates.length; i++) {
    copyGenes(parents.individuals.rows[mates[i]!] as G, children.individuals.rows[i] as G);
    if (children.strategies.length > 0) children.strategies.rows[i]!.set(parents.strategies.rows[mates[i]!]!);
  }
}

function crossCouples<G extends Genes>(
  { individuals, strategies }: Brood<G>,
  { crossover, crossoverRate }: BreedingOperators<G>,
  domain: Domain,
  rng: Rng,
): (readonly number[])[] {
  const sites: (readonly number[])[] = [];
  for (let i = 0; i + 1 < individuals.size; i += 2) {
    if (crossoverRate < 1 && rng.uniform() >= crossoverRate) {
      sites.push(NO_SITES);
      continue;
    }
    sites.push(crossover.cross(individuals.rows[i] as G, individuals.rows[i + 1] as G, domain, rng));
    if (strategies.length > 0) averageStrategies(strategies.rows[i]!, strategies.rows[i + 1]!);
  }
  return sites;
}

/** Mates that crossed give both children the geometric mean of their strategy parameters. */
function averageStrategies(a: Float64Array, b: Float64Array): void {
  for (let k = 0; k < a.length; k++) {
    a[k] = Math.sqrt(a[k]! * b[k]!);
    b[k] = a[k]!;
  }
}

function mutateAll<G extends Genes>(
  { individuals, strategies }: Brood<G>,
  mutation: Mutation<G>,
  domain: Domain,
  rng: Rng,
): void {
  for (let i = 0; i < individuals.size; i++) {
    mutation.mutate(individuals.rows[i] as G, domain, rng, strategies.rows[i] as Float64Array);
  }
}

function differences(before: Genes, { genes, length }: Population): BreedingRecord['mutations'][number][] {
  const found: BreedingRecord['mutations'][number][] = [];
  for (let k = 0; k < genes.length; k++) {
    if (genes[k] === before[k]) continue;
    found.push({ child: Math.floor(k / length), gene: k % length, from: before[k]!, to: genes[k]! });
  }
  return found;
}
