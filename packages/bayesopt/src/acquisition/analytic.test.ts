import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import {
  expectedImprovement,
  logExpectedImprovement,
  logProbabilityOfImprovement,
  probabilityOfImprovement,
  upperConfidenceBound,
} from './analytic.ts';
import { maxValueEntropy } from './entropy.ts';

const points = [
  [0.2, 0.5],
  [3, 0.1],
  [-1, 2],
  [9, 0.3],
] as const;

describe.each([true, false])('acquisition functions, maximise = %s', (maximise) => {
  const options = { best: 0.7, maximise, margin: 0.01 };
  const log = logExpectedImprovement(options);
  const logPi = logProbabilityOfImprovement(options);

  test.each([
    expectedImprovement(options),
    log,
    probabilityOfImprovement(options),
    logPi,
    upperConfidenceBound({ maximise }),
    maxValueEntropy({ extremes: maximise ? [4, 9.5] : [-2, -1.5], maximise }),
  ])('the slopes of $label agree with central differences', (acquisition) => {
    for (const [mean, deviation] of points) {
      const step = 1e-6;
      const [byMean, byDeviation] = acquisition.slopes(mean, deviation);
      const difference = (dm: number, ds: number): number =>
        (acquisition.value(mean + dm, deviation + ds) - acquisition.value(mean - dm, deviation - ds)) / (2 * step);
      expectClose(byMean, difference(step, 0), { rtol: 1e-6, atol: 1e-8 });
      expectClose(byDeviation, difference(0, step), { rtol: 1e-6, atol: 1e-8 });
    }
  });

  test('the logarithms agree with the plain functions', () => {
    for (const [mean, deviation] of points.slice(0, 3)) {
      expectClose(Math.exp(log.value(mean, deviation)), expectedImprovement(options).value(mean, deviation), {
        rtol: 1e-11,
      });
      expectClose(Math.exp(logPi.value(mean, deviation)), probabilityOfImprovement(options).value(mean, deviation), {
        rtol: 1e-11,
      });
    }
  });
});

test('log expected improvement equals BoTorch on the golden posterior', () => {
  const log = logExpectedImprovement({ best: 1.7151999, maximise: true });
  expectClose(log.value(-0.0824924, Math.sqrt(0.0250453)), -72.1622072, { rtol: 1e-5 });
  expectClose(log.value(1.5326681, Math.sqrt(0.1938174)), -2.3101074, { rtol: 1e-6 });
});

test('minimising mirrors maximising, and certainty is no division by zero', () => {
  const up = logExpectedImprovement({ best: 2, maximise: true });
  const down = logExpectedImprovement({ best: -2 });
  for (const [mean, deviation] of points) expectClose(up.value(mean, deviation), down.value(-mean, deviation));
  expect(Number.isFinite(up.value(1, 0))).toBe(true);
  expectClose(expectedImprovement({ best: 2 }).value(1.5, 0), 0.5);
});

test('an outcome tells most about the best value where it may be the best', () => {
  const { value } = maxValueEntropy({ extremes: [-2, -2.5] });
  expect(value(-1.5, 0.5)).toBeGreaterThan(value(1, 0.5));
  expect(value(0, 1)).toBeGreaterThan(value(0, 0.1));
  expectClose(value(50, 0.1), 0, { atol: 1e-12 });
});
