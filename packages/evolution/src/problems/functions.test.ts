import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { rastrigin } from './functions.ts';

test('rastrigin agrees with the form with cosines, and does not cancel near the optimum', () => {
  const { fitness } = rastrigin(30);
  const rng = createRng(1);
  for (let round = 0; round < 100; round++) {
    const x = rng.fillUniform(new Float64Array(30), -5.12, 5.12);
    const cosines = x.reduce((total, xj) => total + 10 + xj * xj - 10 * Math.cos(2 * Math.PI * xj), 0);
    expectClose(fitness(x), cosines, { rtol: 1e-13 });
  }
  expect(fitness(new Float64Array(30))).toBe(0);
  expectClose(fitness(Float64Array.of(1e-9)), (1 + 20 * Math.PI ** 2) * 1e-18, { rtol: 1e-14 });
});
