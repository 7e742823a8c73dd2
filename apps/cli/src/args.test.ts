import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from '@skein/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kebabCase, nearest, REPEAT, readInvocation } from './args.ts';
import { defineCommand } from './command.ts';

const command = defineCommand({
  name: 'bake',
  summary: 'bakes',
  positionals: [{ name: 'kind', description: 'what to bake', required: true, choices: ['bread', 'cake'] }],
  options: () =>
    Type.Object(
      {
        ovenHeat: Type.Number({ minimum: 50, default: 180, description: 'degrees' }),
        layers: Type.Array(Type.Integer(), { default: [1], description: 'layers' }),
        param: Type.Array(Type.String(), { ...REPEAT, default: [], description: 'anything' }),
        glaze: Type.Boolean({ default: true, description: 'glaze it' }),
        name: Type.Optional(Type.String({ description: 'a name' })),
      },
      { additionalProperties: false },
    ),
  examples: [],
  run: async () => 0,
});

const read = (...args: string[]) => readInvocation(command, args);

test('flags are kebab-case properties, read by their schema', () => {
  expect(kebabCase('ovenHeat')).toBe('oven-heat');
  const { options, positionals, given } = read('cake', '--oven-heat', '200', '--layers=3,4', '--no-glaze');
  expect(positionals).toEqual(['cake']);
  expect(options).toEqual({ ovenHeat: 200, layers: [3, 4], param: [], glaze: false });
  expect([...given].sort()).toEqual(['glaze', 'layers', 'ovenHeat']);
});

test('a repeated flag collects its values whole', () => {
  expect(read('cake', '--param', 'a=log(1,2)', '--param', 'b').options).toMatchObject({ param: ['a=log(1,2)', 'b'] });
});

test('negative numbers are values', () => {
  expect(() => read('cake', '--oven-heat=-5')).toThrow('--oven-heat: expected a number >= 50, got -5');
});

describe('errors name the flag, what was expected and what came', () => {
  const cases: readonly (readonly [string[], string])[] = [
    [['cake', '--oven-heat', 'hot'], '--oven-heat: expected number, got "hot"'],
    [['cake', '--oven-heat'], '--oven-heat: expected a number, got nothing'],
    [['cake', '--layers', '1,x'], '--layers.1: expected integer, got "x"'],
    [['cake', '--oven-head', '1'], "--oven-head: expected a flag of 'skein bake', got an unknown one"],
    [['cake', '--no-name'], "--no-name: expected a flag of 'skein bake', got an unknown one"],
    [['pie'], 'kind: expected one of bread, cake, got "pie"'],
    [[], 'kind: expected what to bake (bread, cake), got nothing'],
    [['cake', 'cake'], 'expected skein bake KIND [flags], got an extra argument "cake"'],
  ];
  test.each(cases)('%j', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});

describe('a configuration file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skein-args-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const file = (content: string): string => {
    const path = join(folder, 'skein.json');
    writeFileSync(path, content);
    return path;
  };

  test('lies under the flags', () => {
    const path = file('{"ovenHeat": 100, "glaze": false}');
    expect(read('cake', '--config', path, '--oven-heat', '120').options).toMatchObject({ ovenHeat: 120, glaze: false });
  });

  test('is named in errors', () => {
    const path = file('{"ovenHeat": "warm"}');
    expect(() => read('cake', '--config', path)).toThrow(`${path}: ovenHeat: expected number, got "warm"`);
    expect(() => read('cake', '--config', file('[1]'))).toThrow(/expected a JSON object, got \[1\]/);
    expect(() => read('cake', '--config', file('{'))).toThrow(/cannot be read/);
    expect(() => read('cake', '--config', join(folder, 'none'))).toThrow(/none: cannot be read/);
  });
});

test('nearest finds slips and nothing else', () => {
  expect(nearest('trian', ['train', 'tune'])).toBe('train');
  expect(nearest('zzzzzzz', ['train', 'tune'])).toBeNull();
});
