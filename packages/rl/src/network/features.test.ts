import { box, discrete, multiDiscrete } from '@skein/core';
import { expect, test } from 'vitest';
import { featuresOf } from './features.ts';

test('integers are one-hot, one after another', () => {
  expect([...featuresOf(discrete(3, { start: 5 })).of(Float32Array.of(6, 7), 2)]).toEqual([0, 1, 0, 0, 0, 1]);
  const several = featuresOf(multiDiscrete([2, 3]));
  expect([several.size, ...several.of(Float32Array.of(1, 2), 1)]).toEqual([5, 0, 1, 0, 0, 1]);
});

test('numbers stay as they are unless they are scaled between their finite bounds', () => {
  const spec = box([-1, -Infinity, 0], [3, 5, 8], [3]);
  const seen = Float32Array.of(3, 7, 2, -1, -7, 8);
  expect(featuresOf(spec).of(seen, 2)).toBe(seen);
  expect([...featuresOf(spec, true).of(seen, 2)]).toEqual([1, 7, -0.5, -1, -7, 1]);
});
