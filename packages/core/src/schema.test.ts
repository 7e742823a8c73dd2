import { expect, test } from 'vitest';
import { SkeinError } from './errors.ts';
import { Float32, issuesOf, parse, show, Type, withDefaults } from './schema.ts';

const Schema = Type.Object(
  {
    rate: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
    mode: Type.Union([Type.Literal('fast'), Type.Literal('exact')], { default: 'fast' }),
    layers: Type.Array(Type.Integer({ minimum: 1 })),
    weights: Type.Optional(Float32),
  },
  { additionalProperties: false },
);

test('a value that fits comes back typed and unchanged', () => {
  const value = { rate: 0.5, mode: 'exact', layers: [64], weights: new Float32Array(2) };
  expect(parse(Schema, value, { what: 'x' })).toBe(value);
});

test('every issue has a path, what was expected and what came', () => {
  const value = { rate: 0, mode: 'quick', layers: [1, 2.5], weights: [1], extra: true };
  const byPath = new Map(issuesOf(Schema, value).map((issue) => [issue.path, issue]));
  expect(byPath.get('mode')).toEqual({ path: 'mode', expected: '"fast" or "exact"', got: '"quick"' });
  expect(byPath.get('layers.1')).toEqual({ path: 'layers.1', expected: 'integer', got: '2.5' });
  expect(byPath.get('rate')).toEqual({ path: 'rate', expected: 'a number > 0', got: '0' });
  expect(byPath.get('weights')).toEqual({ path: 'weights', expected: 'a Float32Array', got: '[1]' });
  expect(byPath.get('extra')).toEqual({ path: 'extra', expected: 'no such property', got: 'true' });
  expect(byPath.size).toBe(5);
});

test('parse names the value and uses the given code', () => {
  const attempt = () => parse(Schema, { rate: 1, mode: 'fast', layers: 'x' }, { what: 'skein.json', code: 'INPUT' });
  expect(attempt).toThrow(SkeinError);
  expect(attempt).toThrow('skein.json: layers: expected array, got "x"');
});

test('each missing property is an issue of its own', () => {
  const attempt = () => parse(Schema, { mode: 'fast', layers: [] }, { what: 'x' });
  expect(attempt).toThrow('x: rate: expected a value, got nothing');
});

test('withDefaults fills a copy', () => {
  const given = { rate: 1, layers: [] };
  expect(withDefaults(Schema, given)).toEqual({ rate: 1, layers: [], mode: 'fast' });
  expect(given).toEqual({ rate: 1, layers: [] });
});

test('show is short and safe', () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  expect(show(Number.NaN)).toBe('NaN');
  expect(show(new Float64Array(3))).toBe('Float64Array(3)');
  expect(show('x'.repeat(200)).length).toBe(80);
  expect(show(loop)).toBe('[object Object]');
});
