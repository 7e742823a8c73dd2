import { real } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { createOptimizer, restoreOptimizer } from '../optimizer/optimizer.ts';
import { minimize } from '../optimizer/study.ts';
import {
  type Curve,
  halvingPruner,
  hyperbandPruner,
  medianPruner,
  percentilePruner,
  shouldPrune,
  thresholdPruner,
} from './pruner.ts';

/** A trial whose reports are at steps 1, 2, ... */
const curve = (id: number, values: readonly number[], complete = true): Curve => ({
  id,
  complete,
  reports: values.map((value, i) => ({ step: i + 1, value })),
});

describe('median rule', () => {
  const others = [1, 2, 3, 4, 5].map((v) => curve(v, [v + 10, v]));
  test('a trial goes on while its best is at most the median at its step', () => {
    expect(shouldPrune(medianPruner(), curve(9, [20, 3], false), others, false)).toBe(false);
    expect(shouldPrune(medianPruner(), curve(9, [20, 3.1], false), others, false)).toBe(true);
    expect(shouldPrune(medianPruner(), curve(9, [2, 9], false), others, false)).toBe(false);
  });

  test('maximising mirrors it, and other percentiles are stricter', () => {
    expect(shouldPrune(medianPruner(), curve(9, [20, 2.9], false), others, true)).toBe(false);
    expect(shouldPrune(medianPruner(), curve(9, [0, 2.9], false), others, true)).toBe(true);
    expect(shouldPrune(percentilePruner({ percentile: 25 }), curve(9, [20, 2.5], false), others, false)).toBe(true);
  });

  test('it waits for enough complete trials and enough steps', () => {
    const poor = curve(9, [20, 9], false);
    expect(shouldPrune(medianPruner(), poor, others.slice(0, 4), false)).toBe(false);
    expect(shouldPrune(medianPruner({ warmupSteps: 3 }), poor, others, false)).toBe(false);
    const running = others.map((other) => ({ ...other, complete: false }));
    expect(shouldPrune(medianPruner(), poor, running, false)).toBe(false);
  });
});

describe('successive halving', () => {
  const rule = halvingPruner({ minResource: 2, factor: 2 });
  const at = (id: number, step: number, value: number): Curve => ({
    id,
    complete: false,
    reports: [
      { step: step - 1, value: 100 },
      { step, value },
    ],
  });

  test('a rung keeps its best half, and is decided by the report that reaches it', () => {
    const all = [at(0, 2, 1), at(1, 2, 2), at(2, 2, 3), at(3, 2, 4)];
    expect(all.map((trial) => shouldPrune(rule, trial, all, false))).toEqual([false, false, true, true]);
    const past = { ...all[3]!, reports: [...all[3]!.reports, { step: 3, value: 4 }] };
    expect(shouldPrune(rule, past, all, false)).toBe(false);
  });

  test('the best of a rung always goes on, even alone', () => {
    expect(shouldPrune(halvingPruner({ minResource: 2 }), at(0, 2, 50), [at(0, 2, 50)], false)).toBe(false);
  });

  test('a bracket starts later', () => {
    const all = [at(0, 2, 1), at(1, 2, 2)];
    expect(shouldPrune(rule, all[1]!, all, false)).toBe(true);
    expect(shouldPrune(halvingPruner({ minResource: 2, factor: 2, bracket: 1 }), all[1]!, all, false)).toBe(false);
  });
});

test('Hyperband spreads trials over brackets: some are stopped at the first rung, some are not', () => {
  const rule = hyperbandPruner({ minResource: 1, maxResource: 9, factor: 3 });
  const all = Array.from({ length: 60 }, (_, id) => curve(id, [id], false));
  const stopped = all.filter((trial) => shouldPrune(rule, trial, all, false)).length;
  expect(stopped).toBeGreaterThan(15);
  expect(stopped).toBeLessThan(50);
});

test('thresholds and NaN stop a trial', () => {
  expect(shouldPrune(thresholdPruner({ upper: 5 }), curve(0, [6], false), [], false)).toBe(true);
  expect(shouldPrune(thresholdPruner({ upper: 5, warmupSteps: 2 }), curve(0, [6], false), [], false)).toBe(false);
  expect(shouldPrune(thresholdPruner({ lower: 0 }), curve(0, [3], false), [], false)).toBe(false);
  expect(shouldPrune(medianPruner(), curve(0, [Number.NaN], false), [], false)).toBe(true);
});

test('a study with a pruner saves most steps of poor trials and still finds the optimum', async () => {
  let steps = 0;
  const { value, optimizer } = await minimize(
    ({ x }, { report }) => {
      const loss = (step: number): number => (x - 0.3) ** 2 + 1 / step;
      for (let step = 1; step < 30; step++) {
        steps++;
        if (report(step, loss(step))) return { kind: 'pruned', step, value: loss(step) };
      }
      return loss(30);
    },
    { x: real(0, 1) },
    { trials: 30, seed: 1, pruner: medianPruner({ warmupSteps: 3 }) },
  );
  expect(value).toBeLessThan(1 / 30 + 1e-3);
  expect(steps).toBeLessThan(29 * 24);
  expect(optimizer.trials().filter(({ outcome }) => outcome?.kind === 'pruned').length).toBeGreaterThan(5);
});

test('reports are part of the state, and steps must increase', () => {
  const space = { x: real(0, 1) };
  const optimizer = createOptimizer(space, { pruner: medianPruner({ startupTrials: 1 }) });
  const first = optimizer.ask();
  optimizer.report(first.id, 1, 0.1);
  optimizer.tell(first.id, 0.1);
  const second = optimizer.ask();
  const restored = restoreOptimizer(space, JSON.parse(JSON.stringify(optimizer.state())));
  expect(restored.report(second.id, 1, 0.5)).toBe(true);
  expect(() => restored.report(second.id, 1, 0.4)).toThrow(/expected a step above 1, got 1/);
  expect(() => restored.report(first.id, 2, 0.4)).toThrow(/expected a running trial, got trial 0, which is complete/);
});
