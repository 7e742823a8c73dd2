import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { GaussianProcess } from '../gp/gaussian-process.ts';
import { scale } from '../kernels/compose.ts';
import { matern52 } from '../kernels/stationary.ts';
import { expectedImprovement, upperConfidenceBound } from './analytic.ts';
import { qExpectedImprovement, qLogExpectedImprovement, qUpperConfidenceBound } from './monte-carlo.ts';

const X = [[0.1], [0.35], [0.6], [0.95]];
const y = [0.4, -0.3, 0.2, 0.5];
const gp = new GaussianProcess({ kernel: scale(matern52({ lengthscale: 0.2 }), 0.5), noise: 1e-6 });
gp.fit(X, y, { optimise: false });
const best = -0.3;
const belief = (u: number): readonly [number, number] => {
  const { mean, variance } = gp.predict([[u]]);
  return [mean[0]!, Math.sqrt(variance[0]!)];
};

describe.each([false, true])('batch scores, maximise = %s', (maximise) => {
  const options = { best: maximise ? 0.5 : best, maximise, samples: 4096 };

  test('of one point equal the analytic functions', () => {
    for (const u of [0.2, 0.45, 0.8]) {
      const analytic = expectedImprovement(options).value(...belief(u));
      expectClose(qExpectedImprovement(gp, options)([[u]]), analytic, { rtol: 0.01, atol: 1e-4 });
      expectClose(qLogExpectedImprovement(gp, options)([[u]]), Math.log(analytic), { atol: 0.05 });
      const bound = upperConfidenceBound({ coefficient: 1.5, maximise }).value(...belief(u));
      expectClose(qUpperConfidenceBound(gp, { ...options, coefficient: 1.5 })([[u]]), bound, { atol: 5e-3 });
    }
  });

  test('a second point never harms; a copy adds nothing, a distant point adds up to its own improvement', () => {
    const score = qExpectedImprovement(gp, options);
    const [one, other] = [score([[0.45]]), score([[0.8]])];
    expectClose(score([[0.45], [0.45]]), one, { rtol: 0.01, atol: 1e-5 });
    const both = score([[0.45], [0.8]]);
    expect(both).toBeGreaterThan(Math.max(one, other));
    expect(both).toBeLessThan(one + other + 1e-3);
  });
});

test('the logarithm still tells bad batches from worse ones where no draw improves', () => {
  const options = { best: -50 };
  const score = qLogExpectedImprovement(gp, options);
  expect(qExpectedImprovement(gp, options)([[0.45]])).toBe(0);
  expect(score([[0.45]])).not.toBe(score([[0.6]]));
  expect(Number.isFinite(score([[0.6]]))).toBe(true);
});
