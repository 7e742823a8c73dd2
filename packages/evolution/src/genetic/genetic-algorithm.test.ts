import { describe, expect, test } from 'vitest';
import { decode } from '../encodings/binary.ts';
import { reals } from '../encodings/numbers.ts';
import { bits, strings } from '../encodings/strings.ts';
import { rastrigin } from '../problems/functions.ts';
import { problems } from '../problems/registry.ts';
import { roulette } from '../selection/proportional.ts';
import { optimiserLaws } from '../testkit.ts';
import { createGeneticAlgorithm, type GeneticState } from './genetic-algorithm.ts';
import { geneticAlgorithm } from './run.ts';
import { generational, plus, steadyState } from './survival.ts';

const square = (s: Uint8Array) => decode(s) ** 2;
const survivals = [generational(), generational({ elitism: 2 }), plus(), plus({ offspring: 3 }), steadyState(3)];

describe.each(survivals)('genetic algorithm with $label survival', (survival) => {
  const make = (state?: GeneticState<Uint8Array>) =>
    createGeneticAlgorithm({
      encoding: bits(8),
      maximise: true,
      population: 9,
      seed: 3,
      survival,
      ...(state && { state }),
    });
  test.each(optimiserLaws({ make, fitness: square }))('$law', ({ check }) => check());
});

describe('genetic algorithm with a large population of real numbers', () => {
  const { encoding, fitness } = rastrigin(30);
  const make = (state?: GeneticState<Float64Array>) =>
    createGeneticAlgorithm({ encoding, population: 200, seed: 3, ...(state && { state }) });
  test.each(optimiserLaws({ make, fitness }))('$law', ({ check }) => check());

  test('a state holds the populations alone', () => {
    const algorithm = make();
    algorithm.tell(fitness.ofAll!(algorithm.ask()));
    algorithm.ask();
    const { parents, pending } = algorithm.state();
    expect(parents!.genes.buffer.byteLength).toBe(200 * 30 * 8);
    expect(pending!.genes.buffer.byteLength).toBe(200 * 30 * 8);
  });
});

test('x^2 on [0, 31]: the maximum 31 is found', async () => {
  const result = await geneticAlgorithm({
    encoding: bits(5),
    fitness: square,
    maximise: true,
    population: 4,
    generations: 20,
    seed: 7,
  });
  expect(decode(result.best)).toBe(31);
  expect(result.bestFitness).toBe(961);
  expect(result.evaluations).toBe(80);
});

test('the first generation is drawn letter by letter, uniformly over the alphabet', () => {
  const { genes } = createGeneticAlgorithm({ encoding: strings(8, 'ACGT'), population: 2000, seed: 5 }).ask();
  const counts = [0, 1, 2, 3].map((letter) => genes.filter((g) => g === letter).length / genes.length);
  for (const share of counts) expect(Math.abs(share - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / genes.length));
});

test('without crossover and mutation a generation is made of copies of its parents', () => {
  const algorithm = createGeneticAlgorithm({
    encoding: bits(12),
    maximise: true,
    population: 10,
    crossoverRate: 0,
    mutation: { label: 'none', mutate: () => {} },
    seed: 2,
  });
  const text = () => algorithm.ask().rows.map((row) => row.join(''));
  const parents = text();
  algorithm.tell(algorithm.ask().rows.map(square));
  const children = text();
  const { mates, spins } = algorithm.breeding as NonNullable<typeof algorithm.breeding>;
  expect(children).toEqual(Array.from(mates, (i) => parents[i]));
  expect([...mates].sort()).toEqual([...spins].sort());
});

test('the breeding record rebuilds the offspring from the parents', () => {
  const algorithm = createGeneticAlgorithm({ encoding: bits(10), maximise: true, population: 6, seed: 4, trace: true });
  const parents = algorithm.ask().rows.map((row) => [...row]);
  algorithm.tell(algorithm.ask().rows.map(square));
  const children = algorithm.ask().rows.map((row) => [...row]);
  const { mates, sites, mutations } = algorithm.breeding as NonNullable<typeof algorithm.breeding>;
  const rebuilt = Array.from(mates, (i) => [...(parents[i] as number[])]);
  sites.forEach(([site], k) => {
    const [a, b] = [rebuilt[2 * k] as number[], rebuilt[2 * k + 1] as number[]];
    const tail = a.splice(site as number);
    a.push(...b.splice(site as number));
    b.push(...tail);
  });
  for (const { child, gene, from, to } of mutations) {
    expect(rebuilt[child]?.[gene]).toBe(from);
    (rebuilt[child] as number[])[gene] = to;
  }
  expect(children).toEqual(rebuilt);
});

test('elitism keeps the best parents', () => {
  const algorithm = createGeneticAlgorithm({
    encoding: reals(4, -1, 1),
    population: 10,
    survival: generational({ elitism: 1 }),
    seed: 1,
  });
  const norm = (x: Float64Array) => x.reduce((s, v) => s + v * v, 0);
  for (let g = 0; g < 10; g++) {
    algorithm.tell(algorithm.ask().rows.map(norm));
    expect(Math.min(...algorithm.current().fitness)).toBe(algorithm.best?.fitness);
  }
});

test('a start population is used as given', () => {
  const encoding = strings(4, 'ab');
  const algorithm = createGeneticAlgorithm({ encoding, population: 3, initial: ['abba', 'bbbb'] });
  expect(algorithm.ask().rows.slice(0, 2).map(encoding.decode)).toEqual(['abba', 'bbbb']);
});

test('infeasible individuals lose against feasible ones and are compared by violation', async () => {
  // Minimise x subject to x >= 0.25: the answer lies on the constraint.
  const result = await geneticAlgorithm({
    encoding: reals(1, -1, 1),
    fitness: ([x]) => ({ fitness: x as number, violation: 0.25 - (x as number) }),
    population: 30,
    generations: 60,
    seed: 1,
  });
  expect(result.violation).toBe(0);
  expect(result.bestFitness).toBeGreaterThanOrEqual(0.25);
  expect(result.bestFitness).toBeLessThan(0.251);
});

test.each([
  [{ population: 1 }, 'population: expected an integer of at least 2, got 1'],
  [
    { population: 2, initial: [1, 2, 3].map(() => new Uint8Array(3)) },
    'initial: expected at most 2 individuals, got 3',
  ],
  [{ crossoverRate: 1.5 }, 'crossoverRate: expected a number in [0, 1], got 1.5'],
])('options that do not fit are refused: %o', (wrong, message) => {
  expect(() => createGeneticAlgorithm({ encoding: bits(3), ...wrong })).toThrow(message);
});

test('a roulette refuses negative fitness and says what to do', async () => {
  const run = geneticAlgorithm({
    encoding: bits(3),
    fitness: () => -1,
    maximise: true,
    selection: roulette(),
    generations: 3,
  });
  await expect(run).rejects.toMatchObject({ code: 'INPUT', advice: expect.stringContaining('window') });
});

test.each(Object.entries(problems))(
  'problem %s: the known solution has the known optimum, and nothing beats it',
  async (_, entry) => {
    const problem = entry.create();
    expect(Math.abs(problem.fitness(problem.solution as never) - problem.optimum)).toBeLessThan(1e-12);
    const { bestFitness } = await geneticAlgorithm({
      ...(problem as ReturnType<(typeof problems)['sphere']['create']>),
      population: 20,
      generations: 30,
      seed: 1,
    });
    expect(problem.maximise ? problem.optimum - bestFitness : bestFitness - problem.optimum).toBeGreaterThanOrEqual(0);
  },
);
