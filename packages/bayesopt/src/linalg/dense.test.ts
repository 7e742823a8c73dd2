import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { subtractSquare } from './products.ts';
import { factorInPlace, inverseFromFactor, solveLowerRows } from './triangular.ts';

const normals = (count: number, seed: number): Float64Array => createRng(seed).fillNormal(new Float64Array(count));

/** The definition: a b'. */
function plainProduct(a: Float64Array, m: number, b: Float64Array, n: number, k: number): Float64Array {
  return Float64Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let c = 0; c < k; c++) sum += a[i * k + c]! * b[j * k + c]!;
    return sum;
  });
}

/** The definition of Cholesky's factor, entry by entry. */
function plainFactor(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * n + j]!;
      for (let k = 0; k < j; k++) rest -= l[i * n + k]! * l[j * n + k]!;
      l[i * n + j] = i === j ? Math.sqrt(rest) : rest / l[j * n + j]!;
    }
  }
  return l;
}

const lowerOf = (a: Float64Array, n: number): Float64Array => a.map((v, at) => (at % n <= Math.floor(at / n) ? v : 0));

/** Well conditioned: G G' / n + I. */
function randomMatrix(n: number): Float64Array {
  const g = normals(n * n, 1);
  return plainProduct(g, n, g, n, n).map((v, at) => v / n + (at % n === Math.floor(at / n) ? 1 : 0));
}

// Around the borders of tiles (4 and 2), panels (48) and blocks (512).
describe.each([1, 2, 3, 4, 5, 47, 48, 49, 51, 97, 255, 511, 513])('order %i', (n) => {
  const a = randomMatrix(n);
  const l = plainFactor(a, n);

  test('the factor is that of the definition', () => {
    const factored = a.slice();
    expect(factorInPlace(factored, n)).toBe(-1);
    expectClose(lowerOf(factored, n), l, { rtol: 1e-11, atol: 1e-12 });
  });

  test('solving rows of L X gives X back, whatever their number', () => {
    for (const m of [1, 3, 4, 53]) {
      const x = normals(m * n, 2);
      const b = plainProduct(x, m, l, n, n);
      solveLowerRows(l, n, b, m);
      expectClose(b, x, { rtol: 1e-10, atol: 1e-10 });
    }
  });

  test('the inverse times the matrix is the identity', () => {
    const out = new Float64Array(n * n);
    inverseFromFactor(l, n, out);
    const inverse = lowerOf(out, n);
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) inverse[i * n + j] = inverse[j * n + i]!;
    const identity = Float64Array.from({ length: n * n }, (_, at) => (at % n === Math.floor(at / n) ? 1 : 0));
    expectClose(plainProduct(inverse, n, a, n, n), identity, { rtol: 1e-10, atol: 1e-10 });
  });
});

test.each([
  [1, 1],
  [5, 2],
  [50, 300],
  [97, 33],
])("a a' of a [%i, %i] is that of the definition", (m, k) => {
  const a = normals(m * k, 3);
  const c = normals(m * m, 5);
  const expected = plainProduct(a, m, a, m, k).map((v, at) => c[at]! - v);
  subtractSquare(c, a, m, k);
  expectClose(lowerOf(c, m), lowerOf(expected, m), { rtol: 1e-11, atol: 1e-11 });
});

test('the row of the first pivot that is not positive is told, in whatever block it lies', () => {
  for (const row of [0, 3, 60, 299]) {
    const n = 300;
    const a = randomMatrix(n);
    a[row * n + row] = -1;
    expect(factorInPlace(a, n)).toBe(row);
  }
});
