import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { scale } from '../kernels/compose.ts';
import { matern12, matern32, matern52, rationalQuadratic, rbf } from '../kernels/stationary.ts';
import { GaussianProcess } from './gaussian-process.ts';
import { constantMean } from './mean.ts';
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
