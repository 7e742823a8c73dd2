import { real } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { ackley } from '../problems.ts';
import { createOptimizer } from './optimizer.ts';
import { advance, turboDefaults } from './turbo-method.ts';

const region = { side: 0.8, successes: 0, failures: 0, from: 0, counted: 0, surrogate: null };

describe('the region', () => {
  test('doubles after three improvements in a row', () => {
    const losses = [9, 8, 7, 6, 5];
    expect(advance(region, losses, 2, 3).side).toBe(1.6);
    expect(advance(region, losses.slice(0, 4), 2, 3)).toMatchObject({ side: 0.8, successes: 2 });
  });

  test('halves after as many failures as there are dimensions, and tiny gains are failures', () => {
    const losses = [9, 8, 8, 8, 7.9999, 10, 8];
    expect(advance(region, losses, 2, 5)).toMatchObject({ side: 0.4, failures: 0 });
    expect(advance(region, losses, 2, 6)).toMatchObject({ side: 0.8, failures: 5 });
  });

  test('starts anew once it is tiny, and takes every trial into account once', () => {
    const losses = [1, ...Array<number>(8).fill(2)];
    const tiny = { ...region, side: turboDefaults.leastSide };
    const next = advance(tiny, losses, 1, 4);
    expect(next).toMatchObject({ side: 0.8, from: 5, counted: 9 });
    expect(advance(next, losses, 1, 4)).toEqual(next);
  });
});

test('finds more in twenty dimensions than random search', () => {
  const d = 20;
  const { f } = ackley(d);
  // The minimum lies off the centre.
  const loss = (x: readonly number[]): number => f(x.map((v, j) => v - 2 - Math.sin(j)));
  const space = Object.fromEntries(Array.from({ length: d }, (_, j) => [`x${j}`, real(-5, 10)]));
  const best = (method: string): number => {
    const optimizer = createOptimizer(space, { method, seed: 2, deterministic: true, initialTrials: 20 });
    for (let i = 0; i < 90; i++) {
      const { id, values } = optimizer.ask();
      optimizer.tell(id, loss(Object.values(values) as number[]));
    }
    return optimizer.best()!.value;
  };
  expect(best('turbo')).toBeLessThan(best('random') - 3);
}, 120_000);
