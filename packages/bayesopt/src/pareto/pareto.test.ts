import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { chebyshev, dominates, hypervolume, paretoFront } from './pareto.ts';

test('dominance and the front by hand', () => {
  expect(dominates([1, 2], [1, 3])).toBe(true);
  expect(dominates([1, 2], [1, 2])).toBe(false);
  expect(dominates([1, 4], [2, 3])).toBe(false);
  expect(
    paretoFront([
      [3, 1],
      [2, 2],
      [3, 3],
      [1, 3],
      [2, 2],
    ]),
  ).toEqual([0, 1, 3, 4]);
});

test('hypervolume by hand in one, two and three objectives', () => {
  expect(hypervolume([[3], [1]], [4])).toBe(3);
  expect(
    hypervolume(
      [
        [1, 3],
        [2, 2],
        [3, 1],
        [3, 3],
        [5, 0],
      ],
      [4, 4],
    ),
  ).toBe(6);
  expect(hypervolume([[0, 0, 0]], [1, 2, 3])).toBe(6);
  expect(
    hypervolume(
      [
        [0, 1, 1],
        [1, 0, 1],
      ],
      [2, 2, 2],
    ),
  ).toBe(3);
  expect(hypervolume([], [1, 1])).toBe(0);
  expect(() => hypervolume([[1]], [1, 1])).toThrow(/candidates\[0\]: expected 2 objectives, got 1/);
});

describe('hypervolumes of the ZDT fronts equal their integrals', () => {
  const front = (f2: (f1: number) => number, low = 0): number[][] =>
    Array.from({ length: 40_001 }, (_, i) => low + ((1 - low) * i) / 40_000).map((f1) => [f1, f2(f1)]);
  test.each([
    ['ZDT1', front((x) => 1 - Math.sqrt(x)), 0.876667, 120.666667],
    ['ZDT2', front((x) => 1 - x ** 2), 0.543333, 120.333333],
    ['ZDT3', front((x) => 1 - Math.sqrt(x) - x * Math.sin(10 * Math.PI * x)), 1.331763, 128.778116],
    ['ZDT6', front((x) => 1 - x ** 2, 0.2807753), 0.507878, 117.518202],
  ])('%s', (_, points, near, far) => {
    expectClose(hypervolume(points, [1.1, 1.1]), near, { atol: 1e-4 });
    expectClose(hypervolume(points, [11, 11]), far, { atol: 1e-3 });
  });
});

test('in three objectives it agrees with the share of random points that are dominated', () => {
  const rng = createRng(1);
  const draw = (): number[] => [rng.uniform(), rng.uniform(), rng.uniform()];
  const points = Array.from({ length: 12 }, draw);
  let inside = 0;
  for (let i = 0; i < 40_000; i++) {
    const at = draw();
    if (points.some((p) => p.every((v, j) => v <= at[j]!))) inside++;
  }
  expectClose(hypervolume(points, [1, 1, 1]), inside / 40_000, { atol: 0.01 });
});

test('a dominated candidate is never the minimum of a scalarisation, and extreme weights pick the ends', () => {
  const candidates = [
    [0, 10],
    [4, 4],
    [5, 5],
    [10, 0],
  ];
  expect(chebyshev(candidates, [1, 0]).indexOf(Math.min(...chebyshev(candidates, [1, 0])))).toBe(0);
  for (const w of [0.1, 0.5, 0.9]) {
    const scores = chebyshev(candidates, [w, 1 - w]);
    expect(scores[1]!).toBeLessThan(scores[2]!);
  }
});
