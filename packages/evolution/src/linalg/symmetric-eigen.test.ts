import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { symmetricEigen } from './symmetric-eigen.ts';

function randomSymmetric(n: number, seed: number): Float64Array {
  const a = createRng(seed).fillNormal(new Float64Array(n * n));
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j]!;
  return a;
}

test.each([1, 2, 3, 7, 20, 41])('Q diag(values) Q^T is A and Q is orthogonal, n = %i', (n) => {
  const a = randomSymmetric(n, n);
  const { values, vectors } = symmetricEigen(a, n);
  const rebuilt = new Float64Array(n * n);
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < n; k++) {
        rebuilt[i * n + j]! += values[k]! * vectors[k * n + i]! * vectors[k * n + j]!;
        gram[i * n + j]! += vectors[i * n + k]! * vectors[j * n + k]!;
      }
  expectClose(rebuilt, a, { atol: 1e-12 * n });
  expectClose(
    gram,
    Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0)),
    { atol: 1e-13 * n },
  );
  expect([...values]).toEqual([...values].sort((x, y) => x - y));
});

test('by hand: [[2, 1], [1, 2]] has eigenvalues 1 and 3', () => {
  expectClose(symmetricEigen(Float64Array.of(2, 1, 1, 2), 2).values, [1, 3]);
});

test('a diagonal matrix and eigenvalues over twelve orders of magnitude', () => {
  const a = Float64Array.of(1e6, 0, 0, 0, 1e-6, 0, 0, 0, 1);
  expectClose(symmetricEigen(a, 3).values, [1e-6, 1, 1e6]);
});

test('only the lower triangle is used', () => {
  expectClose(symmetricEigen(Float64Array.of(2, 7, -3, 1, 2, 9, 0, 0, 5), 3).values, [1, 3, 5]);
});

test('NaN is refused', () => {
  expect(() => symmetricEigen(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).toThrow(
    'expected a finite symmetric matrix',
  );
});
