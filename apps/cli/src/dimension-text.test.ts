import { Type } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { optionValue, readSpace } from './dimension-text.ts';

const Options = Type.Object({
  actors: Type.Integer(),
  learningRate: Type.Number(),
  batchSize: Type.Integer(),
  hidden: Type.Array(Type.Integer()),
  double: Type.Boolean(),
});

test('every form becomes its dimension', () => {
  const space = readSpace(
    [
      'learningRate=log(1e-5, 1e-2)',
      'batchSize=choice(32,64)',
      'actors=ordinal(4,1,2)',
      'hidden=choice(64;64,256)',
      'double=choice(true,false)',
    ],
    Options,
  );
  expect(Object.values(space).map((d) => d.label)).toEqual([
    'log(0.00001, 0.01)',
    'choice(32, 64)',
    'ordinal(4, 1, 2)',
    'choice(64;64, 256)',
    'choice(true, false)',
  ]);
  expect(space['batchSize']?.fromUnit(0)).toBe(32);
  expect([space['actors']?.ordered, space['batchSize']?.ordered]).toEqual([true, false]);
  expect(space['double']?.fromUnit(0)).toBe(true);
});

test('a chosen list is read at its semicolons', () => {
  expect(optionValue(Options.properties.hidden, '64;32')).toEqual([64, 32]);
  expect(optionValue(Options.properties.learningRate, 0.1)).toBe(0.1);
});

describe('errors quote the text', () => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [[], /at least one NAME=DIMENSION/],
    [['learningRate'], /expected NAME=DIMENSION .*, got 'learningRate'/],
    [['lerningRate=log(1,2)'], /expected the name of an option, got 'lerningRate'/],
    [['learningRate=log(1)'], /expected two numbers in log\(low,high\), got \(1\)/],
    [
      ['learningRate=log(0,1)'],
      /learningRate=log\(0,1\): logReal\(low, high\): expected finite low < high and low > 0/,
    ],
    [['learningRate=uniform(0,1)'], /got 'uniform\(\.\.\.\)'/],
    [['batchSize=ordinal(32,32)'], /ordinal\(32,32\): ordinal\(choices\): expected distinct choices/],
    [['batchSize=choice(1)', 'batchSize=choice(2)'], /'batchSize' again/],
  ];
  test.each(cases)('%j', (texts, message) => {
    expect(() => readSpace(texts, Options)).toThrow(message);
  });
});
