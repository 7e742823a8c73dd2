import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { fixture } from '../fixtures.ts';
import { halton, latinHypercube } from './lattice.ts';
import { SOBOL_DIMENSIONS, sobol } from './sobol.ts';

const oracle = fixture<{ wide: number[][]; first8: number[][] }>('sobol');

/** How many points fall into each cell of a grid of 2^a by 2^b cells over dimensions p and q. */
function cellCounts(points: Float64Array, d: number, p: number, q: number, a: number, b: number): number[] {
  const counts = Array<number>(2 ** (a + b)).fill(0);
  for (let i = 0; i < points.length / d; i++) {
    const cell = Math.floor(points[i * d + p]! * 2 ** a) * 2 ** b + Math.floor(points[i * d + q]! * 2 ** b);
    counts[cell]!++;
  }
  return counts;
}

describe('Sobol', () => {
  test('equals scipy, in 8 and in all dimensions', () => {
    expect(SOBOL_DIMENSIONS).toBe(256);
    expect([...sobol(128, 8)]).toEqual(oracle.first8.flat());
    expect([...sobol(16, 256)]).toEqual(oracle.wide.flat());
  });

  test('a skip continues the sequence', () => {
    expect([...sobol(100, 5, { skip: 28 })]).toEqual([...sobol(128, 5).subarray(28 * 5)]);
  });

  test('scrambled points differ by stream and remain a net in every pair of the first dimensions', () => {
    const points = sobol(64, 2, { rng: createRng(1) });
    expect([...points]).not.toEqual([...sobol(64, 2, { rng: createRng(2) })]);
    for (let a = 0; a <= 6; a++) expect(cellCounts(points, 2, 0, 1, a, 6 - a)).toEqual(Array(64).fill(1));
    const wide = sobol(64, 20, { rng: createRng(3) });
    for (let j = 0; j < 20; j++) expect(cellCounts(wide, 20, j, j, 6, 0)).toEqual(Array(64).fill(1));
  });

  test('each scrambled point is uniform over the streams', () => {
    const values = Array.from({ length: 2000 }, (_, seed) => sobol(1, 1, { rng: createRng(seed), skip: 5 })[0]!);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    expectClose(mean, 0.5, { atol: 0.03 });
    expectClose(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length, 1 / 12, { atol: 0.01 });
  });

  test('integrates a smooth function far better than its count of random points would', () => {
    const points = sobol(1024, 4, { rng: createRng(1) });
    let sum = 0;
    for (let i = 0; i < 1024; i++) sum += points.subarray(4 * i, 4 * i + 4).reduce((product, x) => product * 2 * x, 1);
    expectClose(sum / 1024, 1, { atol: 3e-3 });
  });

  test('more dimensions than direction numbers are refused', () => {
    expect(() => sobol(1, 257)).toThrow(/expected 0 to 256 dimensions, got 257/);
  });
});

test('a Latin hypercube has one point in every slice of every dimension', () => {
  const points = latinHypercube(10, 3, createRng(4));
  for (let j = 0; j < 3; j++) {
    const slices = Array.from({ length: 10 }, (_, i) => Math.floor(10 * points[3 * i + j]!));
    expect(slices.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
});

test('Halton: the first points by hand, and with permuted digits still one point a slice', () => {
  expectClose(halton(4, 2, { skip: 1 }), [1 / 2, 1 / 3, 1 / 4, 2 / 3, 3 / 4, 1 / 9, 1 / 8, 4 / 9]);
  const points = halton(9, 2, { rng: createRng(5) });
  const slices = Array.from({ length: 9 }, (_, i) => Math.floor(9 * points[2 * i + 1]! + 1e-9));
  expect(slices.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});
