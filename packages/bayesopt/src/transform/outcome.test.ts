import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import {
  chain,
  identityTransform,
  logJacobian,
  normalise,
  reflectedLog,
  shiftedLog,
  standardise,
  standardised,
  yeoJohnson,
} from './outcome.ts';

const rng = createRng(1);
const sample = Array.from({ length: 21 }, () => Math.exp(2 * rng.normal()) - 0.5);

describe.each([
  identityTransform,
  standardise(sample),
  normalise(sample),
  shiftedLog(sample, 0.1),
  reflectedLog(sample, 0.3),
  yeoJohnson(0.3),
  yeoJohnson(0),
  yeoJohnson(2),
  yeoJohnson(-1),
  chain(standardise(sample), yeoJohnson(-0.5)),
  standardised(shiftedLog(sample, 0.01), sample),
])('$label', (transform) => {
  test('is inverted by its inverse, and its log slope is that of its values', () => {
    for (const y of sample) {
      const step = 1e-6 * Math.max(1, Math.abs(y));
      expectClose(transform.inverse(transform.forward(y)), y, { rtol: 1e-9, atol: 1e-9 });
      if (transform.label.includes('shiftedLog') && y === Math.min(...sample)) continue;
      if (transform.label.includes('reflectedLog') && y === Math.max(...sample)) continue;
      const slope = (transform.forward(y + step) - transform.forward(y - step)) / (2 * step);
      expectClose(transform.logSlope(y), Math.log(slope), { atol: 1e-5 });
    }
  });
});

test('standardised samples have mean 0 and variance 1; a constant sample is centred', () => {
  const z = sample.map(standardise(sample).forward);
  expectClose(z.reduce((a, b) => a + b) / z.length, 0, { atol: 1e-12 });
  expectClose(z.reduce((a, b) => a + b * b, 0) / z.length, 1);
  expect([3, 3].map(standardise([3, 3]).forward)).toEqual([0, 0]);
});

test('Yeo-Johnson with lambda 1 is the identity, and by hand at 0 and 2', () => {
  for (const y of [-3, 0, 2]) expectClose(yeoJohnson(1).forward(y), y);
  expectClose(yeoJohnson(0).forward(Math.E - 1), 1);
  expectClose(yeoJohnson(2).forward(1 - Math.E), -1);
});

test('the log Jacobian makes densities comparable: log-normal data are normal under their logarithm', () => {
  const data = Array.from({ length: 400 }, () => Math.exp(rng.normal()));
  const logDensity = (transform: typeof identityTransform): number =>
    data.reduce((sum, y) => sum - 0.5 * transform.forward(y) ** 2 - 0.5 * Math.log(2 * Math.PI), 0) +
    logJacobian(transform, data);
  expect(logDensity(standardised(shiftedLog(data, 0.1), data))).toBeGreaterThan(logDensity(standardise(data)) + 50);
});
