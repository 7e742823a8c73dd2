import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { bootstrapInterval, interquartileMean } from './aggregate.ts';

describe('the interquartile mean', () => {
  test('is the mean of the middle half', () => {
    expect(interquartileMean([100, 1, 2, -50])).toBe(1.5);
    expect(interquartileMean([9, 8, 7, 6, 5, 4, 3, 2])).toBe(5.5);
  });

  test('counts values on the edge by their part', () => {
    expectClose(interquartileMean([1, 2, 3, 4, 10]), (0.75 * 2 + 3 + 0.75 * 4) / 2.5);
    expect(interquartileMean([7])).toBe(7);
    expect(interquartileMean([1, 3])).toBe(2);
  });

  test('is one of no values to no one', () => {
    expect(() => interquartileMean([])).toThrow('expected at least one value');
  });
});

describe('bootstrap intervals', () => {
  test('contain the statistic, are equal for equal seeds, and narrow with more values', () => {
    const rng = createRng(3);
    const many = Float64Array.from({ length: 200 }, () => rng.normal());
    const few = many.slice(0, 10);
    const wide = bootstrapInterval(few);
    const narrow = bootstrapInterval(many);
    expect(wide).toEqual(bootstrapInterval(few));
    expect(wide.low).toBeLessThan(wide.value);
    expect(wide.high).toBeGreaterThan(wide.value);
    expect(narrow.high - narrow.low).toBeLessThan((wide.high - wide.low) / 2);
  });

  test('cover the truth about as often as they say', () => {
    const rng = createRng(5);
    let covered = 0;
    for (let trial = 0; trial < 300; trial++) {
      const values = Float64Array.from({ length: 40 }, () => rng.normal());
      const { low, high } = bootstrapInterval(values, interquartileMean, { resamples: 300, seed: trial });
      if (low <= 0 && high >= 0) covered++;
    }
    // 0.95 of 300; four standard deviations below, for a percentile bootstrap is a little narrow.
    expect(covered).toBeGreaterThan(300 * 0.95 - 4 * Math.sqrt(300 * 0.95 * 0.05));
  });

  test('are points where all values are equal', () => {
    expect(bootstrapInterval([5, 5, 5])).toEqual({ value: 5, low: 5, high: 5 });
  });

  test('need a share for their confidence', () => {
    expect(() => bootstrapInterval([1], interquartileMean, { confidence: 95 })).toThrow('between 0 and 1, got 95');
  });
});
