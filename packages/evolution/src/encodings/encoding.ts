/**
 * An encoding says how a solution is written as genes: how many, within which limits, how to draw one at random, and
 * how to read it back. Operators see only genes and limits; fitness functions see only the decoded value.
 * Law: `decode(encode(v))` equals `v` for every value of the encoding.
 */

import type { Rng } from '@skein/core';
import type { Genes, Population } from '../population.ts';

/** What operators may know about genes. */
export interface Domain {
  /**
   * What a gene is. `symbols`: a letter of a finite alphabet. `integers`: an ordered number. `reals`: a real number.
   * `permutation`: all genes together order 0..L-1. `mixed`: a position in [0, 1] on a search dimension.
   */
  readonly kind: 'symbols' | 'integers' | 'reals' | 'permutation' | 'mixed';
  /** Number of genes L. */
  readonly length: number;
  /** Smallest and largest value of each gene, both included, [L]. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Per gene of a mixed encoding: how many values it can take if they are unordered categories, else 0. [L] */
  readonly categories?: Int32Array;
}

/** How a value of type `V` is written as genes. Make one with `bits`, `strings`, `integers`, `reals`, ... */
export interface Encoding<V = unknown, G extends Genes = Genes> extends Domain {
  /** For messages and tables: `bits(5)`. */
  readonly label: string;
  /** A zeroed array for `count` genes. */
  allocate(count: number): G;
  /** Fills one individual at random, uniformly over the encoding. */
  sample(genes: G, rng: Rng): void;
  /** The value that the genes stand for. May be a view of them: copy what you keep. */
  decode(genes: G): V;
  /** The genes of a value. Throws `INPUT` or `SHAPE` if it does not belong to the encoding. */
  encode(value: V): G;
  /** How different the individuals are: 0 when all are equal, about 1 for a population drawn at random. */
  diversity(population: Population<G>): number;
}

/** Limits that are the same for every gene. */
export function uniformLimits(length: number, low: number, high: number): Pick<Domain, 'low' | 'high'> {
  return { low: new Float64Array(length).fill(low), high: new Float64Array(length).fill(high) };
}
