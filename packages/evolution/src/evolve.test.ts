import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { reals } from './encodings/numbers.ts';
import { bits } from './encodings/strings.ts';
import { geneticAlgorithm } from './genetic/run.ts';
import type { GenerationReport } from './statistics.ts';

const ones = (s: Uint8Array) => s.reduce((a, b) => a + b, 0);
const common = { encoding: bits(20), maximise: true, population: 10, generations: 8, seed: 11 } as const;

test('the result does not depend on how fitness is computed or batches are split', async () => {
  const reference = await geneticAlgorithm({ ...common, fitness: ones });
  const slow = geneticAlgorithm({
    ...common,
    fitness: async (s) => {
      const value = ones(s);
      await sleep(value % 3);
      return value;
    },
  });
  const batches = [undefined, 1, 3, 10].map((batchSize) =>
    geneticAlgorithm({
      ...common,
      ...(batchSize && { batchSize }),
      evaluate: async ({ values }) => {
        await sleep(values.length % 4);
        return values.map(ones);
      },
    }),
  );
  for (const other of await Promise.all([slow, ...batches])) expect(other).toEqual(reference);
});

test('a run that is stopped and continued equals one that never stopped', async () => {
  const whole = await geneticAlgorithm({ ...common, fitness: ones });
  const first = await geneticAlgorithm({ ...common, generations: 3, fitness: ones });
  const second = await geneticAlgorithm({ ...common, fitness: ones, state: structuredClone(first.state) });
  expect([...first.history, ...second.history]).toEqual(whole.history);
  expect(second.state).toEqual(whole.state);
});

test('every generation is reported with best, mean and diversity', async () => {
  const reports: GenerationReport[] = [];
  const result = await geneticAlgorithm({
    ...common,
    fitness: ones,
    onGeneration: (report, algorithm) => {
      expect(algorithm.state().generation).toBe(report.generation);
      reports.push(report);
    },
  });
  expect(reports).toEqual(result.history);
  expect(reports.map((r) => r.generation)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  for (const r of reports) expect(r.best >= r.mean && r.mean >= r.worst && r.bestEver >= r.best).toBe(true);
  expect(reports[0]?.diversity).toBeGreaterThan(0.8);
});

test('diversity is not measured where it is not wanted', async () => {
  const { history } = await geneticAlgorithm({ ...common, fitness: ones, diversity: false });
  expect(history.map((r) => r.diversity)).toEqual(new Array(8).fill(Number.NaN));
});

test('an aborted run returns what it has, and its state goes on to the same end', async () => {
  const controller = new AbortController();
  const whole = await geneticAlgorithm({ ...common, fitness: ones });
  const stopped = await geneticAlgorithm({
    ...common,
    fitness: ones,
    signal: controller.signal,
    onGeneration: ({ generation }) => {
      if (generation === 4) controller.abort();
    },
  });
  expect([stopped.stop, stopped.generation]).toEqual(['aborted', 4]);
  expect((await geneticAlgorithm({ ...common, fitness: ones, state: stopped.state })).state).toEqual(whole.state);
});

test('an evaluation that fails because of the signal ends the run without an error', async () => {
  const controller = new AbortController();
  let batches = 0;
  const { stop, generation } = await geneticAlgorithm({
    ...common,
    signal: controller.signal,
    onGeneration: (report) => {
      if (report.generation === 2) setTimeout(() => controller.abort(), 5);
    },
    evaluate: async ({ values, signal }) => {
      if (++batches > 2) await sleep(30, null, { signal });
      return values.map(ones);
    },
  });
  expect([stop, generation]).toEqual(['aborted', 2]);
});

test('an evaluation that fails on its own fails the run', async () => {
  const run = geneticAlgorithm({ ...common, evaluate: () => Promise.reject(new Error('out of memory')) });
  await expect(run).rejects.toThrow('out of memory');
});

test('a timer can abort a run whose fitness never waits', async () => {
  const { stop } = await geneticAlgorithm({
    encoding: reals(5, -1, 1),
    fitness: (x) => x[0] as number,
    signal: AbortSignal.timeout(50),
    history: false,
  });
  expect(stop).toBe('aborted');
});

test.each([
  [{ target: 14 }, 'target'],
  [{ evaluations: 35 }, 'evaluations'],
  [{ patience: 2, generations: 1000 }, 'patience'],
  [{ generations: 2 }, 'generations'],
])('stops by the rule %o', async (rule, expected) => {
  const result = await geneticAlgorithm({ ...common, fitness: ones, ...rule });
  expect(result.stop).toBe(expected);
  if ('evaluations' in rule) expect(result.evaluations).toBe(40);
  if ('target' in rule) expect(result.bestFitness).toBeGreaterThanOrEqual(14);
});

test('an outcome that is no number is refused with its place', async () => {
  const run = geneticAlgorithm({ ...common, fitness: (s) => (ones(s) > 12 ? Number.NaN : 1) });
  await expect(run).rejects.toMatchObject({
    code: 'INPUT',
    message: expect.stringMatching(/fitness of individual \d+/),
  });
});

test('fitness and evaluate exclude each other', async () => {
  await expect(geneticAlgorithm(common)).rejects.toThrow('expected either fitness or evaluate, got neither');
});
