/** Every optimiser on every problem that it can search. */

import { describe, expect, test } from 'vitest';
import { evolve } from './evolve.ts';
import { type MultiObjectiveEntry, multiObjectiveProblems } from './multi/registry.ts';
import { nsga2 } from './multi/run.ts';
import type { Optimiser } from './optimiser.ts';
import { type ProblemEntry, problems } from './problems/registry.ts';
import { canSearch, type OptimiserEntry, optimisers } from './registry.ts';

const smaller: Readonly<Record<string, number>> = { bits: 12, dimensions: 3 };
const pairs = Object.entries(optimisers as Readonly<Record<string, OptimiserEntry>>).flatMap(([name, optimiser]) =>
  Object.entries(problems as Readonly<Record<string, ProblemEntry>>)
    .map(([problemName, entry]) => ({ name, problemName, optimiser, problem: entry.create(smaller[entry.sizeMeans]) }))
    .filter(({ problem }) => canSearch(optimiser, problem)),
);

test('every problem can be searched by something, and the genetic algorithm searches all', () => {
  const searched = (name: string) => new Set(pairs.filter((p) => p.name === name).map((p) => p.problemName));
  expect(searched('genetic-algorithm')).toEqual(new Set(Object.keys(problems)));
});

describe.each(pairs)('$name on $problemName', ({ optimiser, problem }) => {
  const run = (generations: number, state?: unknown) => {
    const made: Optimiser = optimiser.create(problem, { seed: 3, ...(state !== undefined && { state }) });
    return evolve(made, problem.encoding, { fitness: (value) => problem.fitness(value), generations });
  };
  test('improves, never beats the known optimum, and goes on exactly from a state', async () => {
    const whole = await run(12);
    const first = await run(5);
    const gain = (whole.bestFitness - whole.history[0]!.best) * (problem.maximise ? 1 : -1);
    const missing = (problem.optimum - whole.bestFitness) * (problem.maximise ? 1 : -1);
    expect(gain).toBeGreaterThanOrEqual(0);
    expect(missing).toBeGreaterThanOrEqual(-1e-12);
    expect((await run(12, first.state)).state).toEqual(whole.state);
  });
});

describe.each(Object.entries<MultiObjectiveEntry>(multiObjectiveProblems))('NSGA-II on %s', (_, { create }) => {
  test('covers part of the whole hypervolume, and never more', async () => {
    const problem = create();
    const { history } = await nsga2({ ...problem, population: 20, generations: 30, seed: 1 });
    expect(history.at(-1)!.hypervolume).toBeLessThanOrEqual(problem.bestHypervolume + 1e-6);
    expect(history.at(-1)!.hypervolume).toBeGreaterThanOrEqual(history[0]!.hypervolume);
  });
});
