import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { fold, unfold } from './search-box.ts';

const points = Array.from({ length: 801 }, (_, k) => -4 + k / 100);

test('folding keeps the interior and ends in [0, 1]', () => {
  for (const x of points) {
    expect(fold(x) >= 0 && fold(x) <= 1).toBe(true);
    if (x >= 0.05 && x <= 0.95) expectClose(fold(x), x);
  }
});

test('folding is smooth: its slope is at most 1 everywhere and it is continuous', () => {
  for (const x of points) expect(Math.abs(fold(x + 1e-6) - fold(x))).toBeLessThanOrEqual(1.0001e-6);
});

test('fold(unfold(u)) is u', () => {
  for (let u = 0; u <= 1; u += 1 / 128) expectClose(fold(unfold(u)), u);
});
