import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { fixture } from '../fixtures.ts';
import { GaussianProcess } from '../gp/gaussian-process.ts';
import { learnedNoise } from '../gp/model.ts';
import { product, sum } from './compose.ts';
import { coregion } from './coregion.ts';
import { matern52, rbf } from './stationary.ts';

const oracle = fixture<{
  x: number[][];
  y: number[];
  mixing: number[];
  own: number[];
  new: number[][];
  logMarginalLikelihood: number;
  mean: number[];
  variance: number[];
}>('coregion');

const shared = (dims: readonly number[]) => matern52({ lengthscale: [0.5, 0.8], dims });
const tasks = coregion({ column: 2, tasks: 3, rank: 2, mixing: oracle.mixing, own: oracle.own });
const process = () => new GaussianProcess({ kernel: product(shared([0, 1]), tasks), noise: 0.01 });

test("a process of several outputs equals GPyTorch's", () => {
  const gp = process().fit(oracle.x, oracle.y, { optimise: false });
  expectClose(gp.logMarginalLikelihood(), oracle.logMarginalLikelihood, { rtol: 1e-9 });
  const { mean, variance } = gp.predict(oracle.new);
  expectClose(mean, oracle.mean, { rtol: 1e-8 });
  expectClose(variance, oracle.variance, { rtol: 1e-7 });
});

test('the gradient of the likelihood agrees with central differences, in a linear model of coregionalisation too', () => {
  const kernel = sum(product(shared([0, 1]), tasks), product(rbf({ dims: [0, 1] }), coregion({ column: 2, tasks: 3 })));
  const gp = new GaussianProcess({ kernel, noise: 0.01 }).fit(oracle.x, oracle.y, { optimise: false });
  const theta = gp.parameters.map((p) => (p.scale === 'log' ? Math.log(p.value) : p.value));
  const { gradient } = gp.logMarginalLikelihoodAt(theta);
  theta.forEach((_, p) => {
    const at = (step: number): number =>
      gp.logMarginalLikelihoodAt(theta.map((v, q) => (q === p ? v + step : v))).value;
    expectClose(gradient[p]!, (at(1e-5) - at(-1e-5)) / 2e-5, { rtol: 1e-5, atol: 1e-6 });
  });
});

test('a task with few data learns from the other one, also where it is its mirror image', () => {
  const f = (t: number): number => Math.sin(5 * t);
  const known = Array.from({ length: 15 }, (_, i) => [i / 14, 0]);
  const few = [
    [0.05, 1],
    [0.5, 1],
    [0.95, 1],
  ];
  const X = [...known, ...few];
  const y = [...known.map(([t]) => f(t!)), ...few.map(([t]) => -2 * f(t!))];
  const kernel = product(rbf({ lengthscale: 0.3, dims: [0] }), coregion({ column: 1, tasks: 2 }));
  const gp = new GaussianProcess({ kernel, noise: learnedNoise({ value: 1e-3, bounds: [1e-8, 1] }) });
  gp.fit(X, y, { restarts: 4, seed: 1 });
  expectClose(
    gp.predict([
      [0.25, 1],
      [0.7, 1],
    ]).mean,
    [-2 * f(0.25), -2 * f(0.7)],
    { atol: 0.15 },
  );
});

test('tasks that do not exist are refused', () => {
  expect(() => process().fit([[0, 0, 3]], [1], { optimise: false })).toThrow(/expected a task below 3, got 3/);
  expect(() => coregion({ column: 0, tasks: 2, own: [1] })).toThrow(/2 numbers of mixing and 2 of own, got 2 and 1/);
});
