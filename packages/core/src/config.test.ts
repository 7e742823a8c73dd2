import { describe, expect, test } from 'vitest';
import { configure, optionsOf, readText } from './config.ts';
import { Type } from './schema.ts';

const Config = Type.Object(
  {
    env: Type.String({ description: 'environment id' }),
    learningRate: Type.Number({ exclusiveMinimum: 0, default: 1e-3, description: 'Adam step size' }),
    hidden: Type.Array(Type.Integer({ minimum: 1 }), { default: [64, 64], description: 'hidden layer sizes' }),
    double: Type.Boolean({ default: false, description: 'double Q-learning' }),
    loss: Type.Union([Type.Literal('mse'), Type.Literal('huber')], { default: 'huber', description: 'TD loss' }),
  },
  { additionalProperties: false },
);

test('options are read from the schema', () => {
  expect(optionsOf(Config).map((o) => [o.name, o.type, o.fallback, o.required])).toEqual([
    ['env', 'string', undefined, true],
    ['learningRate', 'number', 0.001, false],
    ['hidden', 'list', [64, 64], false],
    ['double', 'boolean', false, false],
    ['loss', 'choice', 'huber', false],
  ]);
  expect(optionsOf(Config).at(-1)?.choices).toEqual(['mse', 'huber']);
});

const inFile = (option: string) => `skein.json: ${option}`;
const asFlag = (option: string) => `--${option}`;

describe('configure', () => {
  test('later layers win over earlier ones and over defaults; undefined is no value', () => {
    const config = configure(Config, [
      { label: inFile, values: { env: 'CartPole-v1', learningRate: 0.1, double: true } },
      { label: asFlag, values: { learningRate: 0.2, double: undefined } },
    ]);
    expect(config).toEqual({ env: 'CartPole-v1', learningRate: 0.2, hidden: [64, 64], double: true, loss: 'huber' });
  });

  test('names each wrong option as its layer calls it', () => {
    const attempt = () =>
      configure(Config, [
        { label: inFile, values: { env: 'x', lerningRate: 1 } },
        { label: asFlag, values: { loss: 'l2' } },
      ]);
    expect(attempt).toThrow('--loss: expected "mse" or "huber", got "l2"');
    expect(attempt).toThrow('skein.json: lerningRate: expected no such property, got 1');
    expect(() => configure(Config, [{ label: asFlag, values: {} }])).toThrow('--env: expected a value, got nothing');
  });
});

test('texts become what the schema wants, or stay texts for it to refuse', () => {
  const { learningRate, hidden, double, loss, env } = Config.properties;
  expect(readText(learningRate, '1e-4')).toBe(1e-4);
  expect(readText(learningRate, 'fast')).toBe('fast');
  expect(readText(hidden, '32, 16')).toEqual([32, 16]);
  expect(readText(hidden, '')).toEqual([]);
  expect(readText(double, 'true')).toBe(true);
  expect(readText(loss, 'mse')).toBe('mse');
  expect(readText(env, '42')).toBe('42');
});
