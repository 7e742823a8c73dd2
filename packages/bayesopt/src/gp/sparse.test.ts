import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { scale } from '../kernels/compose.ts';
import { matern52, rbf } from '../kernels/stationary.ts';
import { GaussianProcess } from './gaussian-process.ts';
import { learnedNoise } from './model.ts';
import { SparseGaussianProcess } from './sparse.ts';

const rng = createRng(1);
const draw = (n: number): number[][] => Array.from({ length: n }, () => [rng.uniform(), rng.uniform()]);
const truth = ([a, b]: readonly number[]): number => Math.sin(6 * a!) + b! ** 2;
const X = draw(40);
const y = X.map((point) => truth(point) + 0.1 * rng.normal());
const kernel = scale(matern52({ lengthscale: [0.4, 0.7] }), 1.3);
const exact = new GaussianProcess({ kernel, noise: 0.02 }).fit(X, y, { optimise: false });
const sparse = (inducing: number | number[][]) =>
  new SparseGaussianProcess({ kernel, noise: 0.02, inducing }).fit(X, y, { optimise: false });

test('with every point inducing it is the exact process', () => {
  const all = sparse(X);
  expectClose(all.bound(), exact.logMarginalLikelihood(), { rtol: 1e-8 });
  const fresh = draw(5);
  expectClose(all.predict(fresh).mean, exact.predict(fresh).mean, { rtol: 1e-7, atol: 1e-9 });
  expectClose(all.predict(fresh).variance, exact.predict(fresh).variance, { rtol: 1e-6, atol: 1e-9 });
});

test('with fewer it is a lower bound that rises with their number', () => {
  const bounds = [5, 10, 20, 40].map((m) => sparse(m).bound());
  expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
  expect(bounds[3]!).toBeLessThanOrEqual(exact.logMarginalLikelihood() + 1e-6);
});

test('the gradient of the bound agrees with central differences', () => {
  const inducing = X.slice(0, 12);
  const values = [...kernel.parameters.map((p) => p.value), 0.02];
  const at = (v: number[]) =>
    new SparseGaussianProcess({ kernel: kernel.withValues(v.slice(0, 3)), noise: v[3]!, inducing }).fit(X, y, {
      optimise: false,
    });
  const gradient = at(values).boundGradient();
  values.forEach((_, p) => {
    const moved = (step: number): number => at(values.map((v, q) => (q === p ? v * Math.exp(step) : v))).bound();
    expectClose(gradient[p]!, (moved(1e-5) - moved(-1e-5)) / 2e-5, { rtol: 1e-5, atol: 1e-6 });
  });
});

test('fits 1,500 points through 60, and its intervals cover new outcomes', () => {
  const many = draw(1500);
  const outcomes = many.map((point) => truth(point) + 0.1 * rng.normal());
  const gp = new SparseGaussianProcess({
    kernel: scale(rbf({ lengthscale: [1, 1] }), 1),
    noise: learnedNoise({ value: 0.1 }),
    inducing: 60,
  }).fit(many, outcomes, { maxIterations: 25 });
  const fresh = draw(300);
  const { mean, variance } = gp.predict(fresh, { noise: true });
  expectClose(Math.sqrt(gp.parameters.at(-1)!.value), 0.1, { rtol: 0.1 });
  const error = fresh.reduce((sum, point, i) => sum + (truth(point) - mean[i]!) ** 2, 0) / 300;
  expect(Math.sqrt(error)).toBeLessThan(0.03);
  const covered = fresh.filter((point, i) => {
    return Math.abs(truth(point) + 0.1 * rng.normal() - mean[i]!) < 1.96 * Math.sqrt(variance[i]!);
  }).length;
  expectClose(covered / 300, 0.95, { atol: 0.04 });
});

test('noise by point and missing data are refused', () => {
  expect(
    () => new SparseGaussianProcess({ kernel, noise: { kind: 'perPoint', variances: Float64Array.of(1) } }),
  ).toThrow(/one variance for all points/);
  expect(() => new SparseGaussianProcess({ kernel, noise: 1 }).bound()).toThrow(/no data yet/);
});
