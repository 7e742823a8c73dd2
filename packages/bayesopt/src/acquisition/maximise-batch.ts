/** Maximising a score of batches over a box, by L-BFGS-B from the best of many quasi-random batches. */

import { createRng, SkeinError } from '@skein/core';
import { quasiUniforms } from '../design/uniforms.ts';
import { lbfgsb } from '../optim/lbfgsb.ts';
import type { BatchScore } from './reparameterised.ts';

export interface MaximiseBatchOptions {
  /** Bounds of each column. */
  readonly bounds: readonly (readonly [low: number, high: number])[];
  /** Points of a batch. */
  readonly q: number;
  /** Quasi-random batches. */
  readonly candidates: number;
  /** Local searches, from the best of them. */
  readonly starts: number;
  /** Iterations of each. */
  readonly iterations: number;
  readonly seed: number;
}

export const maximiseBatchDefaults = { q: 1, candidates: 256, starts: 5, iterations: 100, seed: 0 } as const;

/** The batch of the highest score that was found: q rows of d numbers. */
export function maximiseBatch(
  score: BatchScore,
  given: Partial<MaximiseBatchOptions> & Pick<MaximiseBatchOptions, 'bounds'>,
): { readonly points: Float64Array[]; readonly value: number } {
  const { bounds, q, candidates, starts, iterations, seed } = { ...maximiseBatchDefaults, ...given };
  const d = bounds.length;
  const size = q * d;
  if (size === 0)
    throw new SkeinError('INPUT', `maximiseBatch: expected points and columns, got q ${q} and ${d} bounds`);
  const rng = createRng(seed).split('maximise-batch');
  const raw = quasiUniforms(candidates, size, rng);
  const at = (i: number): Float64Array =>
    raw.slice(i * size, (i + 1) * size).map((u, k) => bounds[k % d]![0] + u * (bounds[k % d]![1] - bounds[k % d]![0]));
  const rows = (x: Float64Array): Float64Array[] => Array.from({ length: q }, (_, i) => x.slice(i * d, (i + 1) * d));
  const best = Array.from({ length: candidates }, (_, i) => ({ x: at(i), value: score(rows(at(i))) }))
    .sort((a, b) => b.value - a.value)
    .slice(0, starts);
  const ends = best.map(({ x }) =>
    lbfgsb(
      (x, gradient) => {
        const result = score.withGradient(rows(x));
        gradient.set(result.gradient.map((v) => -v));
        return -result.value;
      },
      x,
      {
        lower: Array.from({ length: size }, (_, k) => bounds[k % d]![0]),
        upper: Array.from({ length: size }, (_, k) => bounds[k % d]![1]),
        maxIterations: iterations,
      },
    ),
  );
  const end = ends.reduce((a, b) => (b.value < a.value ? b : a));
  return { points: rows(end.x), value: -end.value };
}
