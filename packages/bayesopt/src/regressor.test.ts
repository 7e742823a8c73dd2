import { describe, expect, test } from 'vitest';
import { RandomForest } from './forest/random-forest.ts';
import { GaussianProcess } from './gp/gaussian-process.ts';
import { HeteroscedasticGaussianProcess } from './gp/heteroscedastic.ts';
import { learnedNoise } from './gp/model.ts';
import { SparseGaussianProcess } from './gp/sparse.ts';
import { StudentTGaussianProcess } from './gp/student-t-process.ts';
import { rbf } from './kernels/stationary.ts';
import { BayesianLinearRegression } from './linear/bayesian-linear.ts';
import { BayesianLastLayer, NetworkEnsemble } from './networks.ts';
import type { Regressor } from './regressor.ts';

const kernel = rbf({ lengthscale: 0.5 });
const regressors: readonly (readonly [string, () => Regressor])[] = [
  ['Gaussian process', () => new GaussianProcess({ kernel, noise: learnedNoise() })],
  ['heteroscedastic process', () => new HeteroscedasticGaussianProcess({ kernel, noiseKernel: kernel })],
  ['process with Student-t errors', () => new StudentTGaussianProcess({ kernel })],
  ['sparse process', () => new SparseGaussianProcess({ kernel, noise: learnedNoise(), inducing: 8 })],
  ['random forest', () => new RandomForest({ seed: 1 })],
  ['linear regression', () => new BayesianLinearRegression()],
  ['ensemble of networks', () => new NetworkEnsemble({ members: 2 })],
  ['network with a Bayesian last layer', () => new BayesianLastLayer()],
];

describe.each(regressors)('%s', (_, create) => {
  test('learns a line with noise, and says how uncertain it is', () => {
    const x = Array.from({ length: 40 }, (_, i) => [i / 39]);
    const y = x.map(([t], i) => 2 * t! + (i % 2 === 0 ? 0.1 : -0.1));
    const fitted = create().fit(x, y);
    const { mean, variance } = fitted.predict([[0.1], [0.5], [0.9]]);
    [0.2, 1, 1.8].forEach((expected, i) => {
      expect(Math.abs(mean[i]! - expected)).toBeLessThan(0.25);
      expect(variance[i]!).toBeGreaterThanOrEqual(0);
      expect(variance[i]!).toBeLessThan(1);
    });
    fitted.dispose?.();
  });
});
