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

/** How fitness is computed: one individual at a time, or a batch at a time. Give one of the two. */
export interface Evaluation<V, O = Outcome> {
  /**
   * Fitness of one individual, which may be a view that changes after the call. Promises of one generation are awaited
   * together.
   */
  readonly fitness?: (value: V) => O | Promise<O>;
  /** Fitness of a batch, in its order: for workers (`runtime.map`) and vectorised code. */
  readonly evaluate?: (batch: Batch<V>) => ArrayLike<O> | Promise<ArrayLike<O>>;
  /** Most individuals in one call of `evaluate`; the calls of a generation run side by side. Default: all. */
  readonly batchSize?: number;
}

/** Outcomes of an asked batch, in its order. */
export type Evaluate<G extends Genes, O> = (asked: Population<G>) => ArrayLike<O> | Promise<ArrayLike<O>>;

/** The function that evaluates asked batches. Throws `INPUT` unless exactly one way of evaluation is given. */
export function evaluator<V, G extends Genes, O>(
  reading: { decode(genes: G): V },
  options: Evaluation<V, O> & { readonly signal?: AbortSignal },
): Evaluate<G, O> {
  const { fitness, evaluate, batchSize } = options;
  if ((fitness === undefined) === (evaluate === undefined)) {
    throw new SkeinError('INPUT', `options: expected either fitness or evaluate, got ${fitness ? 'both' : 'neither'}`);
  }
  if (fitness !== undefined) return (asked) => oneByOne(asked, (genes) => fitness(reading.decode(genes)));
  if (batchSize !== undefined && !(Number.isInteger(batchSize) && batchSize > 0)) {
    throw new SkeinError('INPUT', `batchSize: expected a positive integer, got ${batchSize}`);
  }
  const signal = options.signal ?? new AbortController().signal;
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

/** Lets timers, signals and sockets have their turn every 20 ms, which awaiting finished promises alone does not. */
export function breathing(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 20) return;
    await new Promise<void>((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
