import { createRng, real } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { hartmann3 } from '../problems.ts';
import { parzen } from './parzen.ts';
import { minimize } from './study.ts';

const continuous = { count: Infinity, categorical: false };
const names = { count: 4, categorical: true };

test('the density of a mixed cube integrates to one', () => {
  const estimator = parzen([Float64Array.of(0.1, 0.375), Float64Array.of(0.9, 0.625)], [continuous, names]);
  let total = 0;
  for (let i = 0; i < 1000; i++) {
    for (let k = 0; k < 4; k++)
      total += Math.exp(estimator.logDensity(Float64Array.of((i + 0.5) / 1000, (k + 0.5) / 4))) / 1000;
  }
  expectClose(total, 1, { atol: 1e-6 });
});

test('draws follow the density', () => {
  const estimator = parzen([Float64Array.of(0.2), Float64Array.of(0.25), Float64Array.of(0.8)], [continuous]);
  const rng = createRng(1);
  const draws = Array.from({ length: 4000 }, () => estimator.sample(rng)[0]!);
  for (const bound of [0.25, 0.5, 0.75]) {
    let mass = 0;
    for (let i = 0; i < 1000; i++)
      mass += (Math.exp(estimator.logDensity(Float64Array.of((bound * (i + 0.5)) / 1000))) * bound) / 1000;
    expectClose(draws.filter((u) => u < bound).length / draws.length, mass, { atol: 0.03 });
  }
});

test('TPE beats random search on Hartmann-3', async () => {
  const space = { a: real(0, 1), b: real(0, 1), c: real(0, 1) };
  const regrets = async (method: string): Promise<number> => {
    const values: number[] = [];
    for (let seed = 0; seed < 7; seed++) {
      const { value } = await minimize(({ a, b, c }) => hartmann3.f([a, b, c]), space, { method, seed, trials: 60 });
      values.push(value - hartmann3.minimum);
    }
    return values.sort((a, b) => a - b)[3]!;
  };
  const [tpe, random] = [await regrets('tpe'), await regrets('random')];
  expect(tpe).toBeLessThan(0.5 * random);
  expect(tpe).toBeLessThan(0.15);
});
