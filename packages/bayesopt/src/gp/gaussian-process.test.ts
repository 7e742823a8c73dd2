import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { Matrix, inverse as matrixInverse } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { scale } from '../kernels/compose.ts';
import { matern12, matern32, matern52, rationalQuadratic, rbf } from '../kernels/stationary.ts';
import { GaussianProcess } from './gaussian-process.ts';
import { constantMean, linearMean } from './mean.ts';
import { learnedNoise } from './model.ts';
import { logNormalPrior } from './priors.ts';

// The data of the golden numbers: x = (i/7, (3i mod 8)/7), y = sin(3 x1) + cos(5 x2).
const X = Array.from({ length: 8 }, (_, i) => [i / 7, ((3 * i) % 8) / 7]);
const y = X.map(([a, b]) => Math.sin(3 * a!) + Math.cos(5 * b!));
const NEW = [
  [0.3, 0.4],
  [0.9, 0.1],
];
const ard = { lengthscale: [0.5, 0.8] };

describe('golden numbers of scikit-learn 1.9 at fixed hyperparameters', () => {
  for (const [name, kernel, likelihood, gradient, mean, variance] of [
    [
      'rbf',
      rbf(ard),
      -26.255962379150976,
      [15.127973616, 4.587863707, -55.364279415, 3.898825346],
      [0.2997332704, 1.3659648606],
      [0.0092779961, 0.0382802589],
    ],
    [
      'matern52',
      matern52(ard),
      -15.937153095325948,
      [6.0576293, 1.06129223, -17.980798431, 0.579077555],
      [0.3425193536, 1.121208757],
      [0.0474714921, 0.1030755017],
    ],
    [
      'matern32',
      matern32(ard),
      -13.419541020741079,
      [3.102212942, 0.376150262, -8.083006695, 0.210678017],
      [0.4138944761, 0.9311311507],
      [0.1106804553, 0.1805510946],
    ],
    [
      'matern12',
      matern12(ard),
      -11.171668185099563,
      [-0.429500198, 0.305745799, -0.793462702, 0.010972297],
      [0.5340494992, 0.5901273349],
      [0.4841574105, 0.5812026226],
    ],
    [
      'rationalQuadratic',
      rationalQuadratic({ lengthscale: 0.6, alpha: 1.3 }),
      -14.165915142324986,
      [5.651756861, -15.746147963, -0.260133339, 0.332584294],
      [0.2873484532, 1.3524723281],
      [0.016261287, 0.084399157],
    ],
  ] as const) {
    test(name, () => {
      const gp = new GaussianProcess({ kernel: scale(kernel, 1.5), noise: 0.01 }).fit(X, y, { optimise: false });
      const at = gp.logMarginalLikelihoodAt();
      expectClose(gp.logMarginalLikelihood(), likelihood, { rtol: 1e-12 });
      expectClose(at.value, likelihood, { rtol: 1e-12 });
      expectClose(at.gradient, gradient, { atol: 1e-8 });
      const prediction = gp.predict(NEW);
      expectClose(prediction.mean, mean, { atol: 1e-9 });
      expectClose(prediction.variance, variance, { atol: 1e-9 });
    });
  }
});

test('MAP with priors ends at the optimum that BoTorch finds', () => {
  const centre = 0.4999366773;
  const spread = 0.7923501173;
  const kernel = rbf({
    lengthscale: [1, 1],
    bounds: [0.025, 1e5],
    prior: logNormalPrior(Math.SQRT2 + 0.5 * Math.log(2), Math.sqrt(3)),
  });
  const noise = learnedNoise({ value: Math.exp(-5), bounds: [1e-4, 1e2], prior: logNormalPrior(-4, 1) });
  const gp = new GaussianProcess({ kernel, noise, mean: constantMean() });
  gp.fit(
    X,
    y.map((v) => (v - centre) / spread),
    { restarts: 8, seed: 3, gradientTolerance: 1e-6 },
  );
  expectClose(gp.logPosterior(), -10.190922, { atol: 2e-6 });
  expectClose(
    gp.parameters.map((p) => p.value),
    [0.92891, 0.12523, 0.0066922, 0.0163846],
    { rtol: 2e-4 },
  );
  const prediction = gp.predict(NEW);
  expectClose(
    prediction.mean.map((m) => centre + spread * m),
    [-0.0824924, 1.5326681],
    { atol: 1e-4 },
  );
  expectClose(
    prediction.variance.map((v) => spread ** 2 * v),
    [0.0250453, 0.1938174],
    { rtol: 1e-3 },
  );
});

describe('laws', () => {
  const kernel = scale(matern52(ard), 1.5);
  const process = (noise: number) => new GaussianProcess({ kernel, noise }).fit(X, y, { optimise: false });

  test('the posterior interpolates noiseless data, with no variance left', () => {
    const { mean, variance } = process(1e-10).predict(X);
    expectClose(mean, y, { atol: 1e-8 });
    expectClose(variance, new Float64Array(8), { atol: 1e-8 });
  });

  test('its intervals hold nineteen of twenty outcomes of functions drawn from the prior', () => {
    const rng = createRng(5);
    const points = (n: number) => Array.from({ length: n }, () => [rng.uniform(), rng.uniform()]);
    let [held, total] = [0, 0];
    for (let k = 0; k < 60; k++) {
      const [train, unseen] = [points(15), points(20)];
      const prior = new GaussianProcess({ kernel, noise: 0.01 }).fit([[1e3, 1e3]], [0], { optimise: false });
      const [f] = prior.sample([...train, ...unseen], { count: 1, seed: k });
      const outcomes = f!.map((v) => v + 0.1 * rng.normal());
      const gp = new GaussianProcess({ kernel, noise: 0.01 }).fit(train, outcomes.subarray(0, 15), { optimise: false });
      const { mean, variance } = gp.predict(unseen, { noise: true });
      unseen.forEach((_, i) => {
        if (Math.abs(outcomes[15 + i]! - mean[i]!) < 1.96 * Math.sqrt(variance[i]!)) held++;
        total++;
      });
    }
    expectClose(held / total, 0.95, { atol: 0.02 });
  });

  test('far from the data it returns to the prior', () => {
    const { mean, variance } = process(0.01).predict([[100, 100]]);
    expectClose(mean, [0]);
    expectClose(variance, [1.5]);
  });

  test('equals the formulas computed directly, without a Cholesky factor', () => {
    const K = new Matrix(X.map((a) => X.map((b) => kernel.value(Float64Array.from(a), 0, Float64Array.from(b), 0, 2))));
    const inverse = matrixInverse(Matrix.add(K, Matrix.eye(8).mul(0.01)));
    const cross = new Matrix(
      NEW.map((a) => X.map((b) => kernel.value(Float64Array.from(a), 0, Float64Array.from(b), 0, 2))),
    );
    const weights = cross.mmul(inverse);
    const { mean, variance } = process(0.01).predict(NEW);
    expectClose(mean, weights.mmul(Matrix.columnVector(y)).to1DArray(), { rtol: 1e-9 });
    expectClose(
      variance,
      NEW.map((_, i) => 1.5 - weights.getRowVector(i).dot(cross.getRowVector(i))),
      { rtol: 1e-8 },
    );
  });

  test('conditioning on more points equals fitting all of them', () => {
    const head = new GaussianProcess({ kernel, noise: 0.01 }).fit(X.slice(0, 5), y.slice(0, 5), { optimise: false });
    const whole = head.condition(X.slice(5), y.slice(5));
    expectClose(whole.logMarginalLikelihood(), process(0.01).logMarginalLikelihood());
    expectClose(whole.predict(NEW).mean, process(0.01).predict(NEW).mean);
    expectClose(whole.predict(NEW).variance, process(0.01).predict(NEW).variance);
    expect(() => head.condition([[0.5, 0.5]], [Number.NaN])).toThrow(/y: expected finite numbers/);
  });

  test('leave-one-out equals leaving each point out', () => {
    const closed = process(0.01).leaveOneOut();
    let logDensity = 0;
    X.forEach((point, i) => {
      const rest = new GaussianProcess({ kernel, noise: 0.01 }).fit(
        X.filter((_, j) => j !== i),
        y.filter((_, j) => j !== i),
        { optimise: false },
      );
      const { mean, variance } = rest.predict([point], { noise: true });
      expectClose(closed.mean[i]!, mean[0]!);
      expectClose(closed.variance[i]!, variance[0]!);
      logDensity -= 0.5 * (Math.log(2 * Math.PI * variance[0]!) + (y[i]! - mean[0]!) ** 2 / variance[0]!);
    });
    expectClose(closed.logDensity, logDensity);
  });

  test('the joint covariance has the variances on its diagonal, and samples have its moments', () => {
    const gp = process(0.01);
    const { mean, covariance } = gp.predictJoint(NEW);
    expectClose(covariance.diagonal(), gp.predict(NEW).variance);
    const samples = gp.sample(NEW, { count: 4000, seed: 1 });
    const average = (f: (s: Float64Array) => number): number =>
      samples.reduce((sum, s) => sum + f(s), 0) / samples.length;
    expectClose(
      average((s) => s[0]!),
      mean[0]!,
      { atol: 0.02 },
    );
    expectClose(
      average((s) => (s[0]! - mean[0]!) * (s[1]! - mean[1]!)),
      covariance.get(0, 1),
      { atol: 0.01 },
    );
    expectClose(
      average((s) => (s[1]! - mean[1]!) ** 2),
      covariance.get(1, 1),
      { rtol: 0.1 },
    );
    expect(gp.sample(NEW, { count: 2, seed: 1 })).toEqual(samples.slice(0, 2));
  });

  test('the gradients of mean and variance agree with central differences', () => {
    const gp = process(0.01);
    const { meanGradient, varianceGradient } = gp.gradientAt([0.3, 0.4]);
    for (let j = 0; j < 2; j++) {
      const moved = (step: number) => gp.gradientAt([0.3 + (j === 0 ? step : 0), 0.4 + (j === 1 ? step : 0)]);
      const [up, down] = [{ ...moved(1e-5) }, { ...moved(-1e-5) }];
      expectClose(meanGradient[j]!, (up.mean - down.mean) / 2e-5, { rtol: 1e-6 });
      expectClose(varianceGradient[j]!, (up.variance - down.variance) / 2e-5, { rtol: 1e-6 });
    }
  });

  test('the likelihood gradient agrees with central differences, mean and noise included', () => {
    const gp = new GaussianProcess({ kernel, noise: learnedNoise({ value: 0.05 }), mean: linearMean(2) });
    gp.fit(X, y, { optimise: false });
    const theta = gp.parameters.map((p) => (p.scale === 'log' ? Math.log(p.value) : 0.2));
    const { gradient } = gp.logMarginalLikelihoodAt(theta);
    theta.forEach((_, p) => {
      const moved = (step: number): number =>
        gp.logMarginalLikelihoodAt(theta.map((t, q) => (q === p ? t + step : t))).value;
      expectClose(gradient[p]!, (moved(1e-5) - moved(-1e-5)) / 2e-5, { rtol: 1e-6, atol: 1e-7 });
    });
  });
});

test('a likelihood with two optima: the first run calls everything noise, restarts find the signal', () => {
  const rng = createRng(2);
  const inputs = Array.from({ length: 7 }, () => [10 * rng.uniform() - 5]);
  const targets = inputs.map(([v]) => Math.sin(1.3 * v!) + 0.3 * rng.normal());
  const options = {
    kernel: scale(rbf({ lengthscale: 5, bounds: [1e-2, 1e2] }), 1),
    noise: learnedNoise({ value: 0.5, bounds: [1e-4, 1e2] }),
  };
  const once = new GaussianProcess(options).fit(inputs, targets);
  const often = new GaussianProcess(options).fit(inputs, targets, { restarts: 10, seed: 1 });
  expect(once.parameters[2]!.value).toBeGreaterThan(0.5);
  expect(often.parameters[2]!.value).toBeLessThan(0.2);
  expect(often.logMarginalLikelihood()).toBeGreaterThan(once.logMarginalLikelihood() + 1);
  expect(often.report!.runs).toBe(11);
});

test('a restored process predicts the same, after a journey as JSON; a state of another model is refused', () => {
  const make = () =>
    new GaussianProcess({ kernel: scale(matern52(ard), 1), noise: learnedNoise(), mean: constantMean() });
  const fitted = make().fit(X, y);
  const restored = make().restore(JSON.parse(JSON.stringify(fitted.state())));
  expect(restored.predict(NEW)).toEqual(fitted.predict(NEW));
  expect(() => new GaussianProcess({ kernel: rbf() }).restore(fitted.state())).toThrow(/expected 2 parameters, got 5/);
});

test('noise known by point: an exact point is interpolated, a vague one is not', () => {
  const gp = new GaussianProcess({ kernel: rbf({ lengthscale: 0.5 }), noise: [1e-8, 4] });
  gp.fit([[0], [1]], [1, 1], { optimise: false });
  const { mean } = gp.predict([[0], [1]]);
  expectClose(mean[0]!, 1, { atol: 1e-6 });
  expect(mean[1]!).toBeLessThan(0.5);
});

describe('misuse is refused with what was expected', () => {
  const gp = () => new GaussianProcess({ kernel: rbf(), noise: 1e-6 });
  test.each([
    ['no data', () => gp().predict([[1]]), /has no data yet/],
    ['rows of different lengths', () => gp().fit([[1, 2], [3]], [1, 2]), /X\[1\]: expected 2 numbers, got 1/],
    ['NaN inputs', () => gp().fit([[1], [Number.NaN]], [1, 2]), /X\[1\]\[0\]: expected a finite number, got NaN/],
    ['targets of another length', () => gp().fit([[1]], [1, 2]), /y: expected 1 numbers, one a point, got 2/],
    ['infinite targets', () => gp().fit([[1], [2]], [1, Infinity]), /got Infinity in row \[1\]/],
    [
      'points of another width',
      () =>
        gp()
          .fit([[1]], [1])
          .predict([[1, 2]]),
      /X\[0\]: expected 1 numbers, got 2/,
    ],
    ['negative noise', () => new GaussianProcess({ kernel: rbf(), noise: [1, -1] }), /noise\[1\]/],
  ])('%s', (_, misuse, message) => {
    expect(misuse).toThrow(message);
  });
});
