import { createRng, real } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { hartmann6 } from '../problems.ts';
import { createOptimizer } from './optimizer.ts';
import type { RelatedTrial } from './related.ts';

const space = Object.fromEntries(hartmann6.bounds.map(([low, high], j) => [`x${j}`, real(low, high)]));
type Point = Record<string, number>;
const f = (values: object, move = 0): number => hartmann6.f((Object.values(values) as number[]).map((v) => v - move));

/** The trials of a study of `loss`. */
function finished(loss: (values: Point) => number, trials: number): RelatedTrial<typeof space>[] {
  const optimizer = createOptimizer(space, { seed: 5, deterministic: true });
  return Array.from({ length: trials }, () => {
    const { id, values } = optimizer.ask();
    const value = loss(values as Point);
    optimizer.tell(id, value);
    return { values, value };
  });
}

/** Best value after so many trials, with and without related studies. */
function best(trials: number, related: readonly (readonly RelatedTrial<typeof space>[])[], maximise = false): number {
  const sign = maximise ? -1 : 1;
  const optimizer = createOptimizer(space, { seed: 3, deterministic: true, initialTrials: 4, maximise }, { related });
  for (let i = 0; i < trials; i++) {
    const { id, values } = optimizer.ask();
    optimizer.tell(id, sign * f(values, 0.04));
  }
  return sign * optimizer.best()!.value;
}

describe('a study of a moved and rescaled function', () => {
  const similar = finished((values) => 100 + 7 * f(values), 45);

  test('begins where a related one ended, and gets further in fifteen trials', () => {
    expect(best(15, [similar])).toBeLessThan(-3.1);
    expect(best(15, [similar])).toBeLessThan(best(15, []) - 0.5);
  });

  test('the same when maximising', () => {
    const mirrored = similar.map(({ values, value }) => ({ values, value: -value }));
    expectClose(best(8, [mirrored], true), best(8, [similar]), { rtol: 1e-9 });
  });

  test('is not led astray for long by an unrelated one', () => {
    const rng = createRng(9);
    const noise = similar.map(({ values }) => ({ values, value: rng.normal() }));
    expect(best(40, [noise])).toBeLessThan(-2.5);
  });
});

test('related trials are checked by path', () => {
  const create = (trials: RelatedTrial<typeof space>[]) => () => createOptimizer(space, {}, { related: [trials] });
  const [one, two] = [0, 1].map((k) => ({
    values: Object.fromEntries(Object.keys(space).map((n) => [n, k])),
    value: k,
  }));
  expect(create([one!])).toThrow(/related\[0\]: expected at least two trials, got 1/);
  expect(create([one!, { ...two!, value: Number.NaN }])).toThrow(/related\[0\]\[1\]\.value: expected a finite number/);
  expect(create([one!, { values: { x0: 7 }, value: 1 }])).toThrow(/related\[0\]\[1\]\.values/);
});
