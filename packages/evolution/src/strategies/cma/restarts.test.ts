import type { Rng } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { rastrigin } from '../../problems/functions.ts';
import { optimiserLaws } from '../../testkit.ts';
import { createRestartingCmaEs, type RestartingCmaEsState } from './restarts.ts';
import { restartingCmaEs } from './run.ts';

const problem = rastrigin(4);

describe.each(['ipop', 'bipop'] as const)('%s', (regime) => {
  // A coarse tolerance makes runs short, so that the laws see several restarts.
  const options = { encoding: problem.encoding, regime, tolFun: 5, tolFunHistory: 5, seed: 1 } as const;
  const make = (state?: RestartingCmaEsState) => createRestartingCmaEs({ ...options, ...(state && { state }) });
  test.each(optimiserLaws({ make, fitness: (x) => problem.fitness(x), generations: 80 }))('$law', ({ check }) =>
    check(),
  );

  test('populations grow from restart to restart', () => {
    const strategy = make();
    const sizes = [strategy.lambda];
    while (sizes.length < 12 && strategy.stopReason() === null) {
      strategy.tell(strategy.ask().rows.map(problem.fitness));
      if (strategy.ask().size !== sizes.at(-1)) sizes.push(strategy.lambda);
    }
    const large = sizes.filter((size, k) => k === 0 || size > Math.max(...sizes.slice(0, k)));
    expect(large.slice(0, 4)).toEqual([8, 16, 32, 64]);
    expect(sizes.length > large.length).toBe(regime === 'bipop');
  });

  test('finds the global minimum among many local ones', async () => {
    const result = await restartingCmaEs({ ...problem, regime, target: 1e-8, evaluations: 100_000, seed: 3 });
    expect(result.stop).toBe('target');
  });
});

test('gives up after the allowed restarts', async () => {
  const { stop } = await restartingCmaEs({ ...problem, restarts: 0, seed: 1 });
  expect(stop).toBe('restarts');
});

test('without an encoding it must be told where to restart', () => {
  expect(() => createRestartingCmaEs({ start: [1, 2] })).toThrow('restartAt: expected a function');
  const strategy = createRestartingCmaEs({ start: [1, 2], restartAt: (rng) => [rng.uniform(), rng.uniform()] });
  expect(strategy.ask().length).toBe(2);
});

test('start points can be drawn by the caller, and the run continues from its state', () => {
  const options = { restartAt: (rng: Rng) => Array.from({ length: 10 }, () => 5 * rng.uniform()), seed: 2 };
  const strategy = createRestartingCmaEs(options);
  expect([strategy.ask().length, strategy.lambda]).toEqual([10, 10]);
  const restored = createRestartingCmaEs({ ...options, state: strategy.state() });
  expect([...restored.ask().genes]).toEqual([...strategy.ask().genes]);
});
