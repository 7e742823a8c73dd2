import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import * as problems from './problems.ts';

const { shifted, ...all } = problems;
const instances = Object.values(all).map((entry) => (typeof entry === 'function' ? entry(4) : entry));

describe.each(instances)('$name', (problem) => {
  test('takes its minimum at each minimiser, inside its box', () => {
    for (const x of problem.minimisers) {
      expectClose(problem.f(x), problem.minimum, { atol: 1e-6, rtol: 1e-9 });
      x.forEach((v, j) => {
        expect(v).toBeGreaterThanOrEqual(problem.bounds[j]![0]);
        expect(v).toBeLessThanOrEqual(problem.bounds[j]![1]);
      });
    }
  });

  test('is nowhere lower, near the minimisers or at random points', () => {
    const rng = createRng(1);
    const d = problem.bounds.length;
    for (let i = 0; i < 2000; i++) {
      const near = problem.minimisers[i % problem.minimisers.length]!;
      const x = problem.bounds.map(([low, high], j) => {
        const step = near[j]! + 1e-3 * (high - low) * rng.normal();
        return i % 2 === 0 ? low + (high - low) * rng.uniform() : Math.min(high, Math.max(low, step));
      });
      expect(x).toHaveLength(d);
      expect(problem.f(x)).toBeGreaterThanOrEqual(problem.minimum - 1e-9);
    }
  });
});

test('a shifted problem takes its minimum at the moved point', () => {
  const problem = shifted(problems.sphere(2), [0.1, -0.2]);
  expectClose(problem.minimisers[0]!, [1.024, -2.048]);
  expectClose(problem.f(problem.minimisers[0]!), 0);
});
