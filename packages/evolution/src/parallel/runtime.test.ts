/** Fitness as tasks: on any number of threads the result is that of this thread. */

import { localRuntime } from '@skein/core';
import { expect, test } from 'vitest';
import type { Evaluation } from '../evaluation.ts';
import type { GeneticState } from '../genetic/genetic-algorithm.ts';
import { geneticAlgorithm } from '../genetic/run.ts';
import { rastrigin } from '../problems/functions.ts';
import { cmaEs } from '../strategies/cma/run.ts';
import { islandTask, rastriginTask } from '../testkit/fitness-task.ts';
import { distributedIslands } from './distributed-islands.ts';
import { islands } from './islands.ts';
import { steadyStateSearch } from './steady-state-search.ts';

const { fitness, encoding } = rastrigin(4);
type ByFitness = Evaluation<Float64Array>;
const runs = {
  'genetic algorithm': (evaluation: ByFitness) =>
    geneticAlgorithm({ encoding, population: 12, generations: 4, seed: 1, ...evaluation }),
  islands: (evaluation: ByFitness) =>
    islands({ encoding, population: 6, islands: 3, migrateEvery: 2, generations: 4, seed: 1, ...evaluation }),
  'CMA-ES': (evaluation: ByFitness) => cmaEs({ encoding, generations: 5, seed: 1, ...evaluation }),
};

test.each(Object.entries(runs))(
  '%s: one thread or two, whole generations or parts, the same result',
  async (_, run) => {
    const here = await run({ fitness });
    for (const threads of [1, 2]) {
      await using runtime = localRuntime({ threads, tasks: [rastriginTask] });
      const evaluate: ByFitness['evaluate'] = ({ values, signal }) =>
        runtime.map(
          rastriginTask,
          values.map((x) => new Float64Array(x)),
          { signal },
        );
      expect(await run({ evaluate })).toEqual(here);
      expect(await run({ evaluate, batchSize: 5 })).toEqual(here);
    }
  },
);

test.each(['ring', 'random'] as const)(
  'islands that evolve on threads, %s: the result of this thread',
  async (topology) => {
    const options = {
      encoding,
      population: 6,
      islands: 3,
      migrateEvery: 2,
      generations: 7,
      seed: 1,
      topology,
    } as const;
    const here = await islands({ ...options, fitness, generations: 8 });
    for (const threads of [1, 2]) {
      await using runtime = localRuntime({ threads, tasks: [islandTask] });
      const there = await distributedIslands<Float64Array, Float64Array>({
        ...options,
        evolveIsland: async (work, signal) =>
          (await runtime.run(islandTask, work, { signal })) as GeneticState<Float64Array>,
      });
      expect(there.state).toEqual(here.state);
      expect(there.history.at(-1)).toEqual(here.history.at(-1));
      expect(there.history.length).toBe(4);
    }
  },
);

test('the asynchronous steady state keeps several threads busy', async () => {
  await using runtime = localRuntime({ threads: 2, tasks: [rastriginTask] });
  const { bestFitness, evaluations, lost } = await steadyStateSearch({
    encoding,
    population: 20,
    seed: 1,
    evaluations: 400,
    concurrency: 4,
    fitness: (x, signal) => runtime.run(rastriginTask, new Float64Array(x), { signal }),
  });
  expect([evaluations, lost]).toEqual([400, 0]);
  expect(bestFitness).toBeLessThan(20);
});
