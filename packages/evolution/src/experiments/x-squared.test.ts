import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { describeXSquared, xSquaredRun } from './x-squared.ts';

const run = xSquaredRun();

test('the run finds x = 31', () => {
  expect(Math.max(...run.map((g) => g.best))).toBe(961);
});

test('almost every seed finds x = 31 within 20 generations of four', () => {
  const found = Array.from({ length: 60 }, (_, seed) => xSquaredRun({ seed }).some((g) => g.best === 961));
  expect(found.filter(Boolean).length).toBeGreaterThanOrEqual(54);
});

test('every generation shows four strings, their numbers, their shares of the wheel and their copies', () => {
  for (const g of run) {
    for (const one of g.individuals) {
      expect(Number.parseInt(one.string, 2)).toBe(one.x);
      expect(one.fitness).toBe(one.x ** 2);
    }
    expectClose(
      g.individuals.reduce((sum, one) => sum + one.share, 0),
      1,
    );
    const copies = g.individuals.reduce((sum, one) => sum + one.copies, 0);
    expect([g.individuals.length, copies]).toEqual([4, g.breeding === null ? 0 : 4]);
  }
  expect(run.at(-1)?.breeding).toBeNull();
});

test('the text names the spins, the mates with their sites, and the mutations', () => {
  const text = describeXSquared(run[0]!);
  expect(text).toMatch(/^generation 1: mean [\d.]+, best \d+/);
  expect(text).toMatch(
    /spins: [1-4] [1-4] [1-4] [1-4]\n {2}mates: [1-4] x [1-4] cut after bit [1-4]; .*\n {2}mutations: /,
  );
});
