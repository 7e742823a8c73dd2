/** Tasks for tests that evaluate or evolve on a runtime. */

import { defineTask, Float64, Type } from '@skein/core';
import { evolveIsland } from '../parallel/distributed-islands.ts';
import type { IslandWork } from '../parallel/islands.ts';
import { rastrigin } from '../problems/functions.ts';

/** Rastrigin's function of one individual. */
export const rastriginTask = defineTask({
  name: 'evolution/rastrigin',
  input: Float64,
  output: Type.Number(),
  run: (_context, x) => rastrigin(x.length).fitness(x),
});

/** Evolves an island of 6 individuals on Rastrigin's function of 4 numbers up to the next migration. */
export const islandTask = defineTask({
  name: 'evolution/island',
  input: Type.Unknown(),
  output: Type.Unknown(),
  run: (_context, work) => evolveIsland({ ...rastrigin(4), population: 6 }, work as IslandWork<Float64Array>),
});
