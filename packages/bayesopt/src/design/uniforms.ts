/** Uniform numbers that cover the unit cube evenly. */

import type { Rng } from '@skein/core';
import { SOBOL_DIMENSIONS, sobol } from './sobol.ts';

/** `count` scrambled Sobol points, flat [count, d]; of more dimensions than the sequence has, independent ones. */
export const quasiUniforms = (count: number, d: number, rng: Rng): Float64Array =>
  d <= SOBOL_DIMENSIONS ? sobol(count, d, { rng }) : rng.fillUniform(new Float64Array(count * d));
