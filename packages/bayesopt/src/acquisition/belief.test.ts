import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { type Factored, factorModel } from '../gp/likelihood.ts';
import { linearMean } from '../gp/mean.ts';
import { toNoise } from '../gp/model.ts';
import { scale } from '../kernels/compose.ts';
import { matern52 } from '../kernels/stationary.ts';
import type { Points } from '../linalg/points.ts';
import { expectedImprovement, logExpectedImprovement, upperConfidenceBound } from './analytic.ts';
import { beliefOf, beliefOfDraws, beliefWithPending, scorer, sumScores } from './belief.ts';

const D = 2;
const pointsOf = (seed: number, n: number): Points => ({
  data: createRng(seed).fillUniform(new Float64Array(n * D)),
  n,
  d: D,
});
const x = pointsOf(1, 9);
const y = Float64Array.from({ length: 9 }, (_, i) => Math.sin(6 * x.data[2 * i]!) + x.data[2 * i + 1]!);
const model = {
  kernel: scale(matern52({ lengthscale: [0.4, 0.6] }), 1.3),
  mean: linearMean(2).withValues([0.1, 0.4, -0.3]),
  noise: toNoise(1e-4),
};
const factored = factorModel(model, x, y) as Factored;
const pending = pointsOf(2, 3);

describe.each([
  ['data alone', beliefOf(factored)],
  ['running trials', beliefWithPending(factored, { pending, count: 8, rng: createRng(3) })],
  ['draws of what noisy data are worth', beliefOfDraws(factored, { pending, count: 8, rng: createRng(3) })],
] as const)('scores under %s', (_, belief) => {
  test.each([
    ['log expected improvement', (best: number) => logExpectedImprovement({ best })],
    ['expected improvement', (best: number) => expectedImprovement({ best })],
    ['confidence bound', () => upperConfidenceBound()],
  ] as const)('%s: the gradient agrees with central differences, one point with many', (_name, acquisition) => {
    const { at, many } = scorer(belief, acquisition);
    const tests = pointsOf(4, 6);
    const batch = many(tests);
    const gradient = new Float64Array(D);
    for (let i = 0; i < tests.n; i++) {
      const point = tests.data.slice(i * D, (i + 1) * D);
      const score = at(point, gradient);
      expectClose(score, batch[i]!, { rtol: 1e-9 });
      const analytic = gradient.slice();
      for (let j = 0; j < D; j++) {
        const moved = (step: number): number => {
          const shifted = point.slice();
          shifted[j]! += step;
          return at(shifted, gradient);
        };
        expectClose(analytic[j]!, (moved(1e-6) - moved(-1e-6)) / 2e-6, { rtol: 1e-5, atol: 1e-6 });
      }
    }
  });
});

test('with fantasies the mean belief keeps its mean, and nothing is left to gain at a running trial', () => {
  const belief = beliefWithPending(factored, { pending, count: 512, rng: createRng(5) });
  const bound = scorer(belief, () => upperConfidenceBound({ coefficient: 0 }));
  const plain = scorer(beliefOf(factored), () => upperConfidenceBound({ coefficient: 0 }));
  expectClose(bound.many(pending), plain.many(pending), { atol: 0.02 });
  const improvement = (b: typeof belief) => scorer(b, (best) => expectedImprovement({ best })).many(pending);
  const before = improvement(beliefOf(factored));
  improvement(belief).forEach((gain, i) => {
    expect(gain).toBeLessThan(Math.max(0.02, 0.5 * before[i]!));
  });
});

test('a sum of scores sums values and gradients', () => {
  const parts = [() => upperConfidenceBound(), (best: number) => logExpectedImprovement({ best })].map((acquisition) =>
    scorer(beliefOf(factored), acquisition),
  );
  const both = sumScores(parts);
  const point = Float64Array.of(0.3, 0.6);
  const [a, b, total] = [new Float64Array(D), new Float64Array(D), new Float64Array(D)];
  expectClose(both.at(point, total), parts[0]!.at(point, a) + parts[1]!.at(point, b));
  expectClose(
    total,
    a.map((v, j) => v + b[j]!),
  );
  expectClose(both.many({ data: point, n: 1, d: D })[0]!, both.at(point, total));
});

test('draws of noisy data: their best is not the luckiest outcome, without noise it is the best outcome', () => {
  const lowest = Math.min(...y);
  const exact = beliefOfDraws(factored, { pending: pointsOf(2, 0), count: 64, rng: createRng(3) });
  for (const best of exact.best) expectClose(best, lowest, { atol: 0.05 });
  const loud = factorModel({ ...model, noise: toNoise(1) }, x, y) as Factored;
  const { best } = beliefOfDraws(loud, { pending: pointsOf(2, 0), count: 64, rng: createRng(3) });
  const spread = Math.max(...best) - Math.min(...best);
  expect(spread).toBeGreaterThan(0.5);
});

test('only eligible points count as the best', () => {
  const all = beliefOf(factored).best[0]!;
  const lowest = y.indexOf(Math.min(...y));
  expect(beliefOf(factored, (row) => row !== lowest).best[0]!).toBeGreaterThan(all);
  expect(beliefOf(factored, () => false).best[0]).toBe(Infinity);
});
