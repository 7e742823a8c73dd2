/** Simulated binary crossover. */

import { type Rng, SkeinError } from '@skein/core';
import type { Domain } from '../encodings/encoding.ts';
import { drawKey } from '../kernels/random.ts';
import { type Numbers, workspaceOf } from '../kernels/workspace.ts';
import { gather, type Population, populationOf } from '../population.ts';
import { type Crossover, NO_SITES } from './crossover.ts';

/** What `sbx` takes. */
export interface SbxOptions {
  /** Distribution index: the larger, the closer the children stay to their parents. */
  readonly eta: number;
  /** Chance that a gene takes part. */
  readonly geneRate: number;
}
export const sbxDefaults: SbxOptions = { eta: 15, geneRate: 0.5 };

/**
 * Simulated binary crossover, bounded (Deb and Agrawal 1995; Deb's NSGA-II code): the children of x1 < x2 lie
 * symmetrically around the parents' mean, spread so that the bounds are never crossed. Children swap sides with
 * probability one half. On integers the results are rounded; categories are exchanged. The quantile that sets a gene's
 * spread has 31 random bits; the spread is computed in single precision, the children in double.
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
  // Even: blocks of couples begin with even counters.
  const most = 2 * Math.max(1, Math.floor(BLOCK_BYTES / (32 * length)));
  const groups = Math.ceil(length / 32);
  const [coinKey, spreadKey] = [drawKey(rng), drawKey(rng)];
  const space = workspaceOf(children.genes);
  const together = space.holds(children.genes) && space.holds(parents.genes);
  if (!together) gather(parents, mates, children);
  space.begin();
  const { kernels } = space;
  const limits = [space.copy(low), space.copy(high), categories === undefined ? 0 : space.copy(categories)] as const;
  const genes = space.place(children.genes);
  const [sources, flags] = [space.take(8 * most), space.take(most)];
  const coins = space.take(4 * groups * most);
  const list = space.take(8 * (length * most + 8) + 8 * length);
  for (let couple = 0, drawn = 0; 2 * couple < mates.length; couple += most) {
    const block = mates.subarray(2 * couple, 2 * (couple + most));
    const rows = genes + 16 * length * couple;
    space.i32.set(block, sources >> 2);
    // A block at a time, so that the genes are still in the fast caches when they are crossed.
    if (together) kernels.copyRows(parents.genes.byteOffset, sources, rows, 0, block.length, 8 * length);
    const couples = block.length >> 1;
    space.u8.set(crossing.subarray(couple, couple + couples), flags);
    kernels.coins(coins, couples, length, geneRate, ...coinKey, groups * couple);
    const shape = [couples, length, coins, list, ...limits, rounded, eta] as const;
    drawn += (kernels.sbx(rows, flags, ...shape, ...spreadKey, drawn) + 1) >> 1;
  }
  space.fetch(children.genes, genes);
}
