import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { GaussianProcess } from '../gp/gaussian-process.ts';
import { constant, sum } from '../kernels/compose.ts';
import { linear } from '../kernels/structured.ts';
import { mostEvidentVariances } from './evidence.ts';

const rng = createRng(2);
const X = Array.from({ length: 40 }, () => [rng.normal(), rng.normal(), rng.normal()]);
const y = X.map(([a, b]) => 0.7 + 1.5 * a! - 0.4 * b! + 0.3 * rng.normal());

/** Log evidence: a linear model is a process whose kernel is linear. */
function evidence(weightVariance: number, noise: number): number {
  const kernel = sum(linear({ variance: weightVariance }), constant(weightVariance));
  return new GaussianProcess({ kernel, noise }).fit(X, y, { optimise: false }).logMarginalLikelihood();
}

test('no other variances have more evidence', () => {
  const { weightVariance, noise } = mostEvidentVariances(X, y);
  const best = evidence(weightVariance, noise);
  for (const factor of [0.98, 1.02]) {
    expect(evidence(factor * weightVariance, noise)).toBeLessThan(best);
    expect(evidence(weightVariance, factor * noise)).toBeLessThan(best);
  }
  expectClose(Math.sqrt(noise), 0.3, { rtol: 0.2 });
});

test('outcomes that are all 0 have next to no noise, and no slope', () => {
  const { noise, weightVariance } = mostEvidentVariances(
    X,
    X.map(() => 0),
  );
  expect(noise).toBeLessThan(1e-6);
  expect(weightVariance).toBeLessThan(1e-6);
});

test('data on a line have next to no noise', () => {
  const { noise } = mostEvidentVariances(
    X,
    X.map(([a]) => 2 * a!),
  );
  expect(noise).toBeLessThan(1e-6);
});
