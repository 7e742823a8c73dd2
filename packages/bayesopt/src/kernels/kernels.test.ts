import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { cholesky } from '../linalg/cholesky.ts';
import { constant, product, scale, sum, white } from './compose.ts';
import { covariance } from './covariance.ts';
import type { Kernel } from './kernel.ts';
import { matricesOf, pairwise } from './matrices.ts';
import { matern12, matern32, matern52, rationalQuadratic, rbf } from './stationary.ts';
import { hamming, linear, periodic, polynomial } from './structured.ts';
import { kumaraswamy } from './warp.ts';

const D = 3;
const ard = { lengthscale: [0.5, 0.8, 1.7] };

/** Every kernel; a new one joins the laws below by one row. */
const KERNELS: readonly Kernel[] = [
  rbf(ard),
  rbf({ lengthscale: 0.4 }),
  rbf({ lengthscale: [0.3, 0.7], dims: [2, 0] }),
  matern12(ard),
  matern32(ard),
  matern52(ard),
  matern52({ ...ard, categorical: [1] }),
  rationalQuadratic({ ...ard, alpha: 1.3 }),
  scale(matern52(ard), 1.7),
  scale(sum(rbf(ard), constant(0.3), white(0.1)), 2),
  linear({ variance: [0.5, 1, 2] }),
  linear({ variance: 0.7, dims: [0, 2] }),
  polynomial({ degree: 3, offset: 0.4 }),
  periodic({ period: 0.7, lengthscale: 1.2 }),
  product(scale(matern32(ard), 0.6), sum(rbf({ lengthscale: 0.9 }), constant(0.2))),
  kumaraswamy(sum(matern52(ard), white(0.1)), { columns: D, a: [0.5, 1.4, 2], b: [3, 0.8, 1] }),
];

const points = createRng(1).fillUniform(new Float64Array(20 * D));
const OTHER = 3 * D;

describe.each(KERNELS.map((kernel) => [kernel.label, kernel] as const))('%s', (_, kernel) => {
  const values = kernel.parameters.map((p) => p.value);
  const at = (k: Kernel, i: number, j: number): number => k.value(points, i, points, j, D);

  test('is symmetric', () => {
    for (let i = 0; i < 20; i++) expectClose(at(kernel, i * D, OTHER), at(kernel, OTHER, i * D), { rtol: 1e-14 });
  });

  test('its gradient by the log-parameters agrees with central differences, at one point and at two', () => {
    const gradient = new Float64Array(values.length + 1);
    for (const j of [OTHER, 0]) {
      expectClose(kernel.gradient(points, 0, points, j, D, gradient, 1), at(kernel, 0, j), { rtol: 1e-14 });
      values.forEach((_value, p) => {
        const moved = (step: number) => kernel.withValues(values.map((v, q) => (q === p ? v * Math.exp(step) : v)));
        const difference = (at(moved(1e-5), 0, j) - at(moved(-1e-5), 0, j)) / 2e-5;
        expectClose(gradient[p + 1]!, difference, { rtol: 1e-7, atol: 1e-10 });
      });
    }
  });

  test('its gradient by the input agrees with central differences', () => {
    const gradient = new Float64Array(D);
    kernel.addInputGradient(points, 0, points, OTHER, D, 2, gradient);
    const isCategorical = kernel === KERNELS[6];
    for (let c = 0; c < D; c++) {
      if (isCategorical && c === 1) continue;
      const moved = (step: number): number => {
        const x = points.slice(0, D);
        x[c]! += step;
        return kernel.value(x, 0, points, OTHER, D);
      };
      expectClose(gradient[c]!, (2 * (moved(1e-6) - moved(-1e-6))) / 2e-6, { rtol: 1e-7, atol: 1e-9 });
    }
  });

  test('its matrices and their contracted derivatives are those of its pairs', () => {
    // White noise tells points by identity: both sides see the same arrays.
    const [x, few] = [
      { data: points, n: 20, d: D },
      { data: points, n: 7, d: D },
    ];
    const [own, plain] = [matricesOf(kernel), pairwise(kernel)];
    for (const [a, b] of [
      [x, few],
      [few, x],
    ] as const) {
      const [fast, slow] = [new Float64Array(140), new Float64Array(140)];
      own.fill(a, b, false, fast);
      plain.fill(a, b, false, slow);
      expectClose(fast, slow, { rtol: 1e-14, atol: 1e-15 });
    }
    const weights = createRng(5).fillNormal(new Float64Array(400));
    const [fast, slow] = [new Float64Array(values.length + 1), new Float64Array(values.length + 1)];
    expectClose(own.contract(x, weights, fast, 1), plain.contract(x, weights, slow, 1), { rtol: 1e-12 });
    expectClose(fast, slow, { rtol: 1e-11, atol: 1e-12 });
    const [lower, plainLower] = [new Float64Array(400), new Float64Array(400)];
    own.fill(x, x, true, lower);
    plain.fill(x, x, true, plainLower);
    for (let i = 0; i < 20; i++) {
      const row = [20 * i, 20 * i + i + 1] as const;
      expectClose(lower.subarray(...row), plainLower.subarray(...row), { rtol: 1e-14, atol: 1e-15 });
    }
  });

  test('its covariance of distinct points is positive definite', () => {
    const factor = cholesky(covariance(kernel, { data: points, n: 20, d: D }), 20);
    expect(factor.ok && factor.jitter <= 1e-8).toBe(true);
  });
});

test('sums, products and scales of kernels are sums, products and scales of their values', () => {
  const [a, b] = [rbf(ard), matern32(ard)];
  const at = (k: Kernel): number => k.value(points, 0, points, OTHER, D);
  expectClose(at(sum(a, b)), at(a) + at(b));
  expectClose(at(product(a, b)), at(a) * at(b));
  expectClose(at(scale(a, 3)), 3 * at(a));
});

test('a mixed kernel: names by Hamming, numbers by distance', () => {
  const kernel = product(matern52({ lengthscale: 0.5, dims: [0, 2] }), hamming({ lengthscale: 2, dims: [1] }));
  const x = Float64Array.of(0.1, 0.25, 0.3, 0.1, 0.75, 0.3);
  expectClose(kernel.value(x, 0, x, 3, D), Math.exp(-1 / 8));
});

test('periodic functions repeat', () => {
  const kernel = periodic({ period: 0.5 });
  const x = Float64Array.of(0.2, 0.7, 1.2);
  expectClose(kernel.value(x, 0, x, 1, 1), 1);
  expectClose(kernel.value(x, 0, x, 2, 1), 1);
});

test('rational quadratic tends to the squared exponential as alpha grows', () => {
  const at = (k: Kernel): number => k.value(points, 0, points, OTHER, D);
  expectClose(at(rationalQuadratic({ ...ard, alpha: 1e7 })), at(rbf(ard)), { rtol: 1e-6 });
});

test('white noise counts for a point with itself, not for an equal point', () => {
  const copy = points.slice(0, D);
  expect(white(0.3).value(points, 0, points, 0, D)).toBe(0.3);
  expect(white(0.3).value(points, 0, copy, 0, D)).toBe(0);
});

test('two different categories are at distance 1, whatever their positions', () => {
  const kernel = rbf({ lengthscale: 2, categorical: [0] });
  const x = Float64Array.of(0.1, 0.2, 0.9);
  expectClose(kernel.value(x, 0, x, 1, 1), Math.exp(-1 / 8));
  expectClose(kernel.value(x, 0, x, 2, 1), Math.exp(-1 / 8));
  expect(kernel.value(x, 0, x, 0, 1)).toBe(1);
});

test('length scales that do not fit the inputs are refused', () => {
  expect(() => rbf(ard).value(points, 0, points, 1, 2)).toThrow(/expected 2 values, one an input column, got 3/);
  expect(() => rbf({ lengthscale: [1, 2, 3], dims: [0] })).toThrow(/expected 1 or 1 values for dims, got 3/);
  expect(() => rbf({ lengthscale: -1 })).toThrow(/lengthscale: expected a positive number, got -1/);
});

test('very distant points have no covariance, and coinciding ones all of it, in matrices as in pairs', () => {
  const x = { data: Float64Array.of(0, 0, 1e-160, 30, 1e5, 1e100), n: 6, d: 1 };
  for (const kernel of [rbf(), matern12(), matern32(), matern52()]) {
    const [fast, slow] = [new Float64Array(36), new Float64Array(36)];
    matricesOf(kernel).fill(x, x, false, fast);
    pairwise(kernel).fill(x, x, false, slow);
    expectClose(fast, slow, { rtol: 1e-13, atol: 1e-300 });
    const gradient = new Float64Array(1);
    matricesOf(kernel).contract(x, new Float64Array(36).fill(1), gradient, 0);
    expect(gradient[0]).toSatisfy(Number.isFinite);
  }
});

test('warping with shapes 1 changes nothing, and undoes a power of the inputs', () => {
  const plain = matern52(ard);
  const identity = kumaraswamy(plain, { columns: D });
  expectClose(identity.value(points, 0, points, OTHER, D), plain.value(points, 0, points, OTHER, D), { rtol: 1e-13 });
  const squares = points.map((u) => u * u);
  const rooted = kumaraswamy(plain, { columns: D, a: [0.5, 0.5, 0.5] });
  expectClose(rooted.value(squares, 0, squares, OTHER, D), plain.value(points, 0, points, OTHER, D), { rtol: 1e-13 });
});
