/** How batches are evaluated: one individual at a time or many, here or elsewhere, at once or later. */

import { SkeinError } from '@skein/core';
import type { Outcome } from './outcome.ts';
import type { Genes, Population } from './population.ts';

/** The individuals of one generation, or a part of them, to be evaluated. */
export interface Batch<V> {
  /** Decoded individuals, each a copy: they can be kept, changed or sent elsewhere. */
  readonly values: readonly V[];
  readonly signal: AbortSignal;
}

/** Fitness of one individual, and perhaps the same of many at once, faster, with equal bits. */
export type Fitness<V, O = Outcome> = ((value: V) => O | Promise<O>) & {
  /** Reads the genes where they lie, without copies or decoding: `genes` [N, L] row-major. */
  readonly ofAll?: (population: Population) => ArrayLike<O>;
};

/** How fitness is computed: one individual at a time, or a batch at a time. Give one of the two. */
export interface Evaluation<V, O = Outcome> {
  /**
   * Fitness of one individual, which may be a view that changes after the call. Promises of one generation are awaited
   * together.
   */
  readonly fitness?: Fitness<V, O>;
  /** Fitness of a batch, in its order: for workers (`runtime.map`) and vectorised code. */
  readonly evaluate?: (batch: Batch<V>) => ArrayLike<O> | Promise<ArrayLike<O>>;
  /** Most individuals in one call of `evaluate`; the calls of a generation run side by side. Default: all. */
  readonly batchSize?: number;
}

/** Outcomes of an asked batch, in its order; null if the signal aborted meanwhile. */
export type Evaluate<G extends Genes, O> = (asked: Population<G>) => Promise<ArrayLike<O> | null>;

/**
 * The function that evaluates asked batches. Throws `INPUT` unless exactly one way of evaluation is given. An evaluation
 * that fails because of the signal is no failure.
 */
export function evaluator<V, G extends Genes, O>(
  reading: { decode(genes: G): V },
  options: Evaluation<V, O> & { readonly signal?: AbortSignal },
): Evaluate<G, O> {
  const { fitness, evaluate, signal } = options;
  if ((fitness === undefined) === (evaluate === undefined)) {
    throw new SkeinError('INPUT', `options: expected either fitness or evaluate, got ${fitness ? 'both' : 'neither'}`);
  }
  const outcomesOf: (asked: Population<G>) => ArrayLike<O> | Promise<ArrayLike<O>> =
    fitness === undefined
      ? inBatches<V, G, O>(reading, options)
      : (fitness.ofAll ?? ((asked: Population<G>) => oneByOne(asked, (genes) => fitness(reading.decode(genes)))));
  return async (asked) => {
    try {
      const outcomes = await outcomesOf(asked);
      return signal?.aborted ? null : outcomes;
    } catch (error) {
      if (signal?.aborted) return null;
      throw error;
    }
  };
}

function inBatches<V, G extends Genes, O>(
  reading: { decode(genes: G): V },
  options: Evaluation<V, O> & { readonly signal?: AbortSignal },
): (asked: Population<G>) => Promise<ArrayLike<O>> {
  const { evaluate, batchSize, signal = new AbortController().signal } = options;
  if (batchSize !== undefined && !(Number.isInteger(batchSize) && batchSize > 0)) {
    throw new SkeinError('INPUT', `batchSize: expected a positive integer, got ${batchSize}`);
  }
  const part = (rows: readonly G[]) =>
    evaluate!({ values: rows.map((genes) => reading.decode(genes.slice() as G)), signal });
  return async ({ size, rows }) => {
    const step = batchSize ?? size;
    const starts = Array.from({ length: Math.ceil(size / step) }, (_, k) => k * step);
    const parts = await Promise.all(starts.map((start) => part(rows.slice(start, start + step))));
    return parts.length === 1 ? parts[0]! : parts.flatMap((p) => Array.from(p));
  };
}

function oneByOne<G extends Genes, O>(
  { rows }: Population<G>,
  fitness: (genes: G) => O | Promise<O>,
): O[] | Promise<O[]> {
  const outcomes = rows.map(fitness);
  return outcomes.some((outcome) => outcome instanceof Promise) ? Promise.all(outcomes) : (outcomes as O[]);
}
