import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { reals } from '../encodings/numbers.ts';
import { bits } from '../encodings/strings.ts';
import { selfAdaptive } from '../mutation/self-adaptive.ts';
import { rastrigin, sphere } from '../problems/functions.ts';
import { oneMax } from '../problems/strings.ts';
import { optimiserLaws } from '../testkit.ts';
import { createIslands, type IslandsState, islands } from './islands.ts';
import { createSteadyState, type SteadyStateState } from './steady-state.ts';
import { steadyStateSearch } from './steady-state-search.ts';

describe.each(['ring', 'random'] as const)('islands, %s', (topology) => {
  const options = { ...rastrigin(4), population: 8, islands: 3, migrateEvery: 2, topology, seed: 5 };
  const make = (state?: IslandsState<Float64Array>) => createIslands({ ...options, ...(state && { state }) });
  test.each(optimiserLaws({ make, fitness: (x) => rastrigin(4).fitness(x), generations: 8 }))('$law', ({ check }) =>
    check(),
  );
});

test('migrants take the places of the worst on the next island', () => {
  const { fitness, encoding } = sphere(2);
  const after = (migrants: number) => {
    const archipelago = createIslands({ encoding, population: 6, islands: 3, migrateEvery: 3, migrants, seed: 1 });
    for (let g = 0; g < 3; g++) archipelago.tell(archipelago.ask().rows.map(fitness));
    return archipelago.islands.map((island) => [...island.current().fitness].sort((a, b) => a - b));
  };
  const alone = after(0);
  const expected = alone.map((residents, i) => [...residents.slice(0, 4), ...alone[(i + 2) % 3]!.slice(0, 2)]);
  expect(after(2)).toEqual(expected.map((fitnesses) => fitnesses.sort((a, b) => a - b)));
});

test('islands may have their own operators, and the run is the same however batches are split', async () => {
  const options = {
    ...sphere(3),
    population: 10,
    islands: 3,
    generations: 15,
    seed: 2,
    island: (i: number) => (i === 1 ? { mutation: selfAdaptive({ sigma: 0.2 }) } : {}),
  };
  const whole = await islands(options);
  const { fitness: _, ...rest } = options;
  const split = await islands({ ...rest, evaluate: ({ values }) => values.map(sphere(3).fitness), batchSize: 7 });
  expect(split).toEqual(whole);
});

test('without migration islands are independent of each other', () => {
  const run = (count: number) => {
    const archipelago = createIslands({ ...sphere(2), population: 6, islands: count, migrants: 0, seed: 3 });
    for (let g = 0; g < 12; g++) archipelago.tell(archipelago.ask().rows.map(sphere(2).fitness));
    return archipelago.islands.map((island) => island.state());
  };
  expect(run(4).slice(0, 2)).toEqual(run(2));
});

describe('asynchronous steady state', () => {
  const problem = oneMax(30);
  const make = (state?: SteadyStateState<Uint8Array>) =>
    createSteadyState({ ...problem, population: 12, seed: 4, ...(state && { state }) });

  test('individuals may be told in any order, or be given up', () => {
    const algorithm = make();
    const out = Array.from({ length: 20 }, () => algorithm.ask());
    for (const { id, genes } of out.slice(5).reverse()) algorithm.tell(id, problem.fitness(genes));
    expect(algorithm.pending).toEqual([0, 1, 2, 3, 4]);
    algorithm.forget(0);
    expect(() => algorithm.tell(0, 3)).toThrow('expected one of the asked individuals, got 0');
    expect(() => algorithm.tell(7, 3)).toThrow('expected one of the asked individuals, got 7');
    expect(algorithm.current().size).toBe(12);
    expect(algorithm.best?.fitness).toBe(Math.max(...out.slice(5).map(({ genes }) => problem.fitness(genes))));
  });

  test('the population holds the best that were told', () => {
    const algorithm = make();
    const told: number[] = [];
    for (let k = 0; k < 100; k++) {
      const { id, genes } = algorithm.ask();
      told.push(problem.fitness(genes));
      algorithm.tell(id, told.at(-1) as number);
    }
    const best = told.sort((a, b) => b - a).slice(0, 12);
    expect([...algorithm.current().fitness].sort((a, b) => b - a)).toEqual(best);
  });

  test('a restored state goes on exactly, individuals that are out included', () => {
    const original = make();
    for (let k = 0; k < 30; k++) {
      const { id, genes } = original.ask();
      if (k % 7 !== 0) original.tell(id, problem.fitness(genes));
    }
    const restored = make(structuredClone(original.state()));
    for (let k = 0; k < 30; k++) {
      const [a, b] = [original.ask(), restored.ask()];
      expect(b).toEqual(a);
      original.tell(a.id, problem.fitness(a.genes));
      restored.tell(b.id, problem.fitness(b.genes));
    }
    expect(restored.state()).toEqual(original.state());
  });

  test('slow and dying evaluations cost time and individuals, not the search', async () => {
    let call = 0;
    const result = await steadyStateSearch({
      ...problem,
      population: 20,
      seed: 1,
      evaluations: 600,
      concurrency: 6,
      target: 30,
      fitness: async (s) => {
        const mine = call++;
        if (mine % 9 === 0) throw new Error('the worker died');
        if (mine % 40 === 1) await sleep(30);
        return problem.fitness(s);
      },
    });
    expect(result.bestFitness).toBeGreaterThanOrEqual(28);
    expect(result.lost).toBeGreaterThanOrEqual(Math.floor(result.evaluations / 9));
  });

  test('evaluations that never end are given up, and told so', async () => {
    let given = 0;
    const result = await steadyStateSearch({
      ...problem,
      population: 10,
      seed: 1,
      evaluations: 60,
      concurrency: 4,
      evaluationMs: 20,
      fitness: (s, signal) => {
        if (++given % 15 !== 0) return problem.fitness(s);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('it was told to stop')));
        });
      },
    });
    expect(result.evaluations).toBe(60);
    expect(result.lost).toBe(4);
  });

  test('one at a time, the seed alone decides', async () => {
    const options = { ...problem, population: 10, seed: 8, evaluations: 80 };
    expect(await steadyStateSearch(options)).toEqual(await steadyStateSearch(options));
  });

  test('when every evaluation is lost it fails with the reason', async () => {
    const search = steadyStateSearch({
      encoding: reals(2, 0, 1),
      evaluations: 1000,
      fitness: () => Promise.reject(new Error('no such file')),
    });
    await expect(search).rejects.toMatchObject({ code: 'TASK_FAILED', cause: { message: 'no such file' } });
  });

  test('minimises too', async () => {
    const { bestFitness } = await steadyStateSearch({ ...sphere(3), population: 20, seed: 1, evaluations: 3000 });
    expect(bestFitness).toBeLessThan(0.001);
  });
});

test('islands elsewhere: a failure changes nothing', async () => {
  const archipelago = createIslands({ encoding: bits(8), population: 4, seed: 1 });
  const before = archipelago.state();
  await expect(archipelago.evolveElsewhere(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(archipelago.state()).toEqual(before);
});

test.each([
  [{ islands: 1 }, 'islands: expected an integer of at least 2, got 1'],
  [{ migrateEvery: 0 }, 'migrateEvery: expected an integer of at least 1, got 0'],
  [{ migrants: 1.5 }, 'migrants: expected an integer of at least 0, got 1.5'],
])('options that do not fit are refused: %o', (wrong, message) => {
  expect(() => createIslands({ encoding: bits(4), ...wrong })).toThrow(message);
});
