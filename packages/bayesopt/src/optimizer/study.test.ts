import { real } from '@skein/core';
import { expect, test } from 'vitest';
import { branin, hartmann6 } from '../problems.ts';
import { createOptimizer } from './optimizer.ts';
import { minimize, runStudy } from './study.ts';

const box = { x: real(-5, 10), y: real(0, 15) };

test('minimises Branin in 40 trials', async () => {
  const best = await minimize(({ x, y }) => branin.f([x, y]), box, { trials: 40, seed: 1 });
  expect(best.value - branin.minimum).toBeLessThan(2e-3);
  expect(best.optimizer.trials()).toHaveLength(40);
});

/** True if 60 trials bring the regret under 0.02; stops as soon as they have. */
async function solvesHartmann6(seed: number): Promise<boolean> {
  const space = Object.fromEntries(hartmann6.bounds.map(([low, high], j) => [`x${j}`, real(low, high)]));
  const isSolved = (value: number): boolean => value - hartmann6.minimum < 0.02;
  const solved = new AbortController();
  const { value } = await minimize((values) => hartmann6.f(Object.values(values)), space, {
    trials: 60,
    seed,
    deterministic: true,
    signal: solved.signal,
    onTrial: (_, best) => best !== null && isSolved(best.value) && solved.abort(),
  });
  return isSolved(value);
}

test('Hartmann-6 is solved to 0.02 within 60 trials in at least six of ten seeds', async () => {
  let solved = 0;
  for (let seed = 0; seed < 10 && solved < 6; seed++) if (await solvesHartmann6(seed)) solved++;
  expect(solved).toBe(6);
}, 240_000);

test('runs evaluations in parallel, at most as many as allowed, and tells each once', async () => {
  let running = 0;
  let most = 0;
  const told: number[] = [];
  await minimize(
    async ({ x, y }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return x + y;
    },
    box,
    { trials: 14, parallel: 3, seed: 1, initialTrials: 5, onTrial: ({ id }) => told.push(id) },
  );
  expect(most).toBe(3);
  expect(told.toSorted((a, b) => a - b)).toEqual([...Array(14).keys()]);
});

test('an evaluation that throws or returns NaN is a failed trial; too many end the study with the reason', async () => {
  const sometimes = await minimize(({ x }, { trial }) => (trial % 3 === 0 ? Number.NaN : x), box, {
    trials: 9,
    seed: 1,
  });
  const outcomes = sometimes.optimizer.trials().map(({ outcome }) => outcome?.kind);
  expect(outcomes.filter((kind) => kind === 'failed')).toHaveLength(3);
  const broken = minimize(
    () => {
      throw new Error('disk full');
    },
    box,
    { trials: 20, seed: 1 },
  );
  await expect(broken).rejects.toThrow(/5 of 5 trials failed, the last with: disk full/);
});

test('an aborted study starts no further trial, keeps its results, and continues from its state', async () => {
  const controller = new AbortController();
  const f = ({ x, y }: { x: number; y: number }): number => branin.f([x, y]);
  const options = { seed: 5, initialTrials: 4 };
  const stopped = createOptimizer(box, options);
  await runStudy(stopped, f, {
    trials: 10,
    signal: controller.signal,
    onTrial: ({ id }) => id === 5 && controller.abort(),
  });
  expect(stopped.trials()).toHaveLength(6);
  await runStudy(stopped, f, { trials: 10 });
  const whole = createOptimizer(box, options);
  await runStudy(whole, f, { trials: 10 });
  expect(stopped.state()).toEqual(whole.state());
});

test('trials that were running when the study was saved are run again', async () => {
  const optimizer = createOptimizer(box, { seed: 1 });
  const lost = [optimizer.ask(), optimizer.ask()];
  optimizer.report(0, 7, 1);
  const evaluated: number[] = [];
  await runStudy(
    optimizer,
    (_, { trial, report }) => {
      report(1, 1);
      evaluated.push(trial);
      return 1;
    },
    { trials: 4 },
  );
  expect(evaluated).toEqual([0, 1, 2, 3]);
  expect(optimizer.trials()[0]!.values).toEqual(lost[0]!.values);
});

test('a study stopped before anything completed says so', async () => {
  const signal = AbortSignal.abort();
  await expect(minimize(() => 1, box, { signal, trials: 3 })).rejects.toMatchObject({ code: 'TASK_CANCELLED' });
});

test('minimize suggests only what its rule allows', async () => {
  const { optimizer } = await minimize(({ x }) => x, { x: real(0, 1) }, { trials: 8, allows: ({ x }) => x > 0.5 });
  expect(optimizer.trials().every(({ values }) => values.x > 0.5)).toBe(true);
});
