import { categorical, createRng, integer, real } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import type { Crossover } from './crossover/crossover.ts';
import { order, pmx } from './crossover/permutations.ts';
import { onePoint, twoPoint, uniform } from './crossover/points.ts';
import { blx, intermediate } from './crossover/reals.ts';
import { sbx } from './crossover/sbx.ts';
import type { Encoding } from './encodings/encoding.ts';
import { mixed } from './encodings/mixed.ts';
import { integers, reals } from './encodings/numbers.ts';
import { isPermutation, permutations } from './encodings/permutations.ts';
import { bits, strings } from './encodings/strings.ts';
import type { Mutation } from './mutation/mutation.ts';
import { inversion, swap } from './mutation/permutations.ts';
import { gaussian, polynomial } from './mutation/reals.ts';
import { selfAdaptive, selfAdaptiveFlip } from './mutation/self-adaptive.ts';
import { bitFlip } from './mutation/strings.ts';
import type { Genes } from './population.ts';

const stringEncodings: readonly Encoding[] = [bits(12), strings(9, 'ACGT')];
const numberEncodings: readonly Encoding[] = [
  reals(6, [-1, 0, 0, 2, -9, 0], [1, 1, 5, 2, 9, 1e-3]),
  integers(6, -2, 7),
  mixed({ a: real(0, 1), b: integer(1, 4), c: categorical(['x', 'y', 'z']), d: categorical(['only']) }),
];
const orders: readonly Encoding[] = [permutations(11), permutations(2)];

const table = <O>(operators: readonly O[], encodings: readonly Encoding[]) =>
  operators.flatMap((operator) => encodings.map((encoding) => ({ operator, encoding })));

function sample(encoding: Encoding, seed: number): Genes {
  const genes = encoding.allocate(encoding.length);
  encoding.sample(genes, createRng(seed));
  return genes;
}

function expectInDomain(genes: Genes, encoding: Encoding): void {
  expect(genes.length).toBe(encoding.length);
  if (encoding.kind === 'permutation') expect(isPermutation(genes, encoding.length)).toBe(true);
  genes.forEach((g, j) => {
    expect(g >= encoding.low[j]! && g <= encoding.high[j]!, `gene ${j} is ${g}`).toBe(true);
  });
}

const exchanging: readonly Crossover[] = [onePoint(), twoPoint(), uniform(), uniform(0.2)];
const blending: readonly Crossover[] = [sbx(), sbx({ eta: 2, geneRate: 1 }), blx(), intermediate()] as Crossover[];
const ordering: readonly Crossover[] = [order(), pmx()] as Crossover[];
const crossovers = [
  ...table(exchanging, [...stringEncodings, ...numberEncodings]),
  ...table(blending, numberEncodings),
  ...table(ordering, orders),
];

describe.each(crossovers)('$operator.label on $encoding.label', ({ operator, encoding }) => {
  test('the children keep the alphabet, the length and the limits', () => {
    for (let seed = 0; seed < 200; seed++) {
      const [a, b] = [sample(encoding, 2 * seed), sample(encoding, 2 * seed + 1)];
      operator.cross(a, b, encoding, createRng(seed));
      expectInDomain(a, encoding);
      expectInDomain(b, encoding);
    }
  });
  test('equal parents have children equal to them', () => {
    const [a, b] = [sample(encoding, 5), sample(encoding, 5)];
    operator.cross(a, b, encoding, createRng(1));
    expectClose(a, sample(encoding, 5));
    expectClose(b, sample(encoding, 5));
  });
});

describe.each(exchanging)('$label', (operator) => {
  test('every gene of the parents goes to one of the children, at its place', () => {
    for (let seed = 0; seed < 50; seed++) {
      const parents = [Uint8Array.from([1, 2, 3, 4, 5, 6, 7]), Uint8Array.from([11, 12, 13, 14, 15, 16, 17])] as const;
      const [a, b] = [parents[0].slice(), parents[1].slice()];
      operator.cross(a, b, bits(7), createRng(seed));
      for (let j = 0; j < 7; j++) expect([a[j], b[j]].sort()).toEqual([parents[0][j], parents[1][j]].sort());
    }
  });
});

test('one-point crossover uses every site equally often and swaps the tails behind it', () => {
  const counts = new Array<number>(5).fill(0);
  for (let seed = 0; seed < 4000; seed++) {
    const [a, b] = [new Uint8Array(5), new Uint8Array(5).fill(1)];
    const [site] = onePoint().cross(a, b, bits(5), createRng(seed)) as [number];
    expect(a.indexOf(1)).toBe(site);
    expect(b.indexOf(0)).toBe(site);
    counts[site]!++;
  }
  expect(counts[0]).toBe(0);
  for (const n of counts.slice(1)) expect(Math.abs(n - 1000)).toBeLessThan(4 * Math.sqrt(750));
});

test('SBX keeps the mean of the parents far from the bounds, and spreads by its distribution', () => {
  const domain = reals(1, -1e9, 1e9);
  const rng = createRng(3);
  let within = 0;
  for (let k = 0; k < 20_000; k++) {
    const [a, b] = [Float64Array.of(-1), Float64Array.of(1)];
    sbx({ eta: 15, geneRate: 1 }).cross(a, b, domain, rng);
    expect(Math.abs(a[0]! + b[0]!)).toBeLessThan(1e-6);
    if (Math.abs(a[0]!) <= 1) within++;
  }
  expect(Math.abs(within / 20_000 - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 20_000));
});

test('order crossover by hand: the segment stays, the rest comes in the order of the mate', () => {
  // With the cut at [3, 7) the mate's order from place 7 on is 8 2 0 | 4 7 1 5 | ... without 3 4 5 6.
  const cuts = { integer: sequence([3, 6]) };
  const a = Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8);
  const b = Int32Array.of(8, 2, 0, 4, 7, 1, 5, 3, 6);
  order().cross(a, b, permutations(9), cuts as never);
  expect([...a]).toEqual([0, 7, 1, 3, 4, 5, 6, 8, 2]);
});

test('PMX by hand: the segment comes from the mate, displaced numbers go where it was', () => {
  const cuts = { integer: sequence([3, 6]) };
  const a = Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8);
  const b = Int32Array.of(8, 2, 0, 4, 7, 1, 5, 3, 6);
  pmx().cross(a, b, permutations(9), cuts as never);
  expect([...a]).toEqual([0, 6, 2, 4, 7, 1, 5, 3, 8]);
});

/** Gives the numbers one after the other. */
function sequence(numbers: readonly number[]): () => number {
  let k = 0;
  return () => numbers[k++] as number;
}

const mutations = [
  ...table([bitFlip(), bitFlip(0.5), bitFlip(1)] as Mutation[], stringEncodings),
  ...table([selfAdaptiveFlip()] as Mutation[], [bits(12)]),
  ...table(
    [gaussian(), gaussian({ rate: 1, sigma: 2 }), polynomial(), polynomial({ eta: 1, rate: 1 })] as Mutation[],
    numberEncodings,
  ),
  ...table([selfAdaptive({ sigma: 1 }), selfAdaptive({ perGene: false })] as Mutation[], [
    numberEncodings[0] as Encoding,
  ]),
  ...table([swap(), inversion(0.5)] as Mutation[], [...orders, bits(12)]),
];

describe.each(mutations)('$operator.label on $encoding.label', ({ operator, encoding }) => {
  test('keeps the alphabet, the length and the limits, and does change something', () => {
    const strategy = operator.strategy?.(encoding) ?? new Float64Array(0);
    let changed = 0;
    for (let seed = 0; seed < 200; seed++) {
      const genes = sample(encoding, seed);
      const before = genes.slice();
      operator.mutate(genes, encoding, createRng(seed), strategy);
      expectInDomain(genes, encoding);
      if (before.some((g, j) => g !== genes[j])) changed++;
    }
    expect(changed).toBeGreaterThan(20);
  });
});

test('every bit flips with the given probability, independently of its place', () => {
  const flips = new Float64Array(8);
  const rng = createRng(9);
  const rounds = 40_000;
  for (let k = 0; k < rounds; k++) {
    const genes = new Uint8Array(8);
    bitFlip(0.05).mutate(genes, bits(8), rng, new Float64Array(0));
    genes.forEach((g, j) => {
      flips[j]! += g;
    });
  }
  for (const n of flips) expect(Math.abs(n / rounds - 0.05)).toBeLessThan(4.5 * Math.sqrt((0.05 * 0.95) / rounds));
});

test('a mutated letter becomes each of the others equally often', () => {
  const counts = new Float64Array(4);
  const rng = createRng(1);
  for (let k = 0; k < 9000; k++) {
    const genes = Uint8Array.of(2);
    bitFlip(1).mutate(genes, strings(1, 'ACGT'), rng, new Float64Array(0));
    counts[genes[0]!]!++;
  }
  expect(counts[2]).toBe(0);
  for (const n of [counts[0]!, counts[1]!, counts[3]!]) expect(Math.abs(n - 3000)).toBeLessThan(4 * Math.sqrt(2000));
});

test('Gaussian mutation has the asked standard deviation', () => {
  const rng = createRng(4);
  const steps = Float64Array.from({ length: 20_000 }, () => {
    const genes = Float64Array.of(0);
    gaussian({ sigma: 0.01, rate: 1 }).mutate(genes, reals(1, -5, 5), rng, new Float64Array(0));
    return genes[0]!;
  });
  const deviation = Math.sqrt(steps.reduce((s, x) => s + x * x, 0) / steps.length);
  expectClose(deviation, 0.1, { rtol: 4 / Math.sqrt(2 * 20_000) });
});

test('self-adaptation changes the step sizes log-normally: their logarithm has mean 0', () => {
  const rng = createRng(8);
  const logs = Float64Array.from({ length: 20_000 }, () => {
    const sigmas = Float64Array.of(1);
    selfAdaptive({ perGene: false }).mutate(new Float64Array(4), reals(4, -1, 1), rng, sigmas);
    return Math.log(sigmas[0]!);
  });
  expect(Math.abs(logs.reduce((a, b) => a + b) / logs.length)).toBeLessThan((4 * 0.5) / Math.sqrt(20_000));
  expectClose(Math.sqrt(logs.reduce((s, x) => s + x * x, 0) / logs.length), 0.5, { rtol: 0.03 });
});
