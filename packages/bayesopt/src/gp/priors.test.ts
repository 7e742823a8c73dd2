import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { gammaPrior, halfCauchyPrior, lengthscaleBarrier, logNormalPrior, normalPrior } from './priors.ts';

const normalised = [
  [gammaPrior(2, 1.5), 0, 60],
  [gammaPrior(1.1, 30), 0, 3],
  [logNormalPrior(-0.5, 0.7), 0, 60],
  [normalPrior(1, 0.4), -5, 7],
  [halfCauchyPrior(0.3), 0, 3e4],
] as const;

describe.each(normalised.map((row) => [row[0].label, ...row] as const))('%s', (_, prior, low, high) => {
  test('its density integrates to one', () => {
    // Midpoints that crowd at the lower end, where some densities are steep.
    const steps = 200_000;
    let total = 0;
    for (let i = 0; i < steps; i++) {
      const [a, b] = [i / steps, (i + 1) / steps].map((u) => low + (high - low) * u ** 4) as [number, number];
      total += (b - a) * Math.exp(prior.logDensity((a + b) / 2));
    }
    expectClose(total, 1, { atol: 1e-4 });
  });

  test('the share of draws below a point is the density integrated up to it', () => {
    const rng = createRng(1);
    const draws = Array.from({ length: 4000 }, () => prior.sample(rng)!);
    const point = draws.toSorted((a, b) => a - b)[1000]!;
    let below = 0;
    for (let i = 0; i < 50_000; i++) {
      const [a, b] = [i / 5e4, (i + 1) / 5e4].map((u) => low + (point - low) * u ** 3) as [number, number];
      below += (b - a) * Math.exp(prior.logDensity((a + b) / 2));
    }
    expectClose(below, 0.25, { atol: 0.03 });
  });
});

test.each([...normalised.map(([prior]) => prior), lengthscaleBarrier()])(
  'the slope of $label is its derivative',
  (prior) => {
    for (const x of [0.1, 0.7, 2]) {
      const difference = (prior.logDensity(x + 1e-6) - prior.logDensity(x - 1e-6)) / 2e-6;
      expectClose(prior.slope(x), difference, { rtol: 1e-6, atol: 1e-7 });
    }
  },
);

test('the length-scale barrier is highest at 1 and refuses both ends', () => {
  const prior = lengthscaleBarrier();
  expect(prior.slope(1)).toBeCloseTo(0);
  expect(prior.logDensity(0.05)).toBeLessThan(-30);
  expect(prior.logDensity(20)).toBeLessThan(-30);
  expect(() => lengthscaleBarrier(0)).toThrow(/strength: expected a positive number/);
});
