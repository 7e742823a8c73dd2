import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { fixture } from '../fixtures.ts';
import { GaussianProcess } from '../gp/gaussian-process.ts';
import { linearMean } from '../gp/mean.ts';
import { scale } from '../kernels/compose.ts';
import { matern52 } from '../kernels/stationary.ts';
import { hypervolume } from '../pareto/pareto.ts';
import { maxValueEntropy, sampleExtremes } from './entropy.ts';
import { expectedHypervolumeImprovement, qExpectedHypervolumeImprovement } from './hypervolume.ts';
import { knowledgeGradient } from './knowledge.ts';
import { maximiseBatch } from './maximise-batch.ts';
import {
  qExpectedImprovement,
  qLogExpectedImprovement,
  qLogNoisyExpectedImprovement,
  qNoisyExpectedImprovement,
  qUpperConfidenceBound,
} from './monte-carlo.ts';
import { logConstrainedExpectedImprovement, logExpectedImprovementPerCost } from './point-score.ts';
import type { BatchScore } from './reparameterised.ts';

const oracle = fixture<{
  x: number[][];
  y: number[][];
  batch: number[][];
  points: number[][];
  set: number[][];
  qEi: number;
  qNei: number;
  qLogNei: number;
  logConstrainedEi: number[];
  knowledge: number[];
  entropy: [number, number, number, number][];
  hypervolume: { reference: number[]; exact: number[]; batch: number }[];
}>('acquisition');

const kernel = scale(matern52({ lengthscale: [0.5, 0.8] }), 1.5);
const processes = oracle.y.map((y) =>
  new GaussianProcess({ kernel, noise: 0.01 }).fit(oracle.x, y, { optimise: false }),
);
const [gp, other] = processes as [GaussianProcess, GaussianProcess, GaussianProcess];
const outcomesOf = (count: number): number[][] =>
  oracle.x.map((_, i) => oracle.y.slice(0, count).map((column) => column[i]!));
const samples = 2 ** 14;
const up = { maximise: true, best: 1.2, samples };

describe('BoTorch and numerical integration agree', () => {
  test('expected improvement of batches, over a known best value and over uncertain ones', () => {
    expectClose(qExpectedImprovement(gp, up)(oracle.batch), oracle.qEi, { rtol: 5e-3 });
    const noisy = { maximise: true, samples };
    expectClose(qNoisyExpectedImprovement(gp, noisy)(oracle.batch), oracle.qNei, { rtol: 0.03 });
    expectClose(qLogNoisyExpectedImprovement(gp, noisy)(oracle.batch), oracle.qLogNei, { atol: 0.05 });
  });

  test('constrained expected improvement', () => {
    const score = logConstrainedExpectedImprovement(gp, { best: 1.2, maximise: true, constraints: [other] });
    oracle.points.forEach((point, i) => {
      expectClose(score([point]), oracle.logConstrainedEi[i]!, { rtol: 1e-8 });
    });
  });

  test('the knowledge gradient', () => {
    const score = knowledgeGradient(gp, { points: oracle.set, maximise: true });
    oracle.points.forEach((point, i) => {
      expectClose(score([point]), oracle.knowledge[i]!, { rtol: 1e-8, atol: 1e-12 });
    });
  });

  test('max-value entropy of one extreme', () => {
    for (const [mean, deviation, extreme, reduction] of oracle.entropy) {
      expectClose(maxValueEntropy({ extremes: [extreme] }).value(mean, deviation), reduction, { rtol: 1e-9 });
    }
  });

  test.each(oracle.hypervolume)('expected hypervolume improvement at $reference', ({ reference, exact, batch }) => {
    const count = reference.length;
    const options = { outcomes: outcomesOf(count), reference };
    const score = expectedHypervolumeImprovement(processes.slice(0, count), options);
    oracle.points.forEach((point, i) => {
      expectClose(score([point]), exact[i]!, { rtol: 1e-8, atol: 1e-13 });
    });
    const joint = qExpectedHypervolumeImprovement(processes.slice(0, count), { ...options, samples });
    expectClose(joint(oracle.batch), batch, { rtol: 0.03 });
  });
});

const curved = new GaussianProcess({ kernel, noise: 0.01, mean: linearMean(2).withValues([0.1, 0.4, -0.3]) });
curved.fit(oracle.x, oracle.y[0]!, { optimise: false });
const few = { samples: 64 };
const twoObjectives = { outcomes: outcomesOf(2), reference: [1.9, 1.1] };

describe.each<readonly [string, number, BatchScore]>([
  ['q-EI', 3, qExpectedImprovement(curved, { ...few, best: 0.4 })],
  ['q-EI, maximised', 2, qExpectedImprovement(curved, { ...few, best: 0.9, maximise: true })],
  ['q-log-EI', 3, qLogExpectedImprovement(curved, { ...few, best: -0.5 })],
  ['q-NEI', 2, qNoisyExpectedImprovement(curved, few)],
  ['q-log-NEI', 3, qLogNoisyExpectedImprovement(curved, { ...few, maximise: true })],
  ['q-UCB', 3, qUpperConfidenceBound(curved, few)],
  ['knowledge gradient', 1, knowledgeGradient(curved, { points: oracle.set })],
  ['EHVI', 1, expectedHypervolumeImprovement([curved, other], { ...twoObjectives, maximise: [false, true] })],
  ['q-EHVI', 2, qExpectedHypervolumeImprovement([curved, other], { ...twoObjectives, ...few })],
  ['constrained log-EI', 1, logConstrainedExpectedImprovement(curved, { best: 0.3, constraints: [other] })],
  ['log-EI per cost', 1, logExpectedImprovementPerCost(curved, { best: 0.3, logCost: other, exponent: 0.5 })],
])('%s', (_name, q, score) => {
  test('its gradient agrees with central differences', () => {
    const rng = createRng(7);
    for (let trial = 0; trial < 4; trial++) {
      const points = Array.from({ length: q }, () => [rng.uniform(), rng.uniform()]);
      const { value, gradient } = score.withGradient(points);
      expectClose(value, score(points), { rtol: 1e-12 });
      const step = 1e-6;
      const moved = (k: number, by: number): number =>
        score(points.map((row, i) => row.map((v, j) => (2 * i + j === k ? v + by : v))));
      for (let k = 0; k < 2 * q; k++) {
        // A kink of the Monte Carlo average between the two sides shows as a difference of the order of the step.
        expectClose(gradient[k]!, (moved(k, step) - moved(k, -step)) / (2 * step), { rtol: 2e-4, atol: 2e-5 });
      }
    }
  });
});

test('the improvement of a certain outcome is the growth of the hypervolume', () => {
  const grid = new GaussianProcess({ kernel, noise: 1e-10 }).fit(oracle.x, oracle.y[0]!, { optimise: false });
  const second = new GaussianProcess({ kernel, noise: 1e-10 }).fit(oracle.x, oracle.y[1]!, { optimise: false });
  const reference = [1.9, 1.1];
  const known = outcomesOf(2).slice(0, 5);
  const score = expectedHypervolumeImprovement([grid, second], { outcomes: known, reference });
  for (let i = 5; i < 8; i++) {
    const grown = hypervolume([...known, outcomesOf(2)[i]!], reference) - hypervolume(known, reference);
    expectClose(score([oracle.x[i]!]), grown, { atol: 1e-4 });
  }
});

test('cost moves the score by its power', () => {
  const plain = logExpectedImprovementPerCost(gp, { best: 0.3, logCost: other, exponent: 0 });
  const dear = logExpectedImprovementPerCost(gp, { best: 0.3, logCost: other });
  const point = oracle.points[0]!;
  expectClose(plain([point]) - dear([point]), other.predict([point]).mean[0]!);
});

test('extremes are drawn from where the best value may be', () => {
  const points = Array.from({ length: 50 }, (_, i) => [(i % 10) / 9, Math.floor(i / 10) / 4]);
  const extremes = sampleExtremes(gp, points, { count: 64, seed: 1, maximise: true });
  const mean = extremes.reduce((a, b) => a + b) / 64;
  expect(mean).toBeGreaterThan(Math.max(...gp.predict(points).mean));
});

test('a maximised batch beats random ones, and its points differ', () => {
  const score = qExpectedImprovement(gp, { best: 1.2, maximise: true, samples: 128 });
  const { points, value } = maximiseBatch(score, {
    bounds: [
      [0, 1],
      [0, 1],
    ],
    q: 2,
    seed: 1,
  });
  expectClose(score(points), value);
  const rng = createRng(3);
  for (let i = 0; i < 100; i++) {
    expect(score([0, 1].map(() => [rng.uniform(), rng.uniform()]))).toBeLessThanOrEqual(value);
  }
  expect(Math.hypot(points[0]![0]! - points[1]![0]!, points[0]![1]! - points[1]![1]!)).toBeGreaterThan(0.05);
});

test('scores of one candidate refuse batches', () => {
  expect(() => knowledgeGradient(gp, { points: oracle.set })(oracle.batch)).toThrow(/expected one candidate, got 2/);
  expect(() => expectedHypervolumeImprovement([gp], { outcomes: [], reference: [1, 1] })).toThrow(/expected 1 numbers/);
});
