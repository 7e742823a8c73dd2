import { describe, expect, test } from 'vitest';
import { environmentConformance } from '../testkit.ts';
import { environments, makeEnv, makeVectorEnv } from './registry.ts';

for (const definition of Object.values(environments)) environmentConformance(definition);

describe('environments', () => {
  test("every id is its definition's own", () => {
    expect(Object.values(environments).map(({ id }) => id)).toEqual(Object.keys(environments));
  });

  test('an unknown id is refused with the list of ids', () => {
    expect(() => makeEnv('CartPole-v9')).toThrow(/expected one of .*CartPole-v0, CartPole-v1.*got CartPole-v9/);
    expect(() => makeVectorEnv('nope', { count: 2 })).toThrow(expect.objectContaining({ code: 'UNKNOWN_NAME' }));
    expect(() => makeEnv('toString')).toThrow(/expected one of/);
  });

  test('makeVectorEnv refuses a count below 1', () => {
    expect(() => makeVectorEnv('CartPole-v1', { count: 0 })).toThrow('count: expected a positive integer, got 0');
  });

  test('makeEnv speaks Gymnasium: reset with a seed, step with an action', () => {
    const env = makeEnv('CartPole-v1');
    const { observation, info } = env.reset({ seed: 123 });
    expect(info).toEqual({});
    expect([...observation]).toEqual(
      [0.018235186324814343, -0.04461789811977773, -0.027964012722738865, -0.03156281893013303].map(Math.fround),
    );
    expect(env.step(1)).toMatchObject({ reward: 1, terminated: false, truncated: false });
  });
});
