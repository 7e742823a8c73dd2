import { readFileSync } from 'node:fs';
import { integer, logReal, real } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { mixed } from '../../encodings/mixed.ts';
import { integers, reals } from '../../encodings/numbers.ts';
import { ackley, cigar, ellipsoid, rosenbrock, sphere } from '../../problems/functions.ts';
import { optimiserLaws } from '../../testkit.ts';
import { type CmaEsState, createCmaEs } from './cma-es.ts';
import { cmaParameters } from './parameters.ts';
import { cmaEs } from './run.ts';

interface Fixture {
  readonly parameters: readonly {
    readonly n: number;
    readonly lambda: number;
    readonly weights: readonly number[];
    readonly muEff: number;
    readonly cSigma: number;
    readonly dSigma: number;
    readonly cc: number;
    readonly c1: number;
    readonly cMu: number;
  }[];
  readonly run: {
    readonly n: number;
    readonly start: readonly number[];
    readonly sigma: number;
    readonly steps: readonly {
      readonly points: readonly (readonly number[])[];
      readonly fitness: readonly number[];
      readonly mean: readonly number[];
      readonly sigma: number;
      readonly covariance: readonly number[];
      readonly pathC: readonly number[];
      readonly pathSigma: readonly number[];
    }[];
  };
}
const fixture = JSON.parse(readFileSync(new URL('../../../fixtures/pycma.json', import.meta.url), 'utf8')) as Fixture;

test.each(fixture.parameters)('parameters equal those of pycma: n = $n, lambda = $lambda', (expected) => {
  const p = cmaParameters(expected.n, expected.lambda, 'full', true);
  expectClose(p.weights, expected.weights);
  for (const name of ['muEff', 'cSigma', 'dSigma', 'cc', 'c1', 'cMu'] as const) expectClose(p[name], expected[name]);
});

/** The state with the given points as the asked batch. */
function withPoints(state: CmaEsState, points: readonly (readonly number[])[]): CmaEsState {
  const { mean, sigma, axes, lengths } = state.distribution;
  const n = mean.length;
  const normals = points.flatMap((x) =>
    Array.from(lengths, (length, i) => {
      const along = x.reduce((sum, xj, j) => sum + (axes[i * n + j]! * (xj - mean[j]!)) / sigma, 0);
      return along / length;
    }),
  );
  return { ...state, pending: Float64Array.from(normals) };
}

test('told the points that pycma sampled, it moves to the same distributions', () => {
  const { start, sigma, steps } = fixture.run;
  let strategy = createCmaEs({ start, sigma });
  for (const step of steps) {
    strategy.ask();
    strategy = createCmaEs({ start, state: withPoints(strategy.state(), step.points) });
    strategy.ask().rows.forEach((x, i) => {
      expectClose(x, step.points[i] as number[], { rtol: 1e-9, atol: 1e-12 });
    });
    strategy.tell(step.fitness);
    const { distribution } = strategy.state();
    expectClose(distribution.mean, step.mean, { rtol: 1e-8, atol: 1e-10 });
    expectClose(distribution.sigma, step.sigma, { rtol: 1e-8 });
    expectClose(distribution.pathC, step.pathC, { rtol: 1e-7, atol: 1e-9 });
    expectClose(distribution.pathSigma, step.pathSigma, { rtol: 1e-7, atol: 1e-9 });
    expectClose(lower(distribution.covariance, 4), lower(step.covariance, 4), { rtol: 1e-7, atol: 1e-9 });
  }
});

/** The lower triangle of a matrix. */
const lower = (matrix: ArrayLike<number>, n: number): number[] =>
  Array.from(matrix).filter((_, k) => k % n <= Math.floor(k / n));

describe.each(['full', 'separable'] as const)('the %s model', (covariance) => {
  const options = { encoding: reals(3, -2, 5), covariance, seed: 4 };
  const make = (state?: CmaEsState) => createCmaEs({ ...options, ...(state && { state }) });
  test.each(optimiserLaws({ make, fitness: (x) => ellipsoid(3).fitness(x), generations: 12 }))('$law', ({ check }) =>
    check(),
  );
});

// Three quarters more evaluations than pycma's medians leave room for an unlucky seed, and for no wrong update.
test.each([
  [sphere(10), 2500],
  [ellipsoid(10), 7000],
  [cigar(10), 7000],
  [rosenbrock(5), 4000],
  [ackley(10), 5000],
])('finds the minimum of $name', async (problem, evaluations) => {
  const start = new Float64Array(problem.encoding.length).fill(2.5);
  const result = await cmaEs({ start, sigma: 2, fitness: problem.fitness, target: 1e-8, evaluations, seed: 2 });
  expect(result.stop).toBe('target');
  expectClose(result.best, problem.solution, { atol: 1e-3 });
});

test('the separable model learns separable scales faster than the full one', async () => {
  const options = {
    start: new Float64Array(20).fill(2),
    sigma: 1,
    fitness: ellipsoid(20).fitness,
    target: 1e-8,
    seed: 1,
  };
  const full = await cmaEs(options);
  const separable = await cmaEs({ ...options, covariance: 'separable' });
  expect([full.stop, separable.stop]).toEqual(['target', 'target']);
  expect(separable.evaluations).toBeLessThan(full.evaluations / 2);
});

test('a minimum on the bounds is found, and no individual leaves them', async () => {
  const encoding = reals(4, 1, [3, 3, 9, 2]);
  const result = await cmaEs({
    encoding,
    fitness: (x) => {
      x.forEach((xj, j) => {
        expect(xj >= encoding.low[j]! && xj <= encoding.high[j]!).toBe(true);
      });
      return x.reduce((sum, xj) => sum + xj * xj, 0);
    },
    target: 4 + 1e-8,
    generations: 300,
    seed: 1,
  });
  expect(result.stop).toBe('target');
});

test('maximising is minimising the negative', async () => {
  const options = { encoding: reals(3, -4, 4), seed: 6, generations: 20 };
  const least = await cmaEs({ ...options, fitness: (x) => sphere(3).fitness(x) });
  const most = await cmaEs({ ...options, maximise: true, fitness: (x) => -sphere(3).fitness(x) });
  expect([...most.best]).toEqual([...least.best]);
});

test('mixed spaces are read as their values', async () => {
  const space = { rate: logReal(1e-6, 1), layers: integer(1, 8), decay: real(0, 1) };
  const result = await cmaEs({
    encoding: mixed(space),
    fitness: ({ rate, layers, decay }) => (Math.log10(rate) + 3) ** 2 + (layers - 5) ** 2 + (decay - 0.25) ** 2,
    generations: 120,
    seed: 3,
  });
  expect(result.best.layers).toBe(5);
  expectClose([Math.log10(result.best.rate), result.best.decay], [-3, 0.25], { atol: 0.01 });
});

test.each([
  ['a flat function', () => 1, 'tolFlat'],
  ['a function without minimum', (x: Float64Array) => x[0] as number, 'tolFacUpX'],
  ['a small range of values', (x: Float64Array) => 1e-12 * sphere(2).fitness(x), 'tolFun'],
] as const)('%s is given up', async (_, fitness, reason) => {
  const tolFun = reason === 'tolFlat' ? 0 : 1e-11;
  expect((await cmaEs({ start: [1, 1], fitness, seed: 1, tolFun })).stop).toBe(reason);
});

test.each([
  [{}, 'expected an encoding or a start point'],
  [{ start: [1, 2], population: 2 }, 'population: expected an integer of at least 3'],
  [{ start: [1, 2], sigma: 0 }, 'sigma: expected a positive number'],
  [{ encoding: reals(2, 0, 1), start: [1] }, 'start: expected 2 numbers, got 1'],
  [{ encoding: reals(2, 0, 1), start: [0.5, 2] }, 'start: number 1: expected one in [0, 1], got 2'],
  [{ encoding: integers(2, 0, 1) as never }, 'expected reals or mixed, got integers(2)'],
])('options that do not fit are refused (%#)', (options, message) => {
  expect(() => createCmaEs(options)).toThrow(message);
});
