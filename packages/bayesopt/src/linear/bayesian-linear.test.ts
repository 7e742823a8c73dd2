import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { GaussianProcess } from '../gp/gaussian-process.ts';
import { constant, sum } from '../kernels/compose.ts';
import { linear } from '../kernels/structured.ts';
import { BayesianLinearRegression } from './bayesian-linear.ts';
import { metropolis } from './metropolis.ts';

const rng = createRng(1);
const X = Array.from({ length: 30 }, () => [4 * rng.uniform() - 2]);
const y = X.map(([x]) => 0.7 - 1.3 * x! + 0.5 * rng.normal());
const options = { weightVariance: 4, noise: 0.25 };
const regression = new BayesianLinearRegression(options).fit(X, y);

test('one observation by hand: precision 1/v + 1/s2 for the intercept alone', () => {
  const one = new BayesianLinearRegression({ weightVariance: 2, noise: 0.5 }).fit([[0]], [3]);
  const { mean, covariance } = one.weights();
  expectClose(mean, [6 / 2.5, 0]);
  expectClose(covariance.to1DArray(), [1 / 2.5, 0, 0, 2]);
});

test('equals a Gaussian process with a constant and a linear kernel', () => {
  const gp = new GaussianProcess({ kernel: sum(constant(4), linear({ variance: 4 })), noise: 0.25 });
  gp.fit(X, y, { optimise: false });
  const fresh = [[-3], [0.4], [5]];
  expectClose(regression.predict(fresh).mean, gp.predict(fresh).mean, { rtol: 1e-8 });
  expectClose(regression.predict(fresh).variance, gp.predict(fresh).variance, { rtol: 1e-7 });
});

test('epistemic and aleatory variances add; only the first shrinks with data', () => {
  const epistemic = regression.predict([[1]]).variance[0]!;
  expectClose(regression.predict([[1]], { noise: true }).variance[0]!, epistemic + 0.25);
  const fewer = new BayesianLinearRegression(options).fit(X.slice(0, 5), y.slice(0, 5));
  expect(epistemic).toBeLessThan(fewer.predict([[1]]).variance[0]!);
});

test('the posterior sampled by Markov chain Monte Carlo matches the closed form', () => {
  const logPosterior = (w: Float64Array): number => {
    const errors = X.reduce((total, [x], i) => total + (y[i]! - w[0]! - w[1]! * x!) ** 2, 0);
    return -errors / (2 * options.noise) - (w[0]! ** 2 + w[1]! ** 2) / (2 * options.weightVariance);
  };
  const { samples, acceptance } = metropolis(logPosterior, [0, 0], { samples: 4000, thin: 8, seed: 2 });
  const { mean, covariance } = regression.weights();
  const average = (f: (w: Float64Array) => number): number =>
    samples.reduce((total, w) => total + f(w), 0) / samples.length;
  for (const i of [0, 1]) {
    expectClose(
      average((w) => w[i]!),
      mean[i]!,
      { atol: 0.01 },
    );
    expectClose(
      average((w) => (w[i]! - mean[i]!) ** 2),
      covariance.get(i, i),
      { rtol: 0.12 },
    );
  }
  expect(acceptance).toBeGreaterThan(0.1);
  expect(acceptance).toBeLessThan(0.5);
});

describe('misuse', () => {
  test('no data, and a chain that starts nowhere, are refused', () => {
    expect(() => new BayesianLinearRegression().weights()).toThrow(/no data yet/);
    expect(() => metropolis(() => Number.NaN, [0])).toThrow(/finite log density at the start, got NaN/);
  });
});
