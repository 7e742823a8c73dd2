import { describe, expect, test } from 'vitest';
import { createRng } from '../rng.ts';
import {
  categorical,
  checkValues,
  conditional,
  type Dimension,
  integer,
  logReal,
  ordinal,
  real,
  spaceFromUnit,
  spaceToUnit,
} from './dimensions.ts';

const dimensions: readonly Dimension<unknown>[] = [
  real(-5, 10),
  logReal(1e-5, 1e-1),
  integer(-3, 12),
  ordinal([16, 64, 32]),
  categorical(['adam', 'sgd', 'rmsprop']),
] as readonly Dimension<unknown>[];

describe.each(dimensions.map((d) => [d.label, d] as const))('%s', (_label, dimension) => {
  test('maps the unit interval into its own values and back', () => {
    const rng = createRng(1);
    for (const u of [0, 1, ...Array.from({ length: 200 }, () => rng.uniform())]) {
      const value = dimension.check(dimension.fromUnit(u), 'value');
      const again = dimension.fromUnit(dimension.toUnit(value));
      if (typeof value === 'number')
        expect(Math.abs((again as number) - value)).toBeLessThanOrEqual(1e-12 * Math.abs(value));
      else expect(again).toBe(value);
    }
  });

  test('clips positions outside the unit interval', () => {
    expect(dimension.fromUnit(-1)).toEqual(dimension.fromUnit(0));
    expect(dimension.fromUnit(2)).toEqual(dimension.fromUnit(1));
  });

  test('refuses foreign values by path', () => {
    expect(() => dimension.check('no such', 'trial.x')).toThrow(/^trial\.x: expected .*, got "no such"$/);
  });
});

test('every integer and category owns an equal share', () => {
  const counts = new Map<unknown, number>();
  for (let i = 0; i < 400; i++) {
    const value = integer(1, 4).fromUnit((i + 0.5) / 400);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  expect([...counts.values()]).toEqual([100, 100, 100, 100]);
});

test('names have no order, also under a condition, which tells what it wraps', () => {
  const units = categorical([16, 32, 64]);
  const wrapped = conditional({ on: 'kind', equals: ['mlp'] }, units);
  expect([units.ordered, wrapped.ordered, ordinal([16, 32, 64]).ordered, integer(1, 3).ordered]).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(wrapped.inner).toBe(units);
  expect(() => ordinal(['low', 'low'])).toThrow(/ordinal\(choices\): expected distinct choices/);
});

test('a log scale puts the geometric mean in the middle', () => {
  expect(logReal(1e-4, 1e-2).fromUnit(0.5)).toBeCloseTo(1e-3, 12);
});

describe('a space', () => {
  const space = {
    optimiser: categorical(['adam', 'sgd']),
    momentum: conditional({ on: 'optimiser', equals: ['sgd'] }, real(0, 1)),
    units: integer(1, 8),
  };

  test('leaves inactive dimensions out', () => {
    expect(spaceFromUnit(space, [0.1, 0.7, 0.99])).toEqual({ optimiser: 'adam', units: 8 });
    expect(spaceFromUnit(space, [0.9, 0.7, 0])).toEqual({ optimiser: 'sgd', momentum: 0.7, units: 1 });
  });

  test('puts inactive dimensions in the middle of the cube', () => {
    expect([...spaceToUnit(space, { optimiser: 'adam', momentum: undefined, units: 1 })]).toEqual([0.25, 0.5, 0.0625]);
  });

  test('checks values by name', () => {
    expect(() => checkValues(space, { optimiser: 'adam', units: 9 })).toThrow(
      'values.units: expected integer(1, 8), got 9',
    );
    expect(() => checkValues(space, { optimiser: 'sgd', units: 1 })).toThrow(/values\.momentum/);
    expect(() => checkValues(space, { optimizer: 'sgd' })).toThrow(
      /values\.optimizer: expected one of optimiser, momentum, units/,
    );
    expect(() => checkValues(space, 3)).toThrow(/expected an object/);
  });
});

test('bad ranges are refused', () => {
  expect(() => real(1, 1)).toThrow(/finite low < high/);
  expect(() => logReal(0, 1)).toThrow(/low > 0/);
  expect(() => integer(1.5, 2)).toThrow(/integers low <= high/);
  expect(() => categorical(['a', 'a'])).toThrow(/distinct choices/);
});
