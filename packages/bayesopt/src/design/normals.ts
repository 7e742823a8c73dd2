/** Standard normal samples that fill space evenly: scrambled Sobol points through the normal quantile. */

import type { Rng } from '@skein/core';
import { normalQuantile } from '../math/special.ts';
import { SOBOL_DIMENSIONS, sobol } from './sobol.ts';

/** `count` standard normal points [count, d]; beyond the dimensions of Sobol's sequence they are pseudo-random. */
export function quasiNormals(count: number, d: number, rng: Rng): Float64Array {
  if (d > SOBOL_DIMENSIONS) return rng.fillNormal(new Float64Array(count * d));
  // A scrambled coordinate may be exactly 0, whose quantile is infinite.
  return sobol(count, d, { rng }).map((u) => normalQuantile(Math.max(u, 2 ** -33)));
}
