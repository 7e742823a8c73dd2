import { expectClose } from '@skein/core/testkit';
import { Matrix } from 'ml-matrix';
import { expect, test } from 'vitest';
import { categorical, GaussianProcess, integer, logReal, matern52, minimize, real, scale } from './index.ts';
import { branin } from './problems.ts';

test('the public door: a process on rows or a matrix, and a study with inferred values', async () => {
  const rows = Array.from({ length: 12 }, (_, i) => [i / 11, ((5 * i) % 12) / 11]);
  const y = rows.map(([a, b]) => Math.sin(4 * a!) * b!);
  const process = () => new GaussianProcess({ kernel: matern52({ lengthscale: [1, 1] }), noise: 1e-6 });
  const gp = process().fit(rows, y, { restarts: 3, seed: 1 });
  const { mean, variance } = gp.predict([[0.5, 0.5]]);
  expectClose(mean[0]!, Math.sin(2) * 0.5, { atol: 0.05 });
  expect(variance[0]!).toBeGreaterThan(0);
  const same = process().fit(new Matrix(rows), y, { restarts: 3, seed: 1 });
  expect([...same.predict(new Matrix([[0.5, 0.5]])).mean]).toEqual([...mean]);

  const best = await minimize(
    ({ x, y, rate, layers, activation }) =>
      branin.f([x, y]) + Math.log10(rate / 1e-2) ** 2 + layers + (activation === 'tanh' ? 1 : 0),
    {
      x: real(-5, 10),
      y: real(0, 15),
      rate: logReal(1e-4, 1),
      layers: integer(1, 3),
      activation: categorical(['relu', 'tanh']),
    },
    { trials: 40, seed: 1 },
  );
  expect(best.values).toMatchObject({ layers: 1, activation: 'relu' });
  expect(best.value).toBeLessThan(1 + 0.4 + 0.5);
});

test('intervals of a fitted process cover functions drawn from its own prior as often as they say', () => {
  let covered = 0;
  let total = 0;
  for (let seed = 0; seed < 12; seed++) {
    const grid = Array.from({ length: 41 }, (_, i) => [i / 40]);
    const prior = new GaussianProcess({ kernel: scale(matern52({ lengthscale: 0.2 }), 2), noise: 1e-8 });
    // Conditioned far away, the process is its prior.
    const f = prior.fit([[1e6]], [0], { optimise: false }).sample(grid, { count: 1, seed })[0]!;
    const known = grid.filter((_, i) => i % 4 === 0);
    const gp = new GaussianProcess({ kernel: scale(matern52({ lengthscale: 1 }), 1), noise: 1e-8 });
    gp.fit(
      known,
      f.filter((_, i) => i % 4 === 0),
    );
    const { mean, variance } = gp.predict(grid);
    grid.forEach((_, i) => {
      if (i % 4 === 0) return;
      total++;
      if (Math.abs(f[i]! - mean[i]!) < 1.96 * Math.sqrt(variance[i]!)) covered++;
    });
  }
  expectClose(covered / total, 0.95, { atol: 0.05 });
});
