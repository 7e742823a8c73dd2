/** Test functions of real vectors, to be minimised. Domains and optima as usual in the literature. */

import { reals } from '../encodings/numbers.ts';
import type { Problem } from './problem.ts';
import { rastriginOf, rastriginOfAll } from './rastrigin.ts';

type RealProblem = Problem<Float64Array, Float64Array>;

/** What differs between the functions: name, range of every number, f, and the number that all of the solution are. */
function problemOf(
  name: string,
  [low, high]: readonly [number, number],
  fitness: RealProblem['fitness'],
  solution = 0,
): (dimensions?: number) => RealProblem {
  return (dimensions = 10) => ({
    name,
    encoding: reals(dimensions, low, high),
    maximise: false,
    optimum: 0,
    solution: new Float64Array(dimensions).fill(solution),
    fitness,
  });
}

/** Sum over the elements of `term(x_j, j)`. */
function sum(x: Float64Array, term: (xj: number, j: number) => number): number {
  let total = 0;
  for (let j = 0; j < x.length; j++) total += term(x[j]!, j);
  return total;
}

/** Sum of squares. */
export const sphere = problemOf('sphere', [-5.12, 5.12], (x) => sum(x, (xj) => xj * xj));

/** Sum of 10^(6 j/(d-1)) x_j^2: condition number a million. */
export const ellipsoid = problemOf('ellipsoid', [-5.12, 5.12], (x) =>
  sum(x, (xj, j) => 10 ** ((6 * j) / Math.max(1, x.length - 1)) * xj * xj),
);

/** x_0^2 + 10^6 times the sum of the other squares. */
export const cigar = problemOf('cigar', [-5.12, 5.12], (x) => sum(x, (xj, j) => (j === 0 ? 1 : 1e6) * xj * xj));

/** A curved valley: sum of 100 (x_{j+1} - x_j^2)^2 + (1 - x_j)^2. */
export const rosenbrock = problemOf(
  'rosenbrock',
  [-2.048, 2.048],
  (x) => sum(x.subarray(1), (next, j) => 100 * (next - x[j]! ** 2) ** 2 + (1 - x[j]!) ** 2),
  1,
);

/**
 * A regular grid of local minima: 10 d + sum of x_j^2 - 10 cos(2 pi x_j), computed as the sum of x_j^2 + 20 sin^2(pi x_j),
 * which does not cancel near the optimum. Whole populations are computed by a kernel.
 */
export const rastrigin = problemOf('rastrigin', [-5.12, 5.12], Object.assign(rastriginOf, { ofAll: rastriginOfAll }));

/** Many shallow local minima around one deep hole. */
export const ackley = problemOf('ackley', [-32.768, 32.768], (x) => {
  const rms = Math.sqrt(sum(x, (xj) => xj * xj) / x.length);
  const waves = sum(x, (xj) => Math.cos(2 * Math.PI * xj)) / x.length;
  return -20 * Math.exp(-0.2 * rms) - Math.exp(waves) + 20 + Math.E;
});

/** Waves on a wide bowl: sum of x_j^2/4000 - product of cos(x_j / sqrt(j + 1)) + 1. */
export const griewank = problemOf('griewank', [-600, 600], (x) => {
  let product = 1;
  for (let j = 0; j < x.length; j++) product *= Math.cos(x[j]! / Math.sqrt(j + 1));
  return sum(x, (xj) => (xj * xj) / 4000) - product + 1;
});

/** Levy's function, w_j = 1 + (x_j - 1)/4. */
export const levy = problemOf(
  'levy',
  [-10, 10],
  (x) => {
    const w = x.map((xj) => 1 + (xj - 1) / 4);
    const last = w[w.length - 1]!;
    const inner = sum(w.subarray(0, -1), (wj) => (wj - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * wj + 1) ** 2));
    return Math.sin(Math.PI * w[0]!) ** 2 + inner + (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2);
  },
  1,
);
