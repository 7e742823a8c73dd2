import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { type Cholesky, cholesky, choleskyOrThrow } from './cholesky.ts';

/** A random symmetric positive definite matrix G G' / n + I. */
function randomMatrix(n: number, seed = 1): Float64Array {
  const g = createRng(seed).fillNormal(new Float64Array(n * n));
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = i === j ? 1 : 0;
      for (let k = 0; k < n; k++) sum += (g[i * n + k]! * g[j * n + k]!) / n;
      a[i * n + j] = sum;
    }
  }
  return a;
}

const factor = (a: Float64Array, n: number): Cholesky => choleskyOrThrow(cholesky(a, n), 'test matrix');

/** a b for a symmetric [n, n]. */
const times = (a: Float64Array, b: Float64Array): Float64Array =>
  b.map((_, i) => b.reduce((sum, x, j) => sum + a[i * b.length + j]! * x, 0));

describe.each([1, 2, 3, 4, 5, 7, 8, 19, 64])('Cholesky, n = %i', (n) => {
  const a = randomMatrix(n);
  const f = factor(a, n);

  test("L L' is the matrix, without jitter", () => {
    expect(f.jitter).toBe(0);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k <= j; k++) sum += f.l[i * n + k]! * f.l[j * n + k]!;
        expectClose(sum, a[i * n + j]!);
      }
    }
  });

  test('solve inverts the product, one right-hand side or many', () => {
    const b = createRng(2).fillNormal(new Float64Array(n));
    expectClose(times(a, f.solve(b)), b);
    const rows = createRng(3).fillNormal(new Float64Array(6 * n));
    const solved = f.solveLowerRows(rows.slice(), 6);
    for (let q = 0; q < 6; q++) {
      expectClose(solved.subarray(q * n, (q + 1) * n), f.solveLower(rows.slice(q * n, (q + 1) * n)));
    }
  });

  test('the inverse times a vector is the solution', () => {
    const inverse = f.inverseLower();
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) inverse[j * n + i] = inverse[i * n + j]!;
    const b = createRng(4).fillNormal(new Float64Array(n));
    expectClose(times(inverse, b), f.solve(b));
  });

  test('a factor extended block by block is the factor of the whole', () => {
    for (const q of [1, Math.floor(n / 2)]) {
      const m = n - q;
      if (m < 1 || q < 1) continue;
      const head = new Float64Array(m * m);
      const b = new Float64Array(q * m);
      const c = new Float64Array(q * q);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          if (i < m && j < m) head[i * m + j] = a[i * n + j]!;
          if (i >= m && j < m) b[(i - m) * m + j] = a[i * n + j]!;
          if (i >= m && j >= m) c[(i - m) * q + j - m] = a[i * n + j]!;
        }
      }
      const extended = choleskyOrThrow(factor(head, m).extend(b, c), 'extended matrix');
      for (let i = 0; i < n; i++) {
        expectClose(extended.l.subarray(i * n, i * n + i + 1), f.l.subarray(i * n, i * n + i + 1));
      }
    }
  });
});

test('the log-determinant of a diagonal matrix is the sum of logs', () => {
  expectClose(factor(Float64Array.of(2, 0, 0, 3), 2).logDeterminant(), Math.log(6));
});

test('a singular matrix is factored with the smallest jitter that works', () => {
  const ones = new Float64Array(9).fill(1);
  const f = factor(ones, 3);
  expect(f.jitter).toBe(1e-10);
});

test('an indefinite matrix is refused with the row, a NaN at once', () => {
  expect(cholesky(Float64Array.of(1, 0, 2, 1), 2)).toEqual({ ok: false, reason: 'not-positive-definite', row: 1 });
  expect(cholesky(Float64Array.of(1, 0, Number.NaN, 1), 2)).toMatchObject({ ok: false, reason: 'not-finite' });
  expect(() => factor(Float64Array.of(1, 0, 2, 1), 2)).toThrow(/not positive definite at row 1/);
});
