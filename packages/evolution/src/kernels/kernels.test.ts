import { createRng, type Rng, restoreRng, threefry2x32 } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { sbx } from '../crossover/sbx.ts';
import { integers, reals } from '../encodings/numbers.ts';
import { gaussian, polynomial } from '../mutation/reals.ts';
import { type Population, populationOf } from '../population.ts';
import { rastrigin } from '../problems/functions.ts';
import { chosenPlaces, drawKey, type Key, randomIntegers, shuffled, uniforms } from './random.ts';

const at = (key: Key, counter: number): Rng => restoreRng({ key, counter });

/** Both words of a block; `high` is the upper half of the counter. */
function words(key: Key, counter: number, high = 0): readonly [number, number] {
  const out = new Uint32Array(2);
  threefry2x32(...key, counter, high, out);
  return [out[0]!, out[1]!];
}

describe('random numbers in bulk', () => {
  test.each([0, 1, 5, 2048, 5000])('%i uniform numbers are those of the scalar generator', (count) => {
    const key = drawKey(createRng(7));
    const expected = Float64Array.from({ length: count }, (_, i) => at(key, i).uniform());
    expect(uniforms(count, createRng(7))).toEqual(expected);
  });

  test('integers fill every bin evenly (chi-squared below its 99.9 % quantile)', () => {
    const counts = new Float64Array(7);
    for (const k of randomIntegers(100_000, 7, createRng(1))) counts[k]! += 1;
    expect(counts.reduce((sum, c) => sum + (c - 1e5 / 7) ** 2 / (1e5 / 7), 0)).toBeLessThan(22.46);
  });

  test('shuffling gives each order of three about equally often', () => {
    const rng = createRng(15);
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const order = shuffled(Int32Array.of(0, 1, 2), rng).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    expect([...counts.values()].reduce((sum, c) => sum + (c - 2000) ** 2 / 2000, 0)).toBeLessThan(20.52);
  });

  test.each([0.001, 1 / 30, 0.5, 0.97])(
    'places chosen with rate %f are as far apart as the definition says',
    (rate) => {
      const key = drawKey(createRng(3));
      const expected: number[] = [];
      for (let place = -1, counter = 0; ; counter++) {
        place += 1 + Math.floor(Math.log(1 - at(key, counter).uniform()) / Math.log(1 - rate));
        if (place >= 20_000) break;
        expected.push(place);
      }
      expect([...chosenPlaces(20_000, rate, createRng(3))]).toEqual(expected);
    },
  );

  test('rate 0 chooses no place and rate 1 all of them', () => {
    expect(chosenPlaces(9, 0, createRng(1)).length).toBe(0);
    expect([...chosenPlaces(9, 1, createRng(1))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

/** Word i of a key: the words of its blocks one after the other. */
const wordAt = (key: Key, i: number): number => words(key, Math.floor(i / 2))[i & 1]!;

/** A quantile of 31 bits, and the bit that is left. */
const quantile = (word: number) => ({ u: ((word >>> 1) + 0.5) / 2 ** 31, bit: word & 1 });

/** Simulated binary crossover as the textbook has it, with the random numbers of the kernel. */
function sbxDefinition(
  parents: Population<Float64Array>,
  crossing: Uint8Array,
  domain: { readonly low: Float64Array; readonly high: Float64Array },
  rng: Rng,
  { eta, geneRate }: { readonly eta: number; readonly geneRate: number },
): Float64Array {
  const [coinKey, spreadKey] = [drawKey(rng), drawKey(rng)];
  const { length } = parents;
  const groups = Math.ceil(length / 32);
  const children = parents.genes.slice();
  // Each block of couples begins with a new counter.
  const block = 2 * Math.max(1, Math.floor(16_384 / (32 * length)));
  let drawn = 0;
  crossing.forEach((crosses, couple) => {
    if (couple % block === 0) drawn += drawn & 1;
    const [a, b] = [2 * couple * length, (2 * couple + 1) * length];
    for (let j = 0; crosses === 1 && j < length; j++) {
      const group = couple * groups + (j >> 5);
      const taking =
        geneRate === 0.5
          ? ((wordAt(coinKey, group) >>> (j & 31)) & 1) === 1
          : biased(coinKey, 32 * group + (j & 31)) < geneRate;
      if (!taking) continue;
      const { u, bit } = quantile(wordAt(spreadKey, drawn++));
      const [x1, x2] = [children[a + j]!, children[b + j]!];
      const [middle, half] = [(x1 + x2) / 2, Math.abs(x1 - x2) / 2];
      const [low, high] = [domain.low[j]!, domain.high[j]!];
      const below = Math.max(low, middle - half * spreadDefinition(u, (middle - low) / half, eta));
      const above = Math.min(high, middle + half * spreadDefinition(u, (high - middle) / half, eta));
      const swapped = bit === 1;
      children[a + j] = swapped ? above : below;
      children[b + j] = swapped ? below : above;
    }
  });
  return children;
}

function biased(key: Key, counter: number): number {
  const [first, second] = words(key, counter, 2 ** 30);
  return ((first >>> 5) * 2 ** 26 + (second >>> 6)) * 2 ** -53;
}

function spreadDefinition(u: number, limit: number, eta: number): number {
  // A bound so far away that it cuts off less than one child in two millions counts as none.
  const beyond = limit ** -(eta + 1);
  const alpha = beyond > 2 ** -21 ? 2 - beyond : 2;
  return (u * alpha <= 1 ? u * alpha : 1 / (2 - u * alpha)) ** (1 / (eta + 1));
}

function sample(size: number, domain: ReturnType<typeof reals>): Population<Float64Array> {
  const population = populationOf(domain.allocate(size * domain.length), size);
  for (const row of population.rows) domain.sample(row, createRng(9).split(row.byteOffset));
  return population;
}

describe('simulated binary crossover', () => {
  const cases = [
    { length: 1, couples: 3, eta: 15, geneRate: 0.5 },
    { length: 30, couples: 300, eta: 15, geneRate: 0.5 },
    { length: 31, couples: 7, eta: 2, geneRate: 1 },
    { length: 32, couples: 5, eta: 20, geneRate: 0.3 },
    { length: 67, couples: 90, eta: 0, geneRate: 0.5 },
    { length: 5, couples: 40, eta: 3.7, geneRate: 0.9 },
    { length: 20_001, couples: 2, eta: 15, geneRate: 0.5 },
  ];
  test.each(cases)('$couples couples of $length genes, eta $eta, rate $geneRate: as defined', (options) => {
    const { length, couples } = options;
    const low = Float64Array.from({ length }, (_, j) => -1 - (j % 3));
    const domain = reals(length, low, 2);
    const parents = sample(2 * couples, domain);
    const crossing = Uint8Array.from({ length: couples }, (_, k) => (k % 10 === 9 ? 0 : 1));
    const mates = Int32Array.from({ length: 2 * couples }, (_, i) => i);
    const children = populationOf(domain.allocate(2 * couples * length), 2 * couples);
    sbx(options).crossAll!(parents, mates, crossing, children, domain, createRng(4));
    const expected = sbxDefinition(parents, crossing, domain, createRng(4), options);
    // The spread has single precision.
    expectClose(children.genes, expected, { atol: 1e-6 });
  });

  test('a last individual without a mate is copied', () => {
    const domain = reals(3, 0, 1);
    const parents = sample(3, domain);
    const children = populationOf(domain.allocate(9), 3);
    sbx().crossAll!(parents, Int32Array.of(2, 0, 1), Uint8Array.of(1), children, domain, createRng(1));
    expect(children.rows[2]).toEqual(parents.rows[1]);
  });

  test('integers are rounded and stay within their limits', () => {
    const domain = integers(8, -3, 3);
    for (let seed = 0; seed < 50; seed++) {
      const [a, b] = [Int32Array.of(-3, -2, -1, 0, 1, 2, 3, 3), Int32Array.of(3, 2, 1, 0, -1, -2, -3, 3)];
      sbx({ eta: 1 }).cross(a, b, domain, createRng(seed));
      expect([...a, ...b].every((x) => x >= -3 && x <= 3)).toBe(true);
      // Children lie symmetrically around the mean, 0, unless a bound is near on one side.
      expect(a[3]).toBe(0);
      expect([a[7], b[7]]).toEqual([3, 3]);
    }
  });
});

/** How far a gene moves to a bound at relative distance d: 1 - (1 - u (1 - (1 - d)^(eta + 1)))^(1 / (eta + 1)). */
function polynomialSize(d: number, u: number, eta: number): number {
  const most = -Math.expm1((eta + 1) * Math.log1p(-d));
  return -Math.expm1(Math.log1p(-u * most) / (eta + 1));
}

describe('mutation', () => {
  const domain = reals(7, [-1, 0, 0, 2, -9, 0, 5], [1, 1, 5, 2, 9, 1e-3, 6]);
  const start = (): Float64Array =>
    Float64Array.from(
      { length: 7000 },
      (_, i) => domain.low[i % 7]! + ((i % 11) / 10) * (domain.high[i % 7]! - domain.low[i % 7]!),
    );

  /** Calls `visit` for the chosen places with their number, as the mutations do. */
  function reference(change: (x: number, low: number, high: number, key: Key, k: number) => number): Float64Array {
    const rng = createRng(2);
    const genes = start();
    const places = chosenPlaces(genes.length, 0.6, rng);
    const key = drawKey(rng);
    places.forEach((place, k) => {
      const [low, high] = [domain.low[place % 7]!, domain.high[place % 7]!];
      const changed = change(genes[place]!, low, high, key, k);
      genes[place] = Math.min(high, Math.max(low, changed));
    });
    return genes;
  }

  test.each([20, 0, 3.5])('polynomial, eta %f: as defined, to single precision', (eta) => {
    const genes = start();
    polynomial({ eta, rate: 0.6 }).mutate(genes, domain, createRng(2), new Float64Array(0));
    const expected = reference((x, low, high, key, k) => {
      if (low === high) return x;
      // The bit chooses the bound that the gene moves to.
      const { u, bit } = quantile(wordAt(key, k));
      const distance = (bit === 0 ? x - low : high - x) / (high - low);
      const size = polynomialSize(distance, u, eta);
      const step = bit === 0 ? -size : size;
      return x + step * (high - low);
    });
    // The longest moves are the least precise, relative to a range of 18.
    expectClose(genes, expected, { atol: 3e-5 });
  });

  test('polynomial: steps towards a bound that is near are as precise as others', () => {
    const unit = reals(1, 0, 1);
    const genes = Float64Array.from({ length: 2000 }, (_, i) => 10 ** (-1 - (i % 14)));
    const mutated = genes.slice();
    polynomial({ rate: 1 }).mutate(mutated, unit, createRng(2), new Float64Array(0));
    const rng = createRng(2);
    drawKey(rng); // of the places
    const key = drawKey(rng);
    genes.forEach((x, k) => {
      const { u, bit } = quantile(wordAt(key, k));
      if (bit === 0) expectClose(x - mutated[k]!, polynomialSize(x, u, 20), { rtol: 1e-5, atol: 1e-6 * x });
    });
  });

  test('gaussian: normal numbers of the scalar generator', () => {
    const genes = start();
    gaussian({ sigma: 0.2, rate: 0.6 }).mutate(genes, domain, createRng(2), new Float64Array(0));
    const expected = reference((x, low, high, key, k) => x + 0.2 * (high - low) * at(key, 2 * k).normal());
    expectClose(genes, expected, { atol: 1e-14, rtol: 1e-13 });
  });
});

describe("Rastrigin's function", () => {
  test.each([1, 2, 7, 30])('%i dimensions: the kernel gives the bits of the scalar function', (dimensions) => {
    const { encoding, fitness } = rastrigin(dimensions);
    const population = sample(3000, encoding as ReturnType<typeof reals>);
    expect(fitness.ofAll!(population)).toEqual(Float64Array.from(population.rows, (x) => fitness(x)));
  });

  test('agrees with Math.cos', () => {
    const { encoding, fitness } = rastrigin(30);
    for (const x of sample(200, encoding as ReturnType<typeof reals>).rows) {
      const expected = x.reduce((sum, xj) => sum + 10 + xj * xj - 10 * Math.cos(2 * Math.PI * xj), 0);
      expectClose(fitness(x), expected, { rtol: 1e-13 });
    }
    expect(fitness(new Float64Array(30))).toBe(0);
  });
});
