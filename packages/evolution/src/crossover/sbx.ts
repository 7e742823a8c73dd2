/** Simulated binary crossover. */

import { type Rng, SkeinError } from '@skein/core';
import type { Domain } from '../encodings/encoding.ts';
import { workspace } from '../kernels/module.ts';
import { drawKey } from '../kernels/random.ts';
import { type Population, populationOf } from '../population.ts';
import { type Crossover, NO_SITES } from './crossover.ts';

/** What `sbx` takes. */
export interface SbxOptions {
  /** Distribution index: the larger, the closer the children stay to their parents. */
  readonly eta: number;
  /** Chance that a gene takes part. */
  readonly geneRate: number;
}
export const sbxDefaults: SbxOptions = { eta: 15, geneRate: 0.5 };

type Numbers = Float64Array | Int32Array;

/**
 * Simulated binary crossover, bounded (Deb and Agrawal 1995; Deb's NSGA-II code): the children of x1 < x2 lie
 * symmetrically around the parents' mean, spread so that the bounds are never crossed. Children swap sides with
 * probability one half. On integers the results are rounded; categories are exchanged. The quantile that sets a gene's
 * spread has 31 random bits; how far the spread is from 1 is computed in single precision, the child in double.
 */
export function sbx(given: Partial<SbxOptions> = {}): Crossover<Numbers> {
  const options = { ...sbxDefaults, ...given };
  const { eta, geneRate } = options;
  if (!(eta >= 0)) throw new SkeinError('INPUT', `sbx(eta): expected a number that is not negative, got ${eta}`);
  if (!(geneRate >= 0 && geneRate <= 1)) {
    throw new SkeinError('INPUT', `sbx(geneRate): expected a number in [0, 1], got ${geneRate}`);
  }
  return {
    label: `sbx(${eta})`,
    cross: (a, b, domain, rng) => {
      const parents = populationOf(new Float64Array(2 * domain.length), 2);
      parents.rows[0]!.set(a);
      parents.rows[1]!.set(b);
      const couple = populationOf(new Float64Array(2 * domain.length), 2);
      crossAll(parents, Int32Array.of(0, 1), Uint8Array.of(1), couple, domain, rng, options);
      a.set(couple.rows[0]!);
      b.set(couple.rows[1]!);
      return NO_SITES;
    },
    crossAll: (...args) => crossAll(...args, options),
  };
}

/** Bytes of genes in a block: with all that belongs to them they stay in the fast caches. */
const BLOCK_BYTES = 16_384;

function crossAll(
  parents: Population<Numbers>,
  mates: Int32Array,
  crossing: Uint8Array,
  children: Population<Numbers>,
  domain: Domain,
  rng: Rng,
  { eta, geneRate }: SbxOptions,
): void {
  const { length, low, high, categories } = domain;
  const rounded = domain.kind === 'integers';
  const most = Math.max(1, Math.floor(BLOCK_BYTES / (16 * length)));
  const groups = Math.ceil(length / 32);
  const [coinKey, spreadKey] = [drawKey(rng), drawKey(rng)];
  const space = workspace();
  const { kernels } = space;
  const limits = [space.copy(low), space.copy(high), categories === undefined ? 0 : space.copy(categories)] as const;
  const rows = space.take(16 * length * most);
  const flags = space.take(most);
  const coins = space.take(8 * groups * most);
  const list = space.take(16 * (length * most + 4) + 8 * length);
  for (let couple = 0, drawn = 0; 2 * couple < mates.length; couple += most) {
    const block = mates.subarray(2 * couple, 2 * (couple + most));
    for (let i = 0; i < block.length; i++) space.f64.set(parents.rows[block[i]!]!, (rows >> 3) + i * length);
    const couples = block.length >> 1;
    space.u8.set(crossing.subarray(couple, couple + couples), flags);
    kernels.coins(coins, couples, length, geneRate, ...coinKey, groups * couple);
    const shape = [couples, length, coins, list, ...limits, rounded, eta] as const;
    drawn += (kernels.sbx(rows, flags, ...shape, ...spreadKey, drawn) + 1) >> 1;
    children.genes.set(space.numbers(rows, block.length * length), 2 * couple * length);
  }
}
