import { configure } from '@skein/core';
import { useBackend } from '@skein/nn';
import { beforeAll, expect, test } from 'vitest';
import { dqn } from '../algorithms/dqn.ts';
import { algorithm } from '../algorithms/registry.ts';
import { environmentDefinition } from '../env/registry.ts';
import { mountainCar } from '../envs/mountain-car.ts';
import { completeConfig } from './configure.ts';
import { tuned } from './tuned.ts';

beforeAll(async () => {
  await useBackend('simd');
});

const entries = Object.entries(tuned).flatMap(([name, byEnv]) =>
  Object.entries(byEnv).map(([env, entry]) => [name, env, entry] as const),
);

test.each(entries)(
  '%s on %s has options of the algorithm, for an environment that it can learn',
  (name, env, entry) => {
    const made = algorithm(name);
    const config = configure(made.config, [{ values: { ...entry.options, env }, label: (option) => option }]);
    expect(config).toMatchObject(entry.options);
    expect([made.actions, 'both']).toContain(
      made.actions === 'both' ? 'both' : environmentDefinition(env).actionSpec.kind,
    );
    expect(entry.source).not.toBe('');
  },
);

const complete = (given: Parameters<typeof dqn.train>[0], hooks = {}) =>
  completeConfig('dqn', dqn.config, given ?? {}, hooks);

test('given options win over tuned ones, tuned ones over defaults', () => {
  const config = complete({ env: 'MountainCar-v0', gamma: 0.5 });
  expect(config).toMatchObject({ gamma: 0.5, ...omit(tuned['dqn']!['MountainCar-v0']!.options, 'gamma') });
});

test('the defaults hold with preset none, for an environment of ones own, and where nothing is tuned', () => {
  const defaults = omit(complete({ preset: 'none' }), 'env', 'preset');
  expect(complete({ env: 'MountainCar-v0', preset: 'none' })).toMatchObject(defaults);
  expect(complete({ env: 'MountainCar-v0' }, { definition: mountainCar() })).toMatchObject(defaults);
  expect(complete({ env: 'CartPole-v1' })).toMatchObject(defaults);
});

test('a run that continues keeps its own options', () => {
  const config = complete({ env: 'CartPole-v1' });
  expect(complete({ env: 'MountainCar-v0' }, { resumeFrom: { config } })).toEqual({ ...config, env: 'MountainCar-v0' });
});

function omit(values: object, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}
