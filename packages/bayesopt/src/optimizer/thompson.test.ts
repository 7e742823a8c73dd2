import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { type Factored, factorModel } from '../gp/likelihood.ts';
import { zeroMean } from '../gp/mean.ts';
import { toNoise } from '../gp/model.ts';
import { predict } from '../gp/posterior.ts';
import { scale } from '../kernels/compose.ts';
import { matern52 } from '../kernels/stationary.ts';
import { thompsonScorer } from './thompson.ts';

const columns = [
  { count: Infinity, categorical: false },
  { count: 3, categorical: true },
];
const x = { data: Float64Array.of(0.1, 1 / 6, 0.4, 0.5, 0.9, 5 / 6, 0.6, 1 / 6), n: 4, d: 2 };
const y = Float64Array.of(0.3, -1, 0.8, 0.2);
const model = {
  kernel: scale(matern52({ lengthscale: [0.3, 0.8], categorical: [1] }), 1.4),
  mean: zeroMean(),
  noise: toNoise(1e-6),
};
const factored = factorModel(model, x, y) as Factored;

test('draws have the moments of the posterior, names included, and pass through the data', () => {
  const tests = { data: Float64Array.of(0.2, 0.5, 0.75, 1 / 6, 0.4, 0.5), n: 3, d: 2 };
  const draws = Array.from({ length: 1500 }, (_, seed) =>
    thompsonScorer(factored, columns, createRng(seed))
      .many(tests)
      .map((v) => -v),
  );
  const { mean, variance } = predict(factored, tests);
  for (let i = 0; i < 3; i++) {
    const average = draws.reduce((sum, draw) => sum + draw[i]!, 0) / draws.length;
    const spread = draws.reduce((sum, draw) => sum + (draw[i]! - average) ** 2, 0) / draws.length;
    expectClose(average, mean[i]!, { atol: 0.1 });
    expectClose(spread, variance[i]!, { rtol: 0.15, atol: 1e-3 });
  }
});

test('a draw is one function: single points and many agree, and its gradient is its derivative', () => {
  const { at, many } = thompsonScorer(factored, columns, createRng(1));
  const gradient = new Float64Array(2);
  const value = (u: number): number => at(Float64Array.of(u, 0.5), gradient);
  expectClose(value(0.33), many({ data: Float64Array.of(0.33, 0.5), n: 1, d: 2 })[0]!);
  value(0.33);
  const slope = gradient[0]!;
  expectClose(slope, (value(0.33 + 1e-6) - value(0.33 - 1e-6)) / 2e-6, { rtol: 1e-6 });
  expect(gradient[1]).toBe(-0);
});
