import { createRng } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { sbx } from '../crossover/sbx.ts';
import { reals } from '../encodings/numbers.ts';
import { emptyBroods } from '../genetic/brood.ts';
import { gaussian, polynomial } from '../mutation/reals.ts';
import { gather, type Population, populationOf } from '../population.ts';
import { rastriginOf, rastriginOfAll } from '../problems/rastrigin.ts';
import { Workspace } from './workspace.ts';

type Reals = Population<Float64Array>;
const shapes = [
  { length: 1, size: 5000 },
  { length: 30, size: 300 },
  { length: 31, size: 201 },
  { length: 20_001, size: 3 },
];

describe.each(shapes)('$size individuals of $length numbers in memory of their own', ({ length, size }) => {
  const encoding = reals(length, -5.12, 5.12);
  const [parents, children] = emptyBroods(encoding, [size, size], 0).map(({ individuals }) => individuals) as [
    Reals,
    Reals,
  ];
  const elsewhere = (like: Reals): Reals => populationOf(Float64Array.from(like.genes), size);
  const mates = Int32Array.from({ length: size }, (_, i) => (i * 7) % size);
  for (const row of parents.rows) encoding.sample(row, createRng(1).split(row.byteOffset));

  test('both broods share it', () => {
    expect(parents.genes.buffer).toBe(children.genes.buffer);
    expect(children.genes.byteOffset).toBeGreaterThanOrEqual(parents.genes.byteOffset + parents.genes.byteLength);
  });

  test('kernels give the bits that they give for arrays of JavaScript, and the arrays stay', () => {
    const [outside, offspring] = [elsewhere(parents), elsewhere(children)];
    const crossing = new Uint8Array(size >> 1).fill(1);
    sbx().crossAll!(parents, mates, crossing, children, encoding, createRng(3));
    sbx().crossAll!(outside, mates, crossing, offspring, encoding, createRng(3));
    expect(children.genes).toEqual(offspring.genes);
    for (const mutation of [polynomial({ rate: 0.5 }), gaussian({ rate: 0.5 })]) {
      mutation.mutate(children.genes, encoding, createRng(4), new Float64Array(0));
      mutation.mutate(offspring.genes, encoding, createRng(4), new Float64Array(0));
      expect(children.genes).toEqual(offspring.genes);
    }
    expect(rastriginOfAll(children)).toEqual(Float64Array.from(offspring.rows, rastriginOf));
    const targets = mates.toReversed();
    gather(parents, mates, children, targets);
    gather(outside, mates, offspring, targets);
    expect(children.genes).toEqual(offspring.genes);
    expect(parents.genes).toEqual(outside.genes);
  });
});

test('small populations and other genes lie in memory of JavaScript', () => {
  const [small] = emptyBroods(reals(30, 0, 1), [10, 10], 2);
  expect(small.individuals.genes.byteLength).toBe(small.individuals.genes.buffer.byteLength);
  expect(small.strategies.rows[0]!.length).toBe(2);
});

test('memory with arrays that stay does not grow, which would take them away', () => {
  const space = new Workspace();
  const [array] = space.settle([100], 1000);
  expect(() => space.begin().take(2 ** 20)).toThrow(expect.objectContaining({ code: 'SHAPE' }));
  expect(array!.length).toBe(100);
});
