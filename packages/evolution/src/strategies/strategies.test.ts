import { integer, logReal } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { mixed } from '../encodings/mixed.ts';
import { reals } from '../encodings/numbers.ts';
import { evolve } from '../evolve.ts';
import type { Optimiser } from '../optimiser.ts';
import { ackley, ellipsoid, rosenbrock, sphere } from '../problems/functions.ts';
import { optimiserLaws } from '../testkit.ts';
import { createDifferentialEvolution, differentialEvolution } from './differential-evolution.ts';
import { createEvolutionStrategy, evolutionStrategy } from './evolution-strategy.ts';
import { createOpenAiEs, openAiEs } from './openai-es.ts';
import { createParticleSwarm, particleSwarm } from './particle-swarm.ts';
import { centredRanks, nesUtilities } from './ranks.ts';
import { createSnes, snes } from './snes.ts';

const encoding = reals(3, -2, 5);
type Make = (state?: unknown) => Optimiser<Float64Array, unknown>;
/** A way to make an optimiser of any state type, for tables. */
const maker = (create: (state: { state?: never }) => Optimiser<Float64Array, unknown>): Make => {
  return (state) => create(state === undefined ? {} : { state: state as never });
};

const strategies: readonly (readonly [string, Make])[] = [
  ['(15/2, 105) evolution strategy', maker((s) => createEvolutionStrategy({ encoding, seed: 1, ...s }))],
  [
    '(5/1 + 9) evolution strategy',
    maker((s) => createEvolutionStrategy({ encoding, mu: 5, lambda: 9, rho: 1, scheme: 'plus', perGene: false, ...s })),
  ],
  ['differential evolution', maker((s) => createDifferentialEvolution({ encoding, population: 12, seed: 1, ...s }))],
  ['DE rand', maker((s) => createDifferentialEvolution({ encoding, population: 12, variant: 'rand', ...s }))],
  [
    'DE current-to-best',
    maker((s) => createDifferentialEvolution({ encoding, population: 12, variant: 'current-to-best', ...s })),
  ],
  ['particle swarm', maker((s) => createParticleSwarm({ encoding, population: 12, seed: 1, ...s }))],
  ['OpenAI-ES', maker((s) => createOpenAiEs({ start: [1, 2, 3], population: 12, seed: 1, ...s }))],
  ['SNES', maker((s) => createSnes({ encoding, seed: 1, ...s }))],
  ['SNES without bounds', maker((s) => createSnes({ start: [1, 2, 3], maximise: true, ...s }))],
];

describe.each(strategies)('%s', (_, make) => {
  test.each(optimiserLaws({ make, fitness: (x) => sphere(3).fitness(x), generations: 8 }))('$law', ({ check }) =>
    check(),
  );
});

test.each([
  ['evolution strategy', () => evolutionStrategy({ ...sphere(10), seed: 1, target: 1e-8, evaluations: 20_000 })],
  [
    'evolution strategy, plus',
    () => evolutionStrategy({ ...sphere(10), scheme: 'plus', seed: 1, target: 1e-8, evaluations: 20_000 }),
  ],
  [
    'differential evolution',
    () => differentialEvolution({ ...rosenbrock(5), crossoverRate: 0.9, seed: 1, target: 1e-8, evaluations: 30_000 }),
  ],
  [
    'DE current-to-best',
    () =>
      differentialEvolution({
        ...ellipsoid(10),
        variant: 'current-to-best',
        seed: 1,
        target: 1e-8,
        evaluations: 30_000,
      }),
  ],
  ['particle swarm', () => particleSwarm({ ...ackley(5), seed: 1, target: 1e-6, evaluations: 20_000 })],
  ['SNES', () => snes({ ...ellipsoid(10), seed: 1, target: 1e-8, evaluations: 20_000 })],
] as const)('%s finds the minimum', async (_, run) => {
  expect((await run()).stop).toBe('target');
});

test('OpenAI-ES moves its centre to the minimum of a noisy function', async () => {
  const noise = (x: Float64Array) => 0.1 * Math.sin(1e5 * x.reduce((a, b) => a + b, 0));
  const strategy = createOpenAiEs({ start: new Float64Array(20).fill(1), learningRate: 0.02, seed: 1 });
  await evolve(
    strategy,
    { decode: (x: Float64Array) => x, diversity: () => Number.NaN },
    {
      fitness: (x) => sphere(20).fitness(x) + noise(x),
      generations: 300,
    },
  );
  expect(sphere(20).fitness(strategy.centre())).toBeLessThan(0.02);
});

test('the first step of OpenAI-ES is Adam along the rank-weighted perturbations', () => {
  const strategy = createOpenAiEs({ start: [0], population: 2, learningRate: 0.25, maximise: true, seed: 3 });
  const [plus] = strategy.ask().rows as [Float64Array];
  const direction = Math.sign(plus[0]!);
  strategy.tell([1, 0]);
  expectClose(strategy.centre(), [0.25 * direction], { rtol: 1e-6 });
});

test('openAiEs as one call', async () => {
  const { bestFitness } = await openAiEs({
    start: [1, 1],
    fitness: (x) => sphere(2).fitness(x),
    generations: 150,
    population: 20,
  });
  expect(bestFitness).toBeLessThan(0.01);
});

test('the bounds are kept by all', async () => {
  const bounded = reals(3, [0, -1, 2], [1, 0, 3]);
  const check = (x: Float64Array) => {
    for (let j = 0; j < 3; j++) expect(x[j]! >= bounded.low[j]! && x[j]! <= bounded.high[j]!, `${x[j]}`).toBe(true);
    return x.reduce((a, b) => a + b, 0);
  };
  const common = { encoding: bounded, fitness: check, generations: 30, seed: 2 };
  for (const run of [evolutionStrategy, differentialEvolution, particleSwarm, snes] as const) {
    expectClose((await run(common)).bestFitness, 1, { atol: 0.05 });
  }
});

test('mixed spaces work with all', async () => {
  const common = {
    encoding: mixed({ rate: logReal(1e-4, 1), layers: integer(1, 8) }),
    fitness: ({ rate, layers }: { rate: number; layers: number }) => (Math.log10(rate) + 2) ** 2 + (layers - 3) ** 2,
    evaluations: 3000,
    seed: 1,
  };
  for (const run of [evolutionStrategy, differentialEvolution, particleSwarm, snes] as const) {
    const { best } = await run(common);
    expect(best.layers).toBe(3);
    expectClose(Math.log10(best.rate), -2, { atol: 0.05 });
  }
});

test('centred ranks: evenly from -1/2 to 1/2, ties share', () => {
  expectClose(centredRanks(Float64Array.of(5, -1, 9)), [0, -0.5, 0.5]);
  expectClose(centredRanks(Float64Array.of(1, 3, 1, 3, 0)), [-0.125, 0.375, -0.125, 0.375, -0.5]);
});

test('the utilities of natural evolution strategies sum to 0 and grow with the score', () => {
  const utilities = nesUtilities(Float64Array.of(3, 1, 4, 1.5, 9, 2));
  expectClose(
    utilities.reduce((a, b) => a + b, 0),
    0,
  );
  expect(utilities[4]).toBeGreaterThan(utilities[2]!);
  expect(utilities[1]).toBeCloseTo(-1 / 6, 12);
});

test.each([
  [() => createDifferentialEvolution({ encoding, population: 3 }), 'population: expected an integer of at least 4'],
  [() => createDifferentialEvolution({ encoding, crossoverRate: 2 }), 'crossoverRate'],
  [() => createOpenAiEs({ start: [1], population: 3 }), 'expected an even number, got 3'],
  [() => createOpenAiEs({ start: [1], sigma: -1 }), 'sigma'],
  [() => createSnes({ start: [1], sigma: 0 }), 'sigma'],
  [() => createParticleSwarm({ encoding, population: 1 }), 'population'],
])('options that do not fit are refused (%#)', (make, message) => {
  expect(make).toThrow(message);
});

test('a state of another algorithm is refused', () => {
  const state = createSnes({ start: [1, 2, 3] }).state();
  expect(() => createDifferentialEvolution({ encoding, state: state as never })).toThrow(
    'state: expected one of differential-evolution, got one of snes',
  );
});
