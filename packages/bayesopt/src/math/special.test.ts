import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { logExpectedImprovement } from '../acquisition/analytic.ts';
import { fixture } from '../fixtures.ts';
import {
  digamma,
  erfc,
  erfcx,
  improvement,
  logGamma,
  logImprovement,
  logImprovementSlope,
  logMeanExp,
  normalCdf,
  normalLogCdf,
  normalQuantile,
} from './special.ts';

type Name = 'erfcx' | 'erfc' | 'cdf' | 'logCdf' | 'logH' | 'logHSlope' | 'lgamma' | 'digamma';
const oracle = fixture<Record<Name, [number, number][]>>('special');

describe('special functions agree with mpmath', () => {
  for (const [name, f, rows, rtol] of [
    ['erfcx', erfcx, oracle.erfcx, 1e-14],
    ['erfc', erfc, oracle.erfc, 1e-14],
    ['normalCdf', normalCdf, oracle.cdf, 3e-13],
    ['normalLogCdf', normalLogCdf, oracle.logCdf, 1e-14],
    ['logImprovement', logImprovement, oracle.logH, 2e-14],
    ['logImprovementSlope', logImprovementSlope, oracle.logHSlope, 1e-12],
    ['digamma', digamma, oracle.digamma, 1e-14],
    ['logGamma', logGamma, oracle.lgamma, 1e-13],
  ] as const) {
    test(name, () => {
      for (const [x, expected] of rows) expectClose(f(x), expected, { rtol, atol: 1e-15 });
    });
  }
});

test('log expected improvement agrees with mpmath at every distance from the best, in either direction', () => {
  const [best, deviation] = [0, 0.25];
  const [up, down] = [logExpectedImprovement({ best, maximise: true }), logExpectedImprovement({ best })];
  for (const [z, expected] of oracle.logH) {
    // A power of two as the deviation keeps z exact.
    expectClose(up.value(z * deviation, deviation), expected + Math.log(deviation), { rtol: 2e-14 });
    expectClose(down.value(-z * deviation, deviation), expected + Math.log(deviation), { rtol: 2e-14 });
  }
});

test('log h agrees with published high-precision values far into the tail', () => {
  expectClose(logImprovement(-100), -5010.12957880025, { rtol: 1e-14 });
  expectClose(logImprovement(-1e3), -500014.73445209116, { rtol: 1e-14 });
  expectClose(logImprovement(-1e4), -50000019.33961931, { rtol: 1e-14 });
  expectClose(logImprovement(-1e6), -500000000028.55, { rtol: 1e-14 });
});

test('the slope of log h agrees with central differences, and exp(log h) with h', () => {
  for (const z of [-30, -19.9, -5, -1, -0.5, 0, 2]) {
    const step = 1e-5;
    const difference = (logImprovement(z + step) - logImprovement(z - step)) / (2 * step);
    expectClose(logImprovementSlope(z), difference, { rtol: 1e-8 });
    expectClose(improvement(z), Math.exp(logImprovement(z)), { rtol: 1e-14 });
  }
});

test('the quantile function inverts the distribution function', () => {
  for (const p of [1e-300, 1e-12, 0.01, 0.3, 0.5, 0.8, 0.999])
    expectClose(normalCdf(normalQuantile(p)), p, { rtol: 1e-12 });
  expect(normalQuantile(0)).toBe(-Infinity);
  expect(normalQuantile(1)).toBe(Infinity);
});

test('logMeanExp does not overflow', () => {
  expectClose(logMeanExp([1000, 1000]), 1000);
  expectClose(logMeanExp([0, Math.log(3)]), Math.log(2));
  expect(logMeanExp([-Infinity, -Infinity])).toBe(-Infinity);
});
