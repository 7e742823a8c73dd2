import { createRng } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { correlatedGaussianNoise, correlatedNoise, gaussianNoise, OU, ornsteinUhlenbeckNoise } from './noise.ts';

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

describe('correlated noise', () => {
  /** What each of two rows, one number each, samples with. */
  function paths(correlation: number, steps: number): readonly [number[], number[]] {
    const noise = correlatedNoise(correlation, 2);
    const rngs = [createRng(1), createRng(2)];
    const both = Array.from({ length: steps }, () => [...noise.next(rngs)]);
    return [both.map(([first]) => first!), both.map(([, second]) => second!)];
  }

  test('is standard normal, and its correlation is that asked for', () => {
    for (const values of paths(0.9, 200_000)) {
      // About 10 000 independent stretches: the deviation is known to 1 %, the mean to 0.01.
      expect(Math.abs(mean(values))).toBeLessThan(0.05);
      expect(deviation(values)).toBeCloseTo(1, 1);
      expect(lagOne(values)).toBeCloseTo(0.9, 2);
      const beyond = values.filter((value) => Math.abs(value) > 1.96).length / values.length;
      expect(beyond).toBeCloseTo(0.05, 2);
    }
  });

  test('is added to actions in its size', () => {
    const values = path(correlatedGaussianNoise(0.1, 0.9, 1), 200_000);
    expect(deviation(values)).toBeCloseTo(0.1, 2);
    expect(lagOne(values)).toBeCloseTo(0.9, 2);
  });

  test('without correlation it is what the streams draw', () => {
    const [first, second] = paths(0, 50);
    const draws = (seed: number) => {
      const rng = createRng(seed);
      return Array.from({ length: 50 }, () => rng.fillNormal(new Float32Array(1))[0]);
    };
    expect([first, second]).toEqual([draws(1), draws(2)]);
  });

  test('rows do not depend on each other', () => {
    const [first, second] = paths(0.9, 20_000);
    expect(Math.abs(mean(first.map((value, i) => value * second[i]!)))).toBeLessThan(0.15);
  });

  test('goes on as the original when restored', () => {
    const original = correlatedNoise(0.9, 1);
    for (let i = 0; i < 10; i++) original.next([createRng(i)]);
    const copy = correlatedNoise(0.9, 1);
    copy.restore(original.state());
    expect([...copy.next([createRng(3)])]).toEqual([...original.next([createRng(3)])]);
  });
});

test('actions stay within [-1, 1]', () => {
  for (const noise of [gaussianNoise(5), correlatedGaussianNoise(5, 0.9, 1), ornsteinUhlenbeckNoise(50, 1)]) {
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
