import { categorical, createRng, integer, logReal, real, type Values } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { fixture } from '../fixtures.ts';
import type { Points } from '../linalg/points.ts';
import { importance, sobolIndices } from './importance.ts';
import { createOptimizer } from './optimizer.ts';

const each = ({ data, n, d }: Points, f: (x: Float64Array) => number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => f(data.subarray(i * d, (i + 1) * d)));

test("indices of Ishigami's function are those of its analytic variances", () => {
  const [a, b] = [7, 0.1];
  const indices = sobolIndices(
    (points) =>
      each(points, (u) => {
        const [x, y, z] = Array.from(u, (v) => Math.PI * (2 * v - 1)) as [number, number, number];
        return Math.sin(x) + a * Math.sin(y) ** 2 + b * z ** 4 * Math.sin(x);
      }),
    3,
    4096,
    createRng(1),
  );
  const pi4 = Math.PI ** 4;
  const v1 = 0.5 * (1 + (b * pi4) / 5) ** 2;
  const v2 = a ** 2 / 8;
  const v13 = b ** 2 * pi4 ** 2 * (1 / 18 - 1 / 50);
  const v = v1 + v2 + v13;
  const tolerance = { rtol: 0, atol: 0.01 };
  expectClose(
    Float64Array.from(indices, (index) => index.first),
    Float64Array.of(v1 / v, v2 / v, 0),
    tolerance,
  );
  const totals = Float64Array.of((v1 + v13) / v, v2 / v, v13 / v);
  expectClose(
    Float64Array.from(indices, (index) => index.total),
    totals,
    tolerance,
  );
});

test('a function without variance depends on nothing', () => {
  expect(sobolIndices(({ n }) => new Float64Array(n), 2, 16, createRng(1))).toEqual([
    { first: 0, total: 0 },
    { first: 0, total: 0 },
  ]);
});

test("importance is that of the function, and agrees with Optuna's over the same trials", () => {
  const space = { x: real(-1, 1), rate: logReal(1e-4, 1), n: integer(1, 8), kind: categorical(['a', 'b', 'c']) };
  interface Recorded {
    readonly trials: readonly { readonly values: Values<typeof space>; readonly value: number }[];
    readonly importance: Readonly<Record<string, number>>;
  }
  const { trials, importance: expected } = fixture<Recorded>('importance');
  const study = createOptimizer(space);
  for (const { values, value } of trials) study.add(values, value);
  const found = importance(study);
  // The function's own variances: those of 3 x^2 + 0.2 x, of the rate's square, of 0.05 n, of the kinds, and of x with n.
  const parts = { x: 0.8 + 0.04 / 3, rate: 16 / 45, n: 0.0131, kind: 0.1867 };
  const variance = parts.x + parts.rate + parts.n + parts.kind + 0.28;
  const ours = found.reduce((sum, { first }) => sum + first, 0);
  const theirs = Object.values(expected).reduce((sum, share) => sum + share, 0);
  const tolerance = { rtol: 0, atol: 0.1 };
  for (const { name, first } of found) {
    expectClose(first, parts[name as keyof typeof parts] / variance, tolerance);
    // Optuna averages the shares of single trees, which see more interaction than their mean does.
    expectClose(first / ours, expected[name]! / theirs, tolerance);
  }
  expect(found.map(({ name }) => name)[0]).toBe('x');
});

test('a study without two finished trials is refused', () => {
  expect(() => importance(createOptimizer({ x: real(0, 1) }))).toThrow(/expected at least 2 finished trials, got 0/);
});
