import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { fixture } from '../fixtures.ts';
import { boxCox, fitBoxCox, fitYeoJohnson, rankNormal } from './power.ts';

interface Case {
  name: string;
  y: number[];
  yeoJohnson: number;
  values: number[];
  boxCox?: number;
  boxCoxValues?: number[];
}

const exponentOf = (label: string): number => Number(/\((.*)\)/.exec(label)![1]);

describe.each(fixture<Case[]>('power').map((c) => [c.name, c] as const))('sample %s', (_name, { y, ...oracle }) => {
  test("Yeo-Johnson equals scikit-learn's PowerTransformer", () => {
    const transform = fitYeoJohnson(y);
    // The optimum is flat: half of the digits of the likelihood's rounding.
    expectClose(exponentOf(transform.label), oracle.yeoJohnson, { rtol: 1e-6, atol: 1e-6 });
    expectClose(y.map(transform.forward), oracle.values, { rtol: 1e-5, atol: 1e-6 });
  });

  test.runIf(oracle.boxCox !== undefined)("Box-Cox equals scipy's", () => {
    const transform = fitBoxCox(y);
    expectClose(exponentOf(transform.label), oracle.boxCox!, { rtol: 1e-5, atol: 1e-5 });
    expectClose(y.map(boxCox(oracle.boxCox!).forward), oracle.boxCoxValues!, { rtol: 1e-10, atol: 1e-12 });
  });
});

const rng = createRng(1);
const sample = Array.from({ length: 21 }, () => Math.exp(2 * rng.normal()));

test.each([boxCox(0.3), boxCox(0), boxCox(-1), fitBoxCox(sample), fitYeoJohnson(sample), rankNormal(sample)])(
  '$label is inverted by its inverse, and its log slope is that of its values',
  (transform) => {
    for (let i = 1; i < sample.length; i++) {
      const y = 0.4 * sample[i]! + 0.6 * sample[i - 1]!;
      const step = 1e-6 * y;
      expectClose(transform.inverse(transform.forward(y)), y, { rtol: 1e-9 });
      const slope = (transform.forward(y + step) - transform.forward(y - step)) / (2 * step);
      expectClose(transform.logSlope(y), Math.log(slope), { atol: 1e-4 });
    }
  },
);

test('ranks become normal quantiles, whatever the outcomes', () => {
  const { forward } = rankNormal([1, 1e6, 3, 3]);
  expectClose([1, 3, 1e6].map(forward), [-0.9674215661, 0, 0.9674215661], { atol: 1e-9 });
  expect(forward(2e6)).toBeGreaterThan(forward(1e6));
});

test('samples that cannot be fitted are refused', () => {
  expect(() => fitBoxCox([1, 2, 0])).toThrow(/expected positive outcomes, got 0 in row 2/);
  expect(() => fitYeoJohnson([2, 2])).toThrow(/at least two different outcomes, got 1/);
  expect(() => rankNormal([])).toThrow(/at least two different outcomes, got 0/);
});
