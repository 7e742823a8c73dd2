import { createRng } from '@skein/core';
import { expect, test } from 'vitest';
import { gaussianNoise, OU, ornsteinUhlenbeckNoise } from './noise.ts';

/** Noise of `steps` steps on actions of 0, one number each. */
function path(noise: ReturnType<typeof gaussianNoise>, steps: number, seed = 1): number[] {
  const rng = createRng(seed);
  return Array.from({ length: steps }, () => {
    const action = new Float32Array(1);
    noise.addTo(action, [rng]);
    return action[0]!;
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const deviation = (values: readonly number[]): number => Math.sqrt(mean(values.map((v) => v * v)));
const lagOne = (values: readonly number[]): number =>
  mean(values.slice(1).map((v, i) => v * values[i]!)) / mean(values.map((v) => v * v));

test('normal noise has its standard deviation and no memory', () => {
  const values = path(gaussianNoise(0.2), 20_000);
  // Standard errors: 0.0014 of the mean, 0.001 of the deviation, 0.007 of the correlation.
  expect(Math.abs(mean(values))).toBeLessThan(0.007);
  expect(deviation(values)).toBeCloseTo(0.2, 2);
  expect(Math.abs(lagOne(values))).toBeLessThan(0.035);
});

test('Ornstein-Uhlenbeck noise has the standard deviation std / sqrt(2 theta) and a long memory', () => {
  const values = path(ornsteinUhlenbeckNoise(0.1, 1), 400_000);
  // About 300 independent stretches: the deviation is known to 4 %.
  expect(Math.abs(deviation(values) / (0.1 / Math.sqrt(2 * OU.theta)) - 1)).toBeLessThan(0.2);
  expect(lagOne(values)).toBeCloseTo(1 - OU.theta * OU.dt, 3);
});

test('actions stay within [-1, 1]', () => {
  for (const noise of [gaussianNoise(5), ornsteinUhlenbeckNoise(50, 1)]) {
    const values = path(noise, 200);
    expect([Math.min(...values), Math.max(...values)]).toEqual([-1, 1]);
  }
});

test('restored noise goes on as the original', () => {
  const original = ornsteinUhlenbeckNoise(0.3, 1);
  path(original, 50);
  const copy = ornsteinUhlenbeckNoise(0.3, 1);
  copy.restore(original.state());
  expect(path(copy, 20, 9)).toEqual(path(original, 20, 9));
});
