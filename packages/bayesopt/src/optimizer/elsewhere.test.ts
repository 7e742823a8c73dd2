import { createRng, real } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { type Factored, factorModel } from '../gp/likelihood.ts';
import { zeroMean } from '../gp/mean.ts';
import { toNoise } from '../gp/model.ts';
import { scale } from '../kernels/compose.ts';
import { matern52 } from '../kernels/stationary.ts';
import type { Column } from './columns.ts';
import { isTimeToLookElsewhere, otherRegions } from './elsewhere.ts';
import { createOptimizer } from './optimizer.ts';

const D = 5;
const SHALLOW = Array<number>(D).fill(0.2);
const DEEP = Array<number>(D).fill(0.8);
const well = (x: readonly number[], centre: readonly number[]): number =>
  Math.exp(-8 * x.reduce((sum, v, j) => sum + (v - centre[j]!) ** 2, 0));
/** Two wells: -1 at SHALLOW, -1.5 at DEEP. */
const f = (x: readonly number[]): number => -well(x, SHALLOW) - 1.5 * well(x, DEEP);

test('the first region is the basin of the best trial, the second takes in the next one', () => {
  const rng = createRng(1);
  const rows = [SHALLOW, DEEP].flatMap((centre) =>
    Array.from({ length: 8 }, () => centre.map((c) => c + 0.1 * (rng.uniform() - 0.5))),
  );
  rows.push([0.1, 0.9, 0.1, 0.9, 0.1]);
  const y = Float64Array.from(rows, f).fill(-0.3, 16);
  const model = {
    kernel: scale(matern52({ lengthscale: Array(D).fill(0.35) }), 1),
    mean: zeroMean(),
    noise: toNoise(1e-6),
  };
  const x = { data: Float64Array.from(rows.flat()), n: rows.length, d: D };
  const [first, second] = [...otherRegions(factorModel(model, x, y) as Factored)];
  expect([...first!.rows].sort((a, b) => a - b)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
  expect([...second!.rows].sort((a, b) => a - b)).toEqual([...Array(16).keys()]);
});

describe('a study whose first trials all lie in the lesser of two wells', () => {
  const space = Object.fromEntries(SHALLOW.map((_, j) => [`x${j}`, real(0, 1)]));
  test.each([1, 2, 3])('finds the deeper one, seed %i', (seed) => {
    const optimizer = createOptimizer(space, { seed, deterministic: true, initialTrials: 0 });
    const rng = createRng(seed);
    for (let i = 0; i < 12; i++) {
      const x = SHALLOW.map((c) => c + 0.3 * (rng.uniform() - 0.5));
      optimizer.add(Object.fromEntries(x.map((v, j) => [`x${j}`, v])), f(x));
    }
    for (let i = 0; i < 50; i++) {
      const { id, values } = optimizer.ask();
      optimizer.tell(id, f(Object.values(values) as number[]));
    }
    expect(optimizer.best()!.value).toBeLessThan(-1.4);
  });
});

test('it is time only once improvements are negligible, in enough dimensions, three times of four', () => {
  const numbers = (d: number): Column[] => Array.from({ length: d }, () => ({ count: Infinity, categorical: false }));
  const isTime = (logImprovement: number, trial = 1, d = 6, n = 40): boolean =>
    isTimeToLookElsewhere(logImprovement, trial, numbers(d), n);
  expect([isTime(-6), isTime(-6, 2), isTime(-6, 4)]).toEqual([true, true, false]);
  expect([isTime(-2), isTime(-6, 1, 2), isTime(-6, 1, 6, 1000)]).toEqual([false, false, false]);
  const withNames = [...numbers(5), { count: 3, categorical: true }];
  expect([-6, -7].map((score) => isTimeToLookElsewhere(score, 1, withNames, 40))).toEqual([false, true]);
});
