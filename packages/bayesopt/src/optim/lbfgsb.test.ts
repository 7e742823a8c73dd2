import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { fixture } from '../fixtures.ts';
import { lbfgsb, type Objective } from './lbfgsb.ts';

interface Case {
  name: 'rosenbrock' | 'quadratic' | 'coupled';
  start: number[];
  lower: number[] | null;
  upper: number[] | null;
  x: number[];
  value: number;
  evaluations: number;
}

const rosenbrock: Objective = (x, g) => {
  g.fill(0);
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const rise = x[i + 1]! - x[i]! ** 2;
    sum += 100 * rise ** 2 + (1 - x[i]!) ** 2;
    g[i]! += -400 * rise * x[i]! - 2 * (1 - x[i]!);
    g[i + 1]! += 200 * rise;
  }
  return sum;
};
const centre = (i: number, n: number): number => -1 + (3 * i) / (n - 1);
const quadratic: Objective = (x, g) => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const scale = 10 ** (-2 + (4 * i) / (x.length - 1));
    const delta = x[i]! - centre(i, x.length);
    g[i] = scale * delta;
    sum += 0.5 * scale * delta ** 2;
  }
  return sum;
};
const coupled: Objective = (x, g) => {
  const delta = x.map((v, i) => v - centre(i, x.length));
  for (let i = 0; i < x.length; i++) g[i] = 2.1 * delta[i]! - (delta[i - 1] ?? 0) - (delta[i + 1] ?? 0);
  return 0.5 * delta.reduce((sum, v, i) => sum + v * g[i]!, 0);
};
const objectives = { rosenbrock, quadratic, coupled };

describe('L-BFGS-B ends where scipy ends', () => {
  for (const [index, row] of fixture<Case[]>('lbfgsb').entries()) {
    test(`${row.name}, case ${index}`, () => {
      const bounds = row.lower === null ? {} : { lower: row.lower, upper: row.upper! };
      const tight = { gradientTolerance: 1e-10, valueTolerance: 0, maxIterations: 2000 };
      const result = lbfgsb(objectives[row.name], row.start, { ...bounds, ...tight });
      expectClose(result.x, row.x, { atol: 2e-6 });
      expectClose(result.value, row.value, { atol: 1e-10, rtol: 1e-9 });
      expect(result.evaluations).toBeLessThan(3 * row.evaluations + 20);
    });
  }
});

test('a start outside the box is projected, and a start at the optimum stays', () => {
  const result = lbfgsb(quadratic, [9, 9], { lower: [-3, -3], upper: [3, 3] });
  expectClose(result.x, [-1, 2], { atol: 1e-3 });
  expect(lbfgsb(coupled, [-1, 2])).toMatchObject({ reason: 'gradient', iterations: 0 });
});

test('values that are not finite shorten the step instead of ending the search', () => {
  const logarithm: Objective = (x, g) => {
    g[0] = 1 - 1 / x[0]!;
    return x[0]! > 0 ? x[0]! - Math.log(x[0]!) : Number.NaN;
  };
  expectClose(lbfgsb(logarithm, [20]).x, [1], { atol: 1e-4 });
  expect(lbfgsb(logarithm, [-1]).reason).toBe('not-finite');
});
