/** Fitness and islands as tasks of real workers, which take their time. */

import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask, Float64, Type } from '@skein/core';
import { evolveIsland, type IslandWork, rastrigin } from '@skein/evolution';

/** Rastrigin's function; one individual in forty takes ten seconds. */
export const fitness = defineTask({
  name: 'test/fitness',
  input: Float64,
  output: Type.Number(),
  run: async ({ rng, signal }, x) => {
    await sleep(rng.uniform() < 1 / 40 ? 10_000 : 10, undefined, { signal });
    return rastrigin(x.length).fitness(x);
  },
});

/** Evolves an island of 10 individuals on Rastrigin's function of 4 numbers up to the next migration. */
export const island = defineTask({
  name: 'test/island',
  input: Type.Unknown(),
  output: Type.Unknown(),
  run: async (_context, work) => {
    await sleep(50);
    return evolveIsland({ ...rastrigin(4), population: 10 }, work as IslandWork<Float64Array>);
  },
});
