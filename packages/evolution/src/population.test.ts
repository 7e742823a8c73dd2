import { createRng } from '@skein/core';
import { expect, test } from 'vitest';
import { bestIndex, descending, gather, highest, populationOf } from './population.ts';

test('rows are views of the genes, and gathering copies them in order', () => {
  const from = populationOf(Uint8Array.of(1, 2, 3, 4, 5, 6), 3);
  const to = populationOf(new Uint8Array(6), 3);
  gather(from, Int32Array.of(2, 0, 2), to);
  expect([...to.genes]).toEqual([5, 6, 1, 2, 5, 6]);
  to.rows[1]!.fill(9);
  expect([...to.genes]).toEqual([5, 6, 9, 9, 5, 6]);
});

test('the best index: ties go to the first', () => {
  expect(bestIndex([3, 1, 3, 1], true)).toBe(0);
  expect(bestIndex([3, 1, 3, 1], false)).toBe(1);
});

test('the highest scores are the first of the descending order, ties and infinities included', () => {
  const rng = createRng(1);
  for (let round = 0; round < 200; round++) {
    const n = 1 + rng.integer(40);
    const scores = Float64Array.from({ length: n }, () => rng.choice([-Infinity, 0, 1, 2, 2.5, Infinity]));
    const count = rng.integer(n + 1);
    const expected = [...descending(scores)].slice(0, count).sort((a, b) => a - b);
    expect([...highest(scores, count)]).toEqual(expected);
  }
});
