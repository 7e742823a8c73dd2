import { expect, test } from 'vitest';
import { linear } from './schedule.ts';

test('linear moves from one value to the other and stays there', () => {
  const epsilon = linear(1, 0.2, 8);
  expect([0, 2, 4, 8, 100].map(epsilon)).toEqual([1, 0.8, 0.6, 0.19999999999999996, 0.19999999999999996]);
});

test('linear over no steps is its end', () => {
  expect(linear(1, 0.1, 0)(0)).toBe(0.1);
});
