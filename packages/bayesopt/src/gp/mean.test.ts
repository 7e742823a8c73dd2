import { expectClose } from '@skein/core/testkit';
import { describe, test } from 'vitest';
import { scale } from '../kernels/compose.ts';
import { matern52 } from '../kernels/stationary.ts';
import { GaussianProcess } from './gaussian-process.ts';
import { constantMean, type Feature, featureMean, linearMean } from './mean.ts';

/** sin(3 x) + y^2. */
const wave: Feature = {
  value: (x, xo) => Math.sin(3 * x[xo]!) + x[xo + 1]! ** 2,
  addInputGradient: (x, xo, _d, weight, out) => {
    out[0]! += 3 * weight * Math.cos(3 * x[xo]!);
    out[1]! += 2 * weight * x[xo + 1]!;
  },
};
const X = Array.from({ length: 9 }, (_, i) => [i / 8, ((5 * i) % 9) / 8]);
const y = X.map(([a, b]) => 2 * Math.sin(3 * a!) + 2 * b! ** 2 + 0.1 * Math.cos(9 * a!) + 5);

describe.each([
  constantMean({ value: 0.4 }),
  linearMean(2).withValues([0.1, 0.4, -0.3]),
  featureMean([wave, { ...wave, value: () => 1, addInputGradient: () => {} }]).withValues([0.2, 1.5, -0.7]),
])('$label', (mean) => {
  const gp = new GaussianProcess({ kernel: scale(matern52({ lengthscale: [0.5, 0.8] }), 1.3), noise: 1e-3, mean });
  gp.fit(X, y, { optimise: false });

  test('the likelihood and the posterior have the gradients of their differences', () => {
    const theta = gp.parameters.map((p) => (p.scale === 'log' ? Math.log(p.value) : p.value));
    const { gradient } = gp.logMarginalLikelihoodAt(theta);
    theta.forEach((_, p) => {
      const at = (step: number): number =>
        gp.logMarginalLikelihoodAt(theta.map((v, q) => (q === p ? v + step : v))).value;
      expectClose(gradient[p]!, (at(1e-5) - at(-1e-5)) / 2e-5, { rtol: 1e-6, atol: 1e-6 });
    });
    const { meanGradient } = gp.gradientAt([0.3, 0.6]);
    const moved = (a: number, b: number): number => gp.predict([[0.3 + a, 0.6 + b]]).mean[0]!;
    expectClose(meanGradient[0]!, (moved(1e-6, 0) - moved(-1e-6, 0)) / 2e-6, { rtol: 1e-6 });
    expectClose(meanGradient[1]!, (moved(0, 1e-6) - moved(0, -1e-6)) / 2e-6, { rtol: 1e-6 });
  });
});

test('a feature that explains the data gets its weight', () => {
  const gp = new GaussianProcess({
    kernel: scale(matern52({ lengthscale: 0.3 }), 0.1),
    noise: 1e-4,
    mean: featureMean([wave]),
  });
  const weights = gp.fit(X, y).parameters.filter(({ name }) => name === 'mean' || name.startsWith('weight'));
  expectClose(
    weights.map((p) => p.value),
    [5, 2],
    { atol: 0.1 },
  );
});
