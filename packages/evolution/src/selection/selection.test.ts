import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { tournament, truncation } from './competitive.ts';
import { rank, roulette, stochasticUniversal } from './proportional.ts';
import type { Selection } from './selection.ts';

const SCORES = Float64Array.of(169, 576, 64, 361);

/** Copies of each individual when `count` parents are drawn. */
function copies(selection: Selection, scores: Float64Array, count: number, seed = 1): Float64Array {
  const counts = new Float64Array(scores.length);
  for (const i of selection.select(scores, count, createRng(seed), () => 1)) counts[i]!++;
  return counts;
}

/** Largest deviation of observed shares from expected ones, in standard errors. */
function standardErrors(observed: Float64Array, expected: readonly number[], count: number): number {
  return Math.max(
    ...expected.map((p, i) => Math.abs(observed[i]! / count - p) / Math.sqrt((p * (1 - p)) / count + 1e-12)),
  );
}

test('roulette: expected copies equal relative fitness', () => {
  const count = 200_000;
  const total = SCORES.reduce((a, b) => a + b);
  const shares = Array.from(SCORES, (f) => f / total);
  expect(standardErrors(copies(roulette(), SCORES, count), shares, count)).toBeLessThan(4);
});

test('stochastic universal sampling: copies differ from the expected number by less than one', () => {
  const total = SCORES.reduce((a, b) => a + b);
  for (let seed = 0; seed < 50; seed++) {
    const observed = copies(stochasticUniversal(), SCORES, 10, seed);
    observed.forEach((n, i) => {
      expect(Math.abs(n - (10 * SCORES[i]!) / total)).toBeLessThan(1);
    });
  }
});

test('linear rank: the best is expected `pressure` times, the worst 2 - pressure, the steps are equal', () => {
  const scores = Float64Array.of(5, -3, 1e9, 0, 7);
  const observed = copies(rank({ pressure: 1.8 }), scores, 5_000_000);
  expectClose(
    observed.map((n) => n / 1e6),
    [1, 0.2, 1.8, 0.6, 1.4],
    { atol: 1e-5 },
  );
});

test.each([2, 3, 7])('tournament of %i: expected copies follow the order statistics', (size) => {
  const n = 4;
  const count = 200_000;
  const better = [2, 0, 3, 1];
  const shares = better.map((r) => ((n - r) / n) ** size - ((n - r - 1) / n) ** size);
  expect(standardErrors(copies(tournament(size), SCORES, count), shares, count)).toBeLessThan(4);
});

test('truncation: only the best reproduce, equally often', () => {
  expect([...copies(truncation(0.5), SCORES, 10)]).toEqual([0, 5, 0, 5]);
});

describe('scaling', () => {
  test('window: the worst gets no copies', () => {
    expect(copies(roulette({ scaling: 'window' }), Float64Array.of(-5, -4, -2), 30_000)[0]).toBe(0);
  });
  test('sigma: weights are scores above the mean minus two deviations', () => {
    const scores = Float64Array.of(-1, 1);
    const shares = [1 / 4, 3 / 4];
    expect(standardErrors(copies(roulette({ scaling: 'sigma' }), scores, 50_000), shares, 50_000)).toBeLessThan(4);
  });
  test('equal or zero scores are drawn uniformly', () => {
    const zero = new Float64Array(4);
    expect(standardErrors(copies(roulette(), zero, 50_000), [0.25, 0.25, 0.25, 0.25], 50_000)).toBeLessThan(4);
  });
  test('an individual of score -Infinity is never chosen', () => {
    expect(copies(roulette(), Float64Array.of(1, -Infinity, 2), 1000)[1]).toBe(0);
  });
});
