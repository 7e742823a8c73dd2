/** A fitness task for tests that evaluate on a runtime. */

import { defineTask, Float64, Type } from '@skein/core';
import { rastrigin } from '../problems/functions.ts';

/** Rastrigin's function of one individual. */
export const rastriginTask = defineTask({
  name: 'evolution/rastrigin',
  input: Float64,
  output: Type.Number(),
  run: (_context, x) => rastrigin(x.length).fitness(x),
});
