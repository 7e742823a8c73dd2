/** Failed evaluations, told as the worst value, never win and never stop an optimiser from finding what works. */

import { describe, expect, test } from 'vitest';
import { evolve } from './evolve.ts';
import { sphere } from './problems/functions.ts';
import { type OptimiserEntry, optimisers } from './registry.ts';

describe.each(Object.entries<OptimiserEntry>(optimisers))('%s', (_, { create }) => {
  const problem = sphere(3);

  test('half of the space fails, the other half is searched', async () => {
    const result = await evolve(create(problem, { seed: 2 }), problem.encoding, {
      fitness: (x) => ((x as Float64Array)[0]! < 0 ? Infinity : problem.fitness(x as Float64Array)),
      generations: 40,
    });
    expect(result.bestFitness).toBeLessThan(2);
    expect((result.best as Float64Array)[0]).toBeGreaterThanOrEqual(0);
  });

  test('when everything fails the run ends by its rules', async () => {
    const result = await evolve(create(problem, { seed: 2 }), problem.encoding, {
      fitness: () => Infinity,
      generations: 10,
    });
    expect(result.bestFitness).toBe(Infinity);
  });

  test('infeasible individuals lead to the feasible ones', async () => {
    const result = await evolve(create(problem, { seed: 2 }), problem.encoding, {
      fitness: (x) => ({ fitness: problem.fitness(x as Float64Array), violation: 4.5 - (x as Float64Array)[0]! }),
      generations: 60,
    });
    expect(result.violation).toBe(0);
    expect(result.bestFitness).toBeGreaterThanOrEqual(4.5 ** 2);
    expect(result.bestFitness).toBeLessThan(24);
  });
});
