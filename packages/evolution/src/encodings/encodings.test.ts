import { categorical, conditional, createRng, integer, logReal, real } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { populationOf } from '../population.ts';
import { binaryReals, decode, encode } from './binary.ts';
import type { Encoding } from './encoding.ts';
import { mixed } from './mixed.ts';
import { integers, reals } from './numbers.ts';
import { permutations } from './permutations.ts';
import { bits, strings } from './strings.ts';

const encodings: readonly Encoding[] = [
  bits(7),
  strings(5, 'ACGT'),
  integers(4, -3, 9),
  reals(3, [-1, 0, 2], [1, 5, 2.5]),
  permutations(9),
  binaryReals({ count: 2, low: -1, high: 1, bits: 10 }),
  binaryReals({ count: 2, low: 0, high: 3, bits: 12, coding: 'binary' }),
];

describe.each(encodings)('$label', (encoding) => {
  const sampled = (seed: number) => {
    const genes = encoding.allocate(encoding.length);
    encoding.sample(genes, createRng(seed));
    return genes;
  };
  test('decode(encode(v)) is v, and encode(decode(genes)) is genes', () => {
    for (let seed = 0; seed < 20; seed++) {
      const genes = sampled(seed);
      expect(encoding.encode(encoding.decode(genes))).toEqual(genes);
    }
  });
  test('random individuals keep the limits', () => {
    for (let seed = 0; seed < 50; seed++) {
      sampled(seed).forEach((g, j) => {
        expect(g).toBeGreaterThanOrEqual(encoding.low[j] as number);
        expect(g).toBeLessThanOrEqual(encoding.high[j] as number);
      });
    }
  });
  test('diversity is 0 for copies and about 1 for a random population', () => {
    const size = 400;
    const genes = encoding.allocate(size * encoding.length);
    const population = populationOf(genes, size);
    for (const row of population.rows) row.set(sampled(1));
    expectClose(encoding.diversity(population), 0);
    const rng = createRng(2);
    for (const row of population.rows) encoding.sample(row, rng);
    expect(Math.abs(encoding.diversity(population) - 1)).toBeLessThan(0.12);
  });
});

test('binary code by hand', () => {
  expect(decode([0, 1, 1, 0, 1])).toBe(13);
  expect([...encode(13, 5)]).toEqual([0, 1, 1, 0, 1]);
});

test('Gray code by hand', () => {
  const codes = Array.from({ length: 8 }, (_, x) => encode(x, 3, 'gray').join(''));
  expect(codes).toEqual(['000', '001', '011', '010', '110', '111', '101', '100']);
});

test('Gray coding changes one bit a step, and every code is read back', () => {
  for (let x = 0; x < 1024; x++) {
    const code = encode(x, 10, 'gray');
    const next = encode((x + 1) % 1024, 10, 'gray');
    expect(code.filter((bit, j) => bit !== next[j]).length).toBe(1);
    expect(decode(code, 'gray')).toBe(x);
  }
});

test('53 bits are exact', () => {
  const most = 2 ** 53 - 1;
  expect(decode(encode(most, 53, 'gray'), 'gray')).toBe(most);
  expect(decode(encode(most - 1, 53))).toBe(most - 1);
});

test('binaryReals reaches both ends of its range', () => {
  const encoding = binaryReals({ count: 1, low: -2, high: 5, bits: 8, coding: 'binary' });
  expectClose(encoding.decode(new Uint8Array(8)), [-2]);
  expectClose(encoding.decode(new Uint8Array(8).fill(1)), [5]);
});

test.each([
  [() => strings(3, 'aa'), 'different letters'],
  [() => bits(0), 'positive whole number'],
  [() => bits(3).encode(Uint8Array.of(0, 1, 2)), 'symbol 2'],
  [() => reals(2, 1, 0), 'gene 0'],
  [() => reals(2, [0], 1), 'expected one number or 2, got 1'],
  [() => permutations(3).encode(Int32Array.of(0, 2, 2)), 'expected each of 0..2 once'],
  [() => integers(2, 0, 1.5), 'gene 0'],
  [() => integers(1, 0, 3).encode(Int32Array.of(7)), 'expected one in [0, 3], got 7'],
  [() => encode(32, 5), 'expected an integer in [0, 2^5), got 32'],
  [() => decode(new Uint8Array(60)), 'at most 53 bits'],
])('what does not fit is refused (%#)', (make, message) => {
  expect(make).toThrow(message);
});

describe('mixed', () => {
  const space = {
    rate: logReal(1e-5, 1e-1),
    layers: integer(1, 3),
    optimiser: categorical(['adam', 'sgd']),
    momentum: conditional({ on: 'optimiser', equals: ['sgd'] }, real(0, 1)),
  };
  const encoding = mixed(space);
  test('the values are those of the space, inactive ones left out', () => {
    expect(encoding.decode(Float64Array.of(0, 0.5, 0, 0.3))).toEqual({ rate: 1e-5, layers: 2, optimiser: 'adam' });
    expect(encoding.decode(Float64Array.of(0, 0.5, 1, 0.25))).toMatchObject({ optimiser: 'sgd', momentum: 0.25 });
  });
  test('decode(encode(v)) is v', () => {
    const value = { rate: 1e-5, layers: 3, optimiser: 'sgd' as const, momentum: 0.5 };
    expect(encoding.decode(encoding.encode(value))).toEqual(value);
  });
  test('only categories are unordered', () => {
    expect([...(encoding.categories ?? [])]).toEqual([0, 0, 2, 0]);
  });
  test('a value outside the space is refused with its path', () => {
    const wrong = { rate: 1e-5, layers: 9, optimiser: 'sgd' as const, momentum: 0.5 };
    expect(() => encoding.encode(wrong)).toThrow('values.layers: expected integer(1, 3), got 9');
  });
});
