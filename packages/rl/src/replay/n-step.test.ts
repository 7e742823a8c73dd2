import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { type VectorEnv, vectorEnv } from '../env/vector-env.ts';
import { cartPole } from '../envs/cart-pole.ts';
import { NStep } from './n-step.ts';
import { UniformReplay } from './uniform.ts';

/** Cart-poles of at most `stepLimit` steps, played with random actions; what an accumulator makes of it. */
function play(n: number, gamma: number, steps: number, stepLimit: number, rows = 1) {
  const env = vectorEnv(cartPole({ stepLimit }), { count: rows, autoreset: 'same-step' });
  const replay = new UniformReplay({ capacity: 1000, observationSize: 4, actionSize: 1 });
  const accumulator = new NStep({ rows, n, gamma, observationSize: 4, actionSize: 1 });
  env.reset({ seed: 1 });
  const rng = createRng(1);
  const log: { observation: number[]; terminated: boolean; ended: boolean; next: number[] }[] = [];
  for (let i = 0; i < steps; i++) {
    const before = env.observations.slice();
    const actions = Int32Array.from({ length: rows }, () => rng.integer(2));
    env.step(actions);
    accumulator.observe(before, actions, env, replay);
    log.push(entry(env, before));
  }
  return { replay, log };
}

function entry(env: VectorEnv, before: Float32Array) {
  const terminated = env.terminated[0] === 1;
  const ended = terminated || env.truncated[0] === 1;
  return {
    observation: [...before.subarray(0, 4)],
    terminated,
    ended,
    next: [...env.finalObservations.subarray(0, 4)],
  };
}

test('n = 1 stores every step as it is', () => {
  const { replay, log } = play(1, 0.9, 60, 500);
  const { rewards, discounts, observations } = replay.state();
  expect(replay.size).toBe(60);
  expect([...rewards]).toEqual(log.map(() => 1));
  expectClose(
    discounts,
    log.map(({ terminated }) => (terminated ? 0 : 0.9)),
    { rtol: 1e-6, atol: 0 },
  );
  expect([...observations]).toEqual(log.flatMap(({ observation }) => observation));
});

describe('n = 3 with rewards of 1', () => {
  test('sums three discounted rewards, fewer at the end of an episode, and bootstraps with the power that is left', () => {
    const gamma = 0.5;
    const { replay, log } = play(3, gamma, 200, 12);
    const { rewards, discounts, observations, nextObservations } = replay.state();
    expect(log.some((step) => step.terminated)).toBe(true);
    expect(log.some((step) => step.ended && !step.terminated)).toBe(true);
    for (let t = 0; t < replay.size; t++) {
      const end = log.findIndex((step, i) => i >= t && step.ended);
      const length = end < 0 ? 3 : Math.min(3, end - t + 1);
      expect(rewards[t]).toBeCloseTo([1, 1.5, 1.75][length - 1]!, 6);
      const last = log[t + length - 1]!;
      expect(discounts[t]).toBeCloseTo(last.terminated ? 0 : gamma ** length, 6);
      expect([...observations.subarray(4 * t, 4 * t + 4)]).toEqual(log[t]!.observation);
      const next = last.ended ? last.next : log[t + length]?.observation;
      if (next !== undefined) expect([...nextObservations.subarray(4 * t, 4 * t + 4)]).toEqual(next);
    }
  });

  test('rows do not mix', () => {
    const one = play(3, 0.9, 100, 30, 1).replay.state();
    const two = play(3, 0.9, 100, 30, 2).replay.state();
    const starts = (s: typeof one) => Array.from({ length: s.size }, (_, i) => s.observations[4 * i]);
    // Row 0 of two has the same first start; other actions follow, but every start of row 0's first step is there once.
    expect(starts(two).filter((x) => x === starts(one)[0])).toHaveLength(1);
    expect(two.size).toBeGreaterThan(190);
  });
});

test('an accumulator restored midway goes on as the original', () => {
  const shape = { rows: 1, n: 4, gamma: 0.9, observationSize: 1, actionSize: 1 };
  const definition = { ...cartPole({ stepLimit: 50 }), stateSize: 4 };
  const env = vectorEnv(definition, { autoreset: 'same-step' });
  env.reset({ seed: 2 });
  const original = new NStep(shape);
  const sink = () => new UniformReplay({ capacity: 20, observationSize: 1, actionSize: 1 });
  const first = sink();
  for (let i = 0; i < 6; i++) {
    env.step(Int32Array.of(i % 2));
    original.observe(Float32Array.of(i), [i], env, first);
  }
  const copy = new NStep(shape);
  copy.restore(structuredClone(original.state()));
  const [a, b] = [sink(), sink()];
  env.step(Int32Array.of(0));
  original.observe(Float32Array.of(6), [6], env, a);
  copy.observe(Float32Array.of(6), [6], env, b);
  expect(b.state()).toEqual(a.state());
  expect(a.size).toBe(1);
});
