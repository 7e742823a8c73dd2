/** One generation of offspring: reproduction, mating, crossover, mutation. */

import type { Rng } from '@skein/core';
import { type Crossover, NO_SITES } from '../crossover/crossover.ts';
import { distanceIn } from '../encodings/diversity.ts';
import type { Domain } from '../encodings/encoding.ts';
import { shuffled, uniforms } from '../kernels/random.ts';
import type { Mutation } from '../mutation/mutation.ts';
import { type Genes, gather, type Population } from '../population.ts';
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
  const distance = distanceIn((i) => parents.individuals.rows[i] as G, domain);
  const spins = operators.selection.select(scores, children.individuals.size, rng, distance);
  const mates = shuffled(spins, rng);
  const sites = mate(parents, mates, children, operators, domain, rng);
  const before = trace ? children.individuals.genes.slice() : null;
  mutateAll(children, operators.mutation, domain, rng);
  const mutations = before === null ? [] : differences(before, children.individuals);
  return { spins, mates, sites, mutations };
}

/** Makes every child a copy of its parent and crosses the couples. */
function mate<G extends Genes>(
  parents: Brood<G>,
  mates: Int32Array,
  children: Brood<G>,
  { crossover, crossoverRate }: BreedingOperators<G>,
  domain: Domain,
  rng: Rng,
): (readonly number[])[] {
  const couples = mates.length >> 1;
  const crossing = chances(couples, crossoverRate, rng);
  if (children.strategies.length > 0) mateStrategies(parents.strategies, mates, crossing, children.strategies);
  const sites = new Array<readonly number[]>(couples).fill(NO_SITES);
  if (crossover.crossAll !== undefined) {
    crossover.crossAll(parents.individuals, mates, crossing, children.individuals, domain, rng);
    return sites;
  }
  gather(parents.individuals, mates, children.individuals);
  const { rows } = children.individuals;
  for (let k = 0; k < couples; k++) {
    if (crossing[k] === 1) sites[k] = crossover.cross(rows[2 * k] as G, rows[2 * k + 1] as G, domain, rng);
  }
  return sites;
}

/** `count` times 1 with probability `rate`, else 0. */
function chances(count: number, rate: number, rng: Rng): Uint8Array {
  const results = new Uint8Array(count);
  if (rate >= 1) return results.fill(1);
  const drawn = uniforms(count, rng);
  for (let k = 0; k < count; k++) if (drawn[k]! < rate) results[k] = 1;
  return results;
}

/** Strategy parameters are inherited; mates that cross give both children the geometric mean of theirs. */
function mateStrategies(
  parents: Population<Float64Array>,
  mates: Int32Array,
  crossing: Uint8Array,
  children: Population<Float64Array>,
): void {
  gather(parents, mates, children);
  crossing.forEach((crosses, couple) => {
    const [a, b] = [children.rows[2 * couple]!, children.rows[2 * couple + 1]!];
    for (let k = 0; k < a.length && crosses === 1; k++) {
      a[k] = Math.sqrt(a[k]! * b[k]!);
      b[k] = a[k]!;
    }
  });
}

function mutateAll<G extends Genes>(
  { individuals, strategies }: Brood<G>,
  mutation: Mutation<G>,
  domain: Domain,
  rng: Rng,
): void {
  if (mutation.wholePopulation) {
    mutation.mutate(individuals.genes, domain, rng, strategies.genes);
    return;
  }
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
