import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { environment } from '../env/environment.ts';
import { actionArray, sampleActions, vectorEnv } from '../env/vector-env.ts';
import { acrobot } from '../envs/acrobot.ts';
import { cartPole } from '../envs/cart-pole.ts';
import { frozenLake } from '../envs/frozen-lake.ts';
import { mountainCar } from '../envs/mountain-car.ts';
import { pendulum } from '../envs/pendulum.ts';
import { fixture } from '../fixtures.ts';
import { qLearning } from '../tabular/q-learning.ts';
import { environmentConformance } from '../testkit.ts';
import { binned } from './binned.ts';
import { clipAction } from './clip-action.ts';
import { frameStack } from './frame-stack.ts';
import { mapReward } from './map-reward.ts';
import { normalizedDefinition, normalizedVectorEnv } from './normalize.ts';
import { recordStatistics } from './record-statistics.ts';
import { rescaleAction } from './rescale-action.ts';
import { RunningStatistics } from './running-statistics.ts';
import { stickyActions } from './sticky-actions.ts';
import { timeLimit } from './time-limit.ts';

const renamed = <T extends { readonly id: string }>(definition: T, wrapper: string): T => ({
  ...definition,
  id: `${definition.id} in ${wrapper}`,
});
const everything = recordStatistics(stickyActions(frameStack(mapReward(acrobot(), Math.sign), 3), 0.2));
for (const definition of [
  renamed(timeLimit(cartPole(), 20), 'timeLimit'),
  renamed(rescaleAction(pendulum()), 'rescaleAction'),
  renamed(clipAction(pendulum()), 'clipAction'),
  renamed(stickyActions(pendulum(), 0.5), 'stickyActions'),
  renamed(frameStack(cartPole(), 4), 'frameStack'),
  renamed(binned(mountainCar(), { bins: [20, 20] }), 'binned'),
  renamed(everything, 'four wrappers'),
]) {
  environmentConformance(definition);
}

test('timeLimit cuts off after its steps', () => {
  expect(timeLimit(cartPole(), null).stepLimit).toBeNull();
  const env = environment(timeLimit(pendulum(), 2));
  env.reset({ seed: 0 });
  expect([0, 0].map(() => env.step([0]).truncated)).toEqual([false, true]);
  expect(() => timeLimit(cartPole(), 0)).toThrow('expected a positive number of steps or null, got 0');
});

/** k repeats in a row (probability 0.7 * 0.3^k) take another action than asked for unless k is a multiple of 3. */
const STICKY_SHARE = 0.3 - 0.7 * (0.3 ** 3 / (1 - 0.3 ** 3));

describe('actions', () => {
  /** States after one action. */
  const stateAfter = (definition: Parameters<typeof environment>[0], action: number) => {
    const env = environment(definition);
    env.reset({ seed: 3 });
    env.step([action] as never);
    return env.state().state;
  };

  test('rescaleAction maps -1, 0 and 1 to the bounds and their middle', () => {
    for (const part of [-1, 0, 1]) {
      expect(stateAfter(rescaleAction(pendulum()), part)).toEqual(stateAfter(pendulum(), 2 * part));
    }
    expect(stateAfter(rescaleAction(pendulum(), { low: 0, high: 10 }), 2.5)).toEqual(stateAfter(pendulum(), -1));
  });

  test('clipAction bounds what the environment sees', () => {
    const raw = {
      ...pendulum(),
      advance: (state: Float64Array, at: number, a: ArrayLike<number>, i: number) => (state[at] = a[i]!),
    };
    expect(stateAfter(raw, 7)[0]).toBe(7);
    expect(stateAfter(clipAction(raw), 7)[0]).toBe(2);
    expect(stateAfter(clipAction(raw), -1)[0]).toBe(-1);
  });

  test('sticky actions repeat about as often as asked', () => {
    const definition = stickyActions(timeLimit(mountainCar(), 100_000), 0.3);
    const env = environment({ ...definition, isTerminal: () => false });
    env.reset({ seed: 1 });
    let repeats = 0;
    for (let i = 0; i < 20_000; i++) {
      env.step(i % 3);
      if (env.state().state.at(-1) !== i % 3) repeats++;
    }
    // Actions go 0, 1, 2, 0, ...: three repeats in a row end at the action that was asked for.
    expectClose(repeats / 20_000, STICKY_SHARE, { atol: 0.01 });
  });

  test('wrong options are refused', () => {
    expect(() => rescaleAction(pendulum(), { low: 1 })).toThrow('expected low < high, got 1 and 1');
    expect(() => stickyActions(cartPole(), 1)).toThrow('expected a probability in [0, 1), got 1');
    expect(() => frameStack(cartPole(), 0)).toThrow('expected a positive number of frames, got 0');
  });
});

test('frameStack shows the last observations, oldest first, and starts with copies of the first', () => {
  const plain = environment(cartPole());
  const stacked = environment(frameStack(cartPole(), 3));
  const frames = [plain.reset({ seed: 2 }).observation];
  const first = stacked.reset({ seed: 2 }).observation;
  expect(stacked.observationSpec.shape).toEqual([3, 4]);
  expect([...first]).toEqual([...frames[0]!, ...frames[0]!, ...frames[0]!]);
  for (const action of [1, 0, 1, 1]) {
    frames.push(plain.step(action).observation);
    const expected = [frames.at(-3) ?? frames[0]!, frames.at(-2)!, frames.at(-1)!].flatMap((frame) => [...frame]);
    expect([...stacked.step(action).observation]).toEqual(expected);
  }
});

test('changed rewards have no transition table, another time limit has', () => {
  expect(mapReward(frozenLake(), (r) => 10 * r).transitions).toBeUndefined();
  const lake = frozenLake();
  expect(timeLimit(lake, 50).transitions).toBe(lake.transitions);
});

test('recordStatistics tells return and length at the end of an episode, cut off or not', () => {
  const env = environment(recordStatistics(timeLimit(cartPole(), 3)));
  env.reset({ seed: 0 });
  expect([1, 0, 1].map((action) => env.step(action).info)).toEqual([{}, {}, { episode: { r: 3, l: 3 } }]);
  env.reset();
  expect(env.step(1).info).toEqual({});
});

describe('binned', () => {
  test('numbers its parts from the lowest, and counts what lies outside to the outermost', () => {
    const definition = binned(cartPole(), { bins: [2, 3, 1, 2], low: [-1, -3, -1, -1], high: [1, 3, 1, 1] });
    const out = new Float32Array(4);
    const parts = (...state: number[]): number[] => {
      definition.observe(Float64Array.from(state), 0, out, 0);
      return [...out];
    };
    expect(parts(-0.5, -2, 0, 0.5)).toEqual([0, 0, 0, 1]);
    expect(parts(0.5, 0, 0, -5)).toEqual([1, 1, 0, 0]);
    expect(parts(9, 99, 9, 9)).toEqual([1, 2, 0, 1]);
  });

  test('lets Q-learning drive up the hill', async () => {
    const definition = binned(timeLimit(mountainCar(), 200), { bins: [20, 20] });
    const { best } = await qLearning.train(
      {
        steps: 600_000,
        seed: 2,
        epsilonEnd: 0.02,
        learningRateSchedule: 'linear',
        learningRate: 0.5,
        evaluateEvery: 100_000,
      },
      { definition },
    );
    expect(best!.return).toBeGreaterThan(-160);
  });

  test('needs ranges where the spec has none', () => {
    expect(() => binned(cartPole(), { bins: [2, 2, 2, 2] })).toThrow('expected a finite range for number 1');
    expect(() => binned(mountainCar(), { bins: [2] })).toThrow('expected 2 numbers in bins, got 1');
  });
});

describe('normalisation', () => {
  test('batch by batch gives the moments of all at once', () => {
    const rng = createRng(1);
    const values = Float64Array.from({ length: 300 }, (_, i) => 5 + rng.normal() * (1 + (i % 2)));
    const statistics = new RunningStatistics(1);
    for (const [from, to] of [
      [0, 1],
      [1, 100],
      [100, 300],
    ] as const)
      statistics.update(values.slice(from, to), to - from);
    const mean = values.reduce((a, b) => a + b) / 300;
    expectClose(statistics.mean, [mean], { rtol: 1e-4 });
    expectClose(statistics.variance, [values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 300], { rtol: 1e-4 });
  });

  test("gives Gymnasium's observations and rewards", () => {
    const recorded = fixture<{ actions: number[][]; observations: number[][]; rewards: number[][] }>('normalization');
    const env = normalizedVectorEnv(vectorEnv(cartPole(), { count: 3 }), { gamma: 0.9 });
    env.reset({ seed: 7 });
    // Gymnasium keeps the moments in single precision.
    const close = { rtol: 1e-3, atol: 1e-4 };
    expectClose(env.observations, recorded.observations[0]!, close);
    recorded.actions.forEach((actions, step) => {
      env.step(Int32Array.from(actions));
      expectClose(env.observations, recorded.observations[step + 1]!, close);
      expectClose(env.rewards, recorded.rewards[step]!, { rtol: 1e-6 });
    });
  });

  const walk = (env: ReturnType<typeof normalizedVectorEnv>, steps: number, seed: number): number[][] => {
    const rng = createRng(seed);
    const actions = actionArray(env.definition.actionSpec, env.count);
    return Array.from({ length: steps }, () => {
      sampleActions(env.definition.actionSpec, rng, actions);
      env.step(actions);
      return [...env.observations, ...env.rewards];
    });
  };

  test('a restored environment goes on with the same statistics', () => {
    const original = normalizedVectorEnv(vectorEnv(pendulum(), { count: 2 }));
    original.reset({ seed: 1 });
    walk(original, 250, 1);
    const copy = normalizedVectorEnv(vectorEnv(pendulum(), { count: 2 }));
    copy.restore(structuredClone(original.state()));
    expect(copy.observations).toEqual(original.observations);
    expect(walk(copy, 250, 2)).toEqual(walk(original, 250, 2));
  });

  test('saved statistics show an evaluation what training saw, and stay as they are', () => {
    const training = normalizedVectorEnv(vectorEnv(pendulum(), { count: 4 }), { clip: 2 });
    training.reset({ seed: 1 });
    walk(training, 100, 1);
    const saved = training.normalization();
    training.learning = false;
    training.reset({ seed: 9 });
    const used = vectorEnv(normalizedDefinition(pendulum(), saved, { clip: 2 }), { count: 4 });
    used.reset({ seed: 9 });
    for (let i = 0; i < 20; i++) {
      const actions = Float32Array.of(1, -1, 0.5, 0);
      used.step(actions);
      training.step(actions);
      expectClose(used.observations, training.observations);
      expectClose(used.rewards, training.rewards);
    }
    expect(training.normalization()).toEqual(saved);
    expect(() => normalizedDefinition(cartPole(), saved)).toThrow('statistics: expected 4 numbers, got 3');
  });
});
