import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { RandomForest } from './random-forest.ts';

const rng = createRng(1);
const x = Array.from({ length: 300 }, () => [rng.uniform(), rng.uniform(), rng.uniform()]);
const truth = ([a, b]: readonly number[]): number => (a! < 0.5 ? 0 : 2) + (b! < 0.3 ? 1 : 0);

test('learns steps from noisy data, and is unsure only where they are', () => {
  const y = x.map((point) => truth(point) + 0.1 * rng.normal());
  const forest = new RandomForest({ seed: 1 }).fit(x, y);
  const { mean, variance } = forest.predict([
    [0.2, 0.7, 0.5],
    [0.8, 0.1, 0.5],
    [0.5, 0.7, 0.5],
  ]);
  expectClose(mean.subarray(0, 2), [0, 3], { atol: 0.15 });
  expect(variance[2]!).toBeGreaterThan(5 * variance[0]!);
});

test('one constant target is predicted exactly, and equal seeds give equal forests', () => {
  const { mean, variance } = new RandomForest().fit(x, Array(300).fill(2.5)).predict(x.slice(0, 3));
  expectClose(mean, [2.5, 2.5, 2.5]);
  expectClose(variance, [0, 0, 0]);
  const y = x.map(truth);
  const at = (seed: number) => [...new RandomForest({ seed }).fit(x, y).predict(x).mean];
  expect(at(3)).toEqual(at(3));
  expect(at(3)).not.toEqual(at(4));
});

test('about as many new outcomes as expected fall within two deviations', () => {
  const noisy = (point: readonly number[]): number => Math.sin(5 * point[0]!) + 0.3 * rng.normal();
  const forest = new RandomForest({ minLeaf: 5 }).fit(x, x.map(noisy));
  const fresh = Array.from({ length: 400 }, () => [rng.uniform(), rng.uniform(), rng.uniform()]);
  const { mean, variance } = forest.predict(fresh);
  const inside = fresh.filter((point, i) => Math.abs(noisy(point) - mean[i]!) < 2 * Math.sqrt(variance[i]!)).length;
  expect(inside / 400).toBeGreaterThan(0.85);
});

test('no data is refused', () => {
  expect(() => new RandomForest().predict([[1]])).toThrow(/no data yet/);
  expect(() => new RandomForest().fit([], [])).toThrow(/at least one point/);
});
