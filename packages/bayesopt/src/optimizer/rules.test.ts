import { categorical, conditional, integer, ordinal, real } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { columnsOf } from './columns.ts';
import { createOptimizer } from './optimizer.ts';
import { allOf, linearLimit } from './rules.ts';

const space = { x: real(0, 1), y: real(0, 1), workers: integer(1, 8) };

describe.each(['gp', 'tpe', 'forest', 'sobol', 'random'])('method %s under linear limits', (method) => {
  test('suggests nothing outside, and finds a minimum on the border', () => {
    const allows = allOf<typeof space>(
      linearLimit({ x: 1, y: 1 }, { atMost: 1 }),
      linearLimit({ x: 1, workers: -0.1 }, { atLeast: -0.5, atMost: 0.5 }),
    );
    const optimizer = createOptimizer(space, { method, seed: 1, initialTrials: 5 }, { allows });
    for (let i = 0; i < 25; i++) {
      const { id, values } = optimizer.ask();
      expect(values.x + values.y).toBeLessThanOrEqual(1);
      expect(Math.abs(values.x - 0.1 * values.workers)).toBeLessThanOrEqual(0.5);
      // Without the limits best at (1, 1) with 8 workers; on the border x + y = 1 the loss is at least 0.5.
      optimizer.tell(id, (values.x - 1) ** 2 + (values.y - 1) ** 2 + Math.abs(values.workers - 8) / 10);
    }
    expect(optimizer.best()!.value).toBeLessThan(method === 'gp' ? 0.55 : 1.5);
  });
});

test('limits speak of numbers and need a bound; inactive dimensions count nothing', () => {
  expect(() => linearLimit({ x: 1 }, {})).toThrow(/expected atLeast <= atMost, at least one given/);
  expect(() => linearLimit({ x: 1 }, { atMost: 1 })({ x: 'a' })).toThrow(/x: expected a number, got "a"/);
  expect(linearLimit({ x: 1, y: 5 }, { atMost: 1 })({ x: 1 })).toBe(true);
});

test('columns of names have no order, also numbers under a condition; ordinal ones have', () => {
  const { columns } = columnsOf({
    kind: categorical(['a', 'b']),
    sizes: conditional({ on: 'kind', equals: ['a'] }, categorical([16, 32, 64])),
    steps: conditional({ on: 'kind', equals: ['b'] }, ordinal([16, 32, 64])),
    units: categorical([1, 2]),
    depth: integer(1, 2),
  });
  expect(columns.map(({ categorical }) => categorical)).toEqual([true, true, false, true, false]);
});
