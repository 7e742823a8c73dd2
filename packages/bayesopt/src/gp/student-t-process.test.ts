import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { fixture } from '../fixtures.ts';
import { scale } from '../kernels/compose.ts';
import { matern52, rbf } from '../kernels/stationary.ts';
import { toPoints } from '../linalg/points.ts';
import { GaussianProcess } from './gaussian-process.ts';
import { laplaceMode } from './laplace.ts';
import { constantMean, zeroMean } from './mean.ts';
import { learnedNoise } from './model.ts';
import { positiveParameter } from './parameter.ts';
import { studentTLikelihood } from './student-t.ts';
import { StudentTGaussianProcess } from './student-t-process.ts';

const rng = createRng(4);
const X = Array.from({ length: 30 }, (_, i) => [i / 5]);
const clean = X.map(([t]) => Math.sin(t!) + 0.05 * rng.normal());
const spoilt = clean.map((v, i) => v + (i === 7 ? 5 : i === 19 ? -4 : 0));
const kernel = scale(rbf(), 1);
const largestError = (model: { predict: GaussianProcess['predict'] }): number =>
  Math.max(...model.predict(X).mean.map((m, i) => Math.abs(m - Math.sin(X[i]![0]!))));

const cases =
  fixture<
    {
      x: number[];
      y: number[];
      variance: number;
      lengthscale: number;
      nu: number;
      scale: number;
      mode: number[];
      laplace: number;
      covariance: number[][];
      integral: number;
      mean: number[];
    }[]
  >('student-t');

describe.each(cases)('scipy agrees on outcomes at $x', (oracle) => {
  const process = new StudentTGaussianProcess({
    kernel: scale(rbf({ lengthscale: oracle.lengthscale }), oracle.variance),
    degreesOfFreedom: oracle.nu,
    scale: oracle.scale,
  }).fit(
    oracle.x.map((x) => [x]),
    oracle.y,
    { optimise: false },
  );
  const { mean, variance } = process.predict([...new Set(oracle.x)].map((x) => [x]));

  test('mode, variance there, and approximate log evidence', () => {
    expectClose(mean, oracle.mode, { atol: 1e-7 });
    expectClose(
      variance,
      oracle.covariance.map((row, i) => row[i]!),
      { rtol: 1e-6 },
    );
    expectClose(process.logMarginalLikelihood(), oracle.laplace, { rtol: 1e-8 });
  });

  test('log evidence and mean by numerical integration, the closer the more outcomes there are', () => {
    const many = oracle.y.length > 2;
    expectClose(process.logMarginalLikelihood(), oracle.integral, { atol: many ? 0.06 : 0.2 });
    expectClose(mean, oracle.mean, { atol: many ? 5e-4 : 0.1 });
  });
});

test('with many degrees of freedom it is the exact process', () => {
  const exact = new GaussianProcess({ kernel, noise: 0.04 }).fit(X, clean, { optimise: false });
  const process = new StudentTGaussianProcess({ kernel, degreesOfFreedom: 1e7, scale: 0.2 });
  process.fit(X, clean, { optimise: false });
  expectClose(process.logMarginalLikelihood(), exact.logMarginalLikelihood(), { rtol: 1e-5 });
  const points = [[0.33], [2.5], [9]];
  for (const noise of [false, true]) {
    const [ours, theirs] = [process.predict(points, { noise }), exact.predict(points, { noise })];
    expectClose(ours.mean, theirs.mean, { atol: 1e-6 });
    expectClose(ours.variance, theirs.variance, { rtol: 1e-5 });
  }
});

test('gross errors move the mean little where they move that of a process with normal errors much', () => {
  const robust = new StudentTGaussianProcess({ kernel }).fit(X, spoilt);
  expect(largestError(robust)).toBeLessThan(0.1);
  expect(largestError(new GaussianProcess({ kernel, noise: learnedNoise() }).fit(X, spoilt))).toBeGreaterThan(0.3);
  const doubted = [...robust.weights.keys()].filter((i) => robust.weights[i]! < 0.02);
  expect(doubted).toEqual([7, 19]);
});

test('degrees of freedom are learned: few from gross errors, many from normal ones', () => {
  const learned = (y: number[]): number =>
    new StudentTGaussianProcess({ kernel, degreesOfFreedom: {} }).fit(X, y).parameters[2]!.value;
  expect(learned(spoilt)).toBeLessThan(3);
  expect(learned(clean)).toBeGreaterThan(10);
});

test('the gradient of the log evidence agrees with central differences in every parameter', () => {
  const at = (theta: readonly number[]): StudentTGaussianProcess => {
    const [variance, lengthscale, nu, size] = theta.map(Math.exp);
    return new StudentTGaussianProcess({
      kernel: scale(rbf({ lengthscale: lengthscale! }), variance!),
      degreesOfFreedom: nu!,
      scale: size!,
      mean: constantMean({ value: theta[4]! }),
    }).fit(X, spoilt, { optimise: false });
  };
  const theta = [0.2, 0.4, 1.1, -2.5, 0.15];
  const gradient = at(theta).logMarginalLikelihoodGradient();
  expect(at(theta).parameters.map(({ name }) => name)).toEqual([
    'variance',
    'lengthscale',
    'degreesOfFreedom',
    'scale',
    'mean',
  ]);
  theta.forEach((_, p) => {
    const moved = (step: number): number => at(theta.map((v, q) => (q === p ? v + step : v))).logMarginalLikelihood();
    expectClose(gradient[p]!, (moved(1e-5) - moved(-1e-5)) / 2e-5, { rtol: 1e-5, atol: 1e-6 });
  });
});

test('the mode is a peak, whatever the share of gross errors: the log posterior is flat there and lower around', () => {
  for (let trial = 0; trial < 20; trial++) {
    const n = 5 + rng.integer(15);
    const x = Array.from({ length: n }, () => [3 * rng.uniform()]);
    const y = Float64Array.from(x, ([t]) => Math.sin(3 * t!) + (rng.uniform() < 0.3 ? 5 : 0.1) * rng.normal());
    const likelihood = studentTLikelihood(y, [
      positiveParameter('degreesOfFreedom', 1 + 5 * rng.uniform()),
      positiveParameter('scale', 0.05 + 0.5 * rng.uniform()),
    ]);
    const mode = laplaceMode({ kernel: scale(matern52(), 2), mean: zeroMean(), likelihood }, toPoints(x, 'X'));
    if (!('gram' in mode)) throw new Error(`no mode in trial ${trial}`);
    const logPosterior = (a: Float64Array): number => {
      const f = a.map((_, i) => a.reduce((sum, v, j) => sum + mode.gram[i * n + j]! * v, 0));
      return likelihood.at(f).logDensity - 0.5 * a.reduce((sum, v, i) => sum + v * f[i]!, 0);
    };
    const step = 1e-5;
    for (let k = 0; k < n; k++) {
      const [up, down] = [step, -step].map((by) => logPosterior(mode.a.map((v, i) => (i === k ? v + by : v))));
      expectClose((up! - down!) / (2 * step), 0, { atol: 1e-5 });
      expect(up! + down!).toBeLessThanOrEqual(2 * mode.objective + 1e-12);
    }
  }
});

test('outcomes that contradict each other equally leave the mean between them', () => {
  const process = new StudentTGaussianProcess({ kernel: scale(rbf(), 100), scale: 0.1 });
  process.fit([[0], [0]], [5, -5], { optimise: false });
  const { mean, variance } = process.predict([[0]]);
  expectClose(mean, [0]);
  expect(Number.isFinite(variance[0]!)).toBe(true);
});

test('an outcome varies by its own errors too, without bound for two degrees of freedom or fewer', () => {
  const at = (degreesOfFreedom: number): number[] => {
    const process = new StudentTGaussianProcess({ kernel, degreesOfFreedom, scale: 0.3 }).fit(X, clean);
    return [true, false].map((noise) => process.predict([[1]], { noise }).variance[0]!);
  };
  const [outcome, latent] = at(5);
  expectClose(outcome! - latent!, (0.09 * 5) / 3);
  expect(at(2)[0]).toBe(Infinity);
});

test('bad input is refused', () => {
  const create = () => new StudentTGaussianProcess({ kernel });
  expect(() => new StudentTGaussianProcess({ kernel, degreesOfFreedom: 0 })).toThrow(
    /degreesOfFreedom: expected a positive number, got 0/,
  );
  expect(() => new StudentTGaussianProcess({ kernel, scale: { value: -1 } })).toThrow(/scale: expected a positive/);
  expect(() => create().fit(X, [1, 2])).toThrow(/y: expected 30 numbers, one a point, got 2/);
  expect(() => create().fit([[0], [1]], [1, Number.NaN])).toThrow(/y: expected finite numbers, got NaN in row \[1\]/);
  expect(() => create().predict(X)).toThrow(/no data yet/);
  expect(() =>
    create()
      .fit(X, clean, { optimise: false })
      .predict([[1, 2]]),
  ).toThrow(/X\[0\]: expected 1 numbers, got 2/);
});
