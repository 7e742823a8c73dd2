/**
 * The coordinates in which strategies for real numbers search. With an encoding, every gene's range is mapped to
 * [0, 1], so that one step size fits all, and points outside are folded back smoothly; without one, coordinates are the
 * genes themselves and nothing is bounded.
 */

import { type Rng, SkeinError } from '@skein/core';
import type { Encoding } from '../encodings/encoding.ts';
import type { Reading } from '../evolve.ts';

/** Where to search: an encoding of real genes, or a start point without bounds. */
export interface SearchDomain<V> {
  /** `reals` or `mixed`: gives the number of genes, the bounds and how genes are read. */
  readonly encoding?: Encoding<V, Float64Array>;
  /** Where the search begins, as genes; default: a random point of the encoding. */
  readonly start?: ArrayLike<number>;
}

/** Maps between coordinates and genes. */
export interface SearchBox {
  readonly length: number;
  /** Genes of a point: folded into the bounds if there are any. */
  toGenes(point: ArrayLike<number>, genes: Float64Array): void;
  /** A point that has these genes. */
  toPoint(genes: ArrayLike<number>): Float64Array;
  /** The first point: the given start, or a random one. */
  start(rng: Rng): Float64Array;
}

/** The box of a domain. Throws `INPUT` or `SHAPE` when neither or ill-fitting parts are given. */
export function searchBox<V>({ encoding, start }: SearchDomain<V>): SearchBox {
  if (encoding === undefined) return unbounded(start);
  const { length, low, high } = encoding;
  if (encoding.kind !== 'reals' && encoding.kind !== 'mixed') {
    throw new SkeinError('INPUT', `encoding: expected reals or mixed, got ${encoding.label}`, {
      advice: 'use the genetic algorithm for strings, integers and permutations',
    });
  }
  if (start !== undefined && start.length !== length) {
    throw new SkeinError('SHAPE', `start: expected ${length} numbers, got ${start.length}`);
  }
  const outside = start === undefined ? -1 : low.findIndex((l, j) => !(start[j]! >= l && start[j]! <= high[j]!));
  if (outside >= 0) {
    const range = `[${low[outside]}, ${high[outside]}]`;
    throw new SkeinError('INPUT', `start: number ${outside}: expected one in ${range}, got ${start?.[outside]}`);
  }
  const toPoint = (genes: ArrayLike<number>) =>
    Float64Array.from({ length }, (_, j) => unfold((genes[j]! - low[j]!) / (high[j]! - low[j]! || 1)));
  return {
    length,
    toGenes: (point, genes) => {
      for (let j = 0; j < length; j++) genes[j] = low[j]! + (high[j]! - low[j]!) * fold(point[j]!);
    },
    toPoint,
    start: (rng) => {
      if (start !== undefined) return toPoint(start);
      const genes = encoding.allocate(length);
      encoding.sample(genes, rng);
      return toPoint(genes);
    },
  };
}

function unbounded(start: ArrayLike<number> | undefined): SearchBox {
  if (start === undefined || start.length === 0) {
    throw new SkeinError('INPUT', 'options: expected an encoding or a start point, got neither', {
      advice: 'give encoding: reals(n, low, high), or start: [...] for an unbounded search',
    });
  }
  return {
    length: start.length,
    toGenes: (point, genes) => genes.set(point),
    toPoint: (genes) => Float64Array.from(genes),
    start: () => Float64Array.from(start),
  };
}

/** Widths of the curved margins at 0 and 1. */
const MARGIN = 0.05;

/**
 * A coordinate folded into [0, 1]: the identity inside, a parabola within the margins around both ends (so that the
 * fold is smooth), mirrored beyond them (Hansen's boundary transformation of CMA-ES).
 */
export function fold(x: number): number {
  const period = 2 * (1 + 2 * MARGIN);
  let u = (x + MARGIN) % period;
  if (u < 0) u += period;
  if (u > period / 2) u = period - u;
  if (u < 2 * MARGIN) return (u * u) / (4 * MARGIN);
  const beyond = 1 + 2 * MARGIN - u;
  return beyond < 2 * MARGIN ? 1 - (beyond * beyond) / (4 * MARGIN) : u - MARGIN;
}

/** The coordinate in [-margin, 1 + margin] that folds to u in [0, 1]. */
export function unfold(u: number): number {
  if (u < MARGIN) return 2 * Math.sqrt(MARGIN * u) - MARGIN;
  if (u > 1 - MARGIN) return 1 + MARGIN - 2 * Math.sqrt(MARGIN * (1 - u));
  return u;
}

/** How the genes of a domain are read: by its encoding, or as they are. */
export function readingOf<V>({ encoding }: SearchDomain<V>): Reading<V, Float64Array> {
  return encoding ?? { decode: (genes) => genes as unknown as V, diversity: () => Number.NaN };
}
