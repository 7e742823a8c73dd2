import { real } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { GaussianProcess } from '../gp/gaussian-process.ts';
import { learnedNoise } from '../gp/model.ts';
import type { Prediction } from '../gp/posterior.ts';
import { scale } from '../kernels/compose.ts';
import { matern52 } from '../kernels/stationary.ts';
import type { Inputs } from '../linalg/points.ts';
import { branin } from '../problems.ts';
import type { Regressor } from '../regressor.ts';
import { randomMethod } from './method.ts';
import { createOptimizer, restoreOptimizer } from './optimizer.ts';
import { regressorMethod } from './regressor-method.ts';

/** The outcome of the nearest point, and the squared distance to it; it remembers how it was used. */
class Nearest implements Regressor {
  x: readonly ArrayLike<number>[] = [];
  y: ArrayLike<number> = [];
  disposed = 0;

  fit(x: Inputs, y: ArrayLike<number>): this {
    this.x = x as readonly ArrayLike<number>[];
    this.y = y;
    return this;
  }

  predict(x: Inputs): Prediction {
    const found = (x as readonly ArrayLike<number>[]).map((at) => {
      const distances = this.x.map((row) => Array.from(row).reduce((sum, v, j) => sum + (v - at[j]!) ** 2, 0));
      const least = Math.min(...distances);
      return { mean: this.y[distances.indexOf(least)]!, variance: least };
    });
    return {
      mean: Float64Array.from(found, ({ mean }) => mean),
      variance: Float64Array.from(found, ({ variance }) => variance),
    };
  }

  dispose(): void {
    this.disposed++;
  }
}

const box = { x: real(0, 1), y: real(0, 1) };

test("a process of one's own comes close to the optimum of Branin", () => {
  const method = regressorMethod('own', () => {
    return new GaussianProcess({ kernel: scale(matern52({ lengthscale: [1, 1] }), 1e4), noise: learnedNoise() });
  });
  const space = { x: real(-5, 10), y: real(0, 15) };
  const optimizer = createOptimizer(space, { method, seed: 1, initialTrials: 6 });
  for (let i = 0; i < 30; i++) {
    const { id, values } = optimizer.ask();
    optimizer.tell(id, branin.f([values.x, values.y]));
  }
  expect(optimizer.best()!.value - branin.minimum).toBeLessThan(0.1);
});

test('running trials are believed at the mean, violations count as the worst, and every regressor is disposed of once', () => {
  const made: Nearest[] = [];
  const method = regressorMethod('nearest', () => {
    made.push(new Nearest());
    return made.at(-1)!;
  });
  const optimizer = createOptimizer(box, { method, seed: 2, initialTrials: 3 });
  const outcomes = [
    { kind: 'complete', value: 1, constraints: [-1] },
    { kind: 'complete', value: 0, constraints: [0.5] },
    { kind: 'complete', value: 7, constraints: [-1] },
  ] as const;
  for (const outcome of outcomes) optimizer.tell(optimizer.ask().id, outcome);
  optimizer.ask();
  expect(made.map(({ y }) => [...Array.from(y)])).toEqual([[1, 7, 7]]);
  optimizer.ask();
  const [, first, second] = made;
  expect(first!.x).toHaveLength(3);
  expect(second!.x).toHaveLength(4);
  expect([...Array.from(second!.y)]).toEqual([1, 7, 7, first!.predict([second!.x[3]!]).mean[0]]);
  expect(made.map(({ disposed }) => disposed)).toEqual([1, 1, 1]);
});

describe('a state names its method', () => {
  const method = regressorMethod('nearest', () => new Nearest());
  const optimizer = createOptimizer(box, { method, seed: 2, initialTrials: 2 });
  for (let i = 0; i < 5; i++) optimizer.tell(optimizer.ask().id, i % 2);
  const state = JSON.parse(JSON.stringify(optimizer.state()));

  test('which is given again', () => {
    expect(state.options.method).toBe('nearest');
    expect(restoreOptimizer(box, state, { method }).ask()).toEqual(optimizer.ask());
  });

  test.each([
    ['without it', () => restoreOptimizer(box, state), /one of gp, .*random, got nearest/],
    [
      'with one of another name',
      () => restoreOptimizer(box, state, { method: randomMethod }),
      /expected nearest, which the state names, got random/,
    ],
    [
      'with one that takes a name',
      () => createOptimizer(box, { method: regressorMethod('gp', () => new Nearest()) }),
      /a name that no other has, got gp/,
    ],
  ])('%s it is refused', (_, misuse, message) => {
    expect(misuse).toThrow(message);
  });

  test('a built-in one may be given as its value', () => {
    const built = createOptimizer(box, { method: randomMethod, seed: 1 });
    expect(built.ask()).toEqual(createOptimizer(box, { method: 'random', seed: 1 }).ask());
    expect(restoreOptimizer(box, built.state()).options.method).toBe('random');
  });
});
