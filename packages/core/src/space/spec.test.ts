import { describe, expect, test } from 'vitest';
import { createRng } from '../rng.ts';
import {
  box,
  checkSpec,
  contains,
  discrete,
  multiBinary,
  multiDiscrete,
  numericSpec,
  type Spec,
  sampleSpec,
} from './spec.ts';

const specs: readonly (readonly [string, Spec])[] = [
  ['box', box([-1, 0], [1, 0.5], [2])],
  ['unbounded box', numericSpec({ shape: [2, 2] })],
  ['half-bounded box', numericSpec({ shape: [3], low: [0, -Infinity, -1], high: [Infinity, 5, 1] })],
  ['discrete', discrete(4, { start: -1 })],
  ['multiDiscrete', multiDiscrete([2, 5])],
  ['multiBinary', multiBinary(6)],
];

describe.each(specs)('%s', (_name, spec) => {
  test('contains its own samples and no NaN', () => {
    const rng = createRng(5);
    for (let i = 0; i < 100; i++) expect(contains(spec, sampleSpec(spec, rng))).toBe(true);
    expect(contains(spec, spec.kind === 'discrete' ? Number.NaN : new Float64Array(spec.size).fill(Number.NaN))).toBe(
      false,
    );
  });

  test('refuses values of another size', () => {
    expect(contains(spec, new Float64Array(spec.size + 1))).toBe(false);
  });
});

test('a numeric spec keeps shape, bounds, name and description', () => {
  const spec = numericSpec({ shape: [2, 3], low: -2, high: 2, name: 'torque', description: 'newton metres' });
  expect([spec.size, spec.name, spec.description]).toEqual([6, 'torque', 'newton metres']);
  expect([...spec.low]).toEqual([-2, -2, -2, -2, -2, -2]);
});

test('messages name the spec, the expectation and what came', () => {
  expect(() => checkSpec(discrete(2, { name: 'action' }), 2)).toThrow('action: expected an integer in [0, 1], got 2');
  expect(() => checkSpec(box(-1, 1, [2]), [0, 3])).toThrow('box: expected 2 numbers in [-1, 1], shape [2], got [0,3]');
});

test('bad specs are refused', () => {
  expect(() => numericSpec({ shape: [0] })).toThrow(/shape\[0\]: expected a positive integer/);
  expect(() => numericSpec({ shape: [2], low: [1, 2, 3] })).toThrow(/low: expected one bound or 2, got 3/);
  expect(() => numericSpec({ shape: [1], low: 1, high: 0 })).toThrow(/expected low <= high/);
  expect(() => discrete(0)).toThrow(/positive integer/);
});
