import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { pmx } from '../crossover/permutations.ts';
import { geneticAlgorithm } from '../genetic/run.ts';
import { burma14, circleTour, tourLength } from './tours.ts';

/** Exact shortest tour by dynamic programming over subsets (Held and Karp 1962). */
function heldKarp(distance: (a: number, b: number) => number, n: number): number {
  const last = n - 1;
  const length = Array.from({ length: 1 << last }, () => new Float64Array(last).fill(Infinity));
  for (let i = 0; i < last; i++) length[1 << i]![i] = distance(last, i);
  for (let set = 1; set < 1 << last; set++) {
    for (let i = 0; i < last; i++) {
      const here = length[set]![i]!;
      if (here === Infinity) continue;
      for (let j = 0; j < last; j++) {
        if (((set >> j) & 1) === 1) continue;
        const next = length[set | (1 << j)]!;
        next[j] = Math.min(next[j]!, here + distance(i, j));
      }
    }
  }
  return Math.min(...length.at(-1)!.map((d, i) => d + distance(i, last)));
}

test('burma14: 3323 is the exact optimum', () => {
  const { fitness, solution, optimum } = burma14();
  const distance = (a: number, b: number) => fitness(Int32Array.of(a, b)) / 2;
  expect(heldKarp(distance, 14)).toBe(optimum);
  expect(fitness(solution)).toBe(optimum);
});

test.each([{}, { crossover: pmx() }])(
  'the genetic algorithm finds the shortest tour of burma14 (%o)',
  async (operators) => {
    const problem = burma14();
    const result = await geneticAlgorithm({
      ...problem,
      ...operators,
      population: 100,
      generations: 200,
      seed: 1,
      target: 3323,
    });
    expect(result.bestFitness).toBe(3323);
  },
);

test('the length of a tour is that of its reverse and of every rotation', () => {
  const problem = circleTour(9);
  const tour = Int32Array.of(3, 1, 4, 0, 5, 8, 2, 6, 7);
  expectClose(problem.fitness(tour.toReversed()), problem.fitness(tour));
  expectClose(problem.fitness(Int32Array.of(...tour.subarray(4), ...tour.subarray(0, 4))), problem.fitness(tour));
});

test('a tour over two cities goes there and back', () => {
  expect(tourLength(Int32Array.of(0, 1), [Float64Array.of(0, 5), Float64Array.of(5, 0)])).toBe(10);
});

test('the tour around the circle has the length of its polygon', () => {
  const { fitness, solution, optimum } = circleTour(6);
  expectClose([fitness(solution), optimum], [6, 6]);
});
