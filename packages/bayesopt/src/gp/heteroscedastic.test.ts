import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { scale } from '../kernels/compose.ts';
import { rbf } from '../kernels/stationary.ts';
import { GaussianProcess } from './gaussian-process.ts';
import { HeteroscedasticGaussianProcess } from './heteroscedastic.ts';
import { learnedNoise } from './model.ts';

const rng = createRng(6);
const deviation = (t: number): number => 0.05 + 0.6 * t;
const draw = (t: number): number => Math.sin(6 * t) + deviation(t) * rng.normal();
const X = Array.from({ length: 120 }, (_, i) => [i / 119]);
const y = X.map(([t]) => draw(t!));
const kernel = scale(rbf({ lengthscale: 0.3 }), 1);
const noiseKernel = scale(rbf({ lengthscale: 0.5, bounds: [0.2, 5] }), 1);
const gp = new HeteroscedasticGaussianProcess({ kernel, noiseKernel }).fit(X, y);

test('the noise is small where outcomes agree and large where they scatter', () => {
  for (const t of [0.1, 0.5, 0.9]) {
    const ratio = Math.sqrt(gp.noiseAt([[t]])[0]!) / deviation(t);
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  }
  expectClose(gp.predict([[0.1]]).mean[0]!, Math.sin(0.6), { atol: 0.1 });
});

test('new outcomes are covered everywhere, where one noise for all covers too many here and too few there', () => {
  const plain = new GaussianProcess({ kernel, noise: learnedNoise() }).fit(X, y);
  const coverage = (model: { predict: GaussianProcess['predict'] }, low: number): number => {
    const points = Array.from({ length: 400 }, (_, i) => [low + (0.2 * i) / 400]);
    const { mean, variance } = model.predict(points, { noise: true });
    return points.filter(([t], i) => Math.abs(draw(t!) - mean[i]!) < 1.96 * Math.sqrt(variance[i]!)).length / 400;
  };
  for (const low of [0, 0.8]) expectClose(coverage(gp, low), 0.95, { atol: 0.06 });
  expect(coverage(plain, 0)).toBeGreaterThan(0.99);
  expect(coverage(plain, 0.8)).toBeLessThan(0.87);
});

test('predictions before the data are refused', () => {
  expect(() => new HeteroscedasticGaussianProcess({ kernel, noiseKernel }).predict(X)).toThrow(/no data yet/);
});
