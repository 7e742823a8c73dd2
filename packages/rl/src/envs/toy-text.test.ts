/** Rules of the tabular environments and of grid worlds. Recorded episodes are compared in env/parity.test.ts. */

import { describe, expect, test } from 'vitest';
import { makeEnv } from '../env/registry.ts';
import { transitions } from '../env/transitions.ts';
import { fixture } from '../fixtures.ts';
import { cliffWalking } from './cliff-walking.ts';
import { frozenLake, randomFrozenLakeMap } from './frozen-lake.ts';
import { gridWorld } from './grid-world.ts';
import { taxi } from './taxi.ts';

describe('FrozenLake', () => {
  test("random maps are Gymnasium's for the same seed", () => {
    for (const [size, frozen, seed, map] of fixture<[number, number, number, string[]][]>('frozen_lake_maps')) {
      expect(randomFrozenLakeMap({ size, frozen, seed })).toEqual(map);
    }
  });

  test('a map of one column of ice is crossed downwards', () => {
    const env = makeEnv(frozenLake({ map: ['S', 'F', 'G'], slippery: false }));
    expect(env.reset({ seed: 0 })).toEqual({ observation: 0, info: { prob: 1 } });
    expect(env.step(1)).toEqual({ observation: 1, reward: 0, terminated: false, truncated: false, info: { prob: 1 } });
    expect(env.step(0).observation).toBe(1);
    expect(env.step(1)).toMatchObject({ observation: 2, reward: 1, terminated: true });
  });

  test('on slippery ice info.prob is the probability of what happened', () => {
    const env = makeEnv(frozenLake({ successRate: 0.5 }));
    env.reset({ seed: 0 });
    expect([0.5, 0.25]).toContain(env.step(2).info['prob']);
  });

  test('refuses what is no probability and maps too small', () => {
    expect(() => randomFrozenLakeMap({ seed: 0, frozen: 0 })).toThrow('frozen: expected a probability above 0, got 0');
    expect(() => randomFrozenLakeMap({ seed: 0, size: 1 })).toThrow('size: expected an integer of at least 2, got 1');
    expect(() => frozenLake({ successRate: 1.5 })).toThrow(/probabilities that add up to 1/);
  });
});

describe('CliffWalking', () => {
  test('a step off the cliff costs 100 and leads back to the start', () => {
    const env = makeEnv(cliffWalking());
    expect(env.reset().observation).toBe(36);
    expect(env.step(1)).toMatchObject({ observation: 36, reward: -100, terminated: false });
    expect(env.step(0)).toMatchObject({ observation: 24, reward: -1, terminated: false });
    expect(env.step(3)).toMatchObject({ observation: 24, reward: -1 });
  });
});

describe('Taxi', () => {
  const encode = (row: number, column: number, passenger: number, destination: number) =>
    ((row * 5 + column) * 5 + passenger) * 4 + destination;
  const env = makeEnv(taxi());
  /** An environment in a given state. */
  const from = (state: number) => {
    env.reset({ seed: 0 });
    const { info } = env.restore({ ...env.state(), state: Float64Array.of(state, 0, 1) });
    return { step: env.step, info };
  };
  /** The passenger stands at the destination: the episode is over. */
  const isDelivered = (state: number) => Math.floor(state / 4) % 5 === state % 4;

  test('a passenger is fetched at a stand, delivered for 20, and set down elsewhere for nothing', () => {
    expect(from(encode(0, 0, 0, 1)).step(4)).toMatchObject({ observation: encode(0, 0, 4, 1), reward: -1 });
    expect(from(encode(0, 4, 4, 1)).step(5)).toMatchObject({
      observation: encode(0, 4, 1, 1),
      reward: 20,
      terminated: true,
    });
    expect(from(encode(4, 3, 4, 1)).step(5)).toMatchObject({
      observation: encode(4, 3, 3, 1),
      reward: -1,
      terminated: false,
    });
  });

  test('picking up nobody and setting down nowhere cost 10', () => {
    expect(from(encode(2, 2, 0, 1)).step(4)).toMatchObject({ observation: encode(2, 2, 0, 1), reward: -10 });
    expect(from(encode(2, 2, 4, 1)).step(5)).toMatchObject({ observation: encode(2, 2, 4, 1), reward: -10 });
  });

  test('the mask marks exactly the actions that change the state', () => {
    const { first, next, actions } = transitions(taxi());
    for (let state = 0; state < 500; state++) {
      const changes = Array.from({ length: actions }, (_, a) => (next[first[state * actions + a]!] === state ? 0 : 1));
      expect(from(state).info['action_mask']).toEqual(changes);
    }
  });

  test('404 states can be reached', () => {
    const { start, first, next, terminated, actions } = transitions(taxi());
    const reached = new Set([...start.keys()].filter((state) => start[state]! > 0));
    for (const state of reached) {
      if (isDelivered(state)) continue;
      for (let pair = state * actions; pair < (state + 1) * actions; pair++) reached.add(next[first[pair]!]!);
    }
    expect(terminated.reduce((sum, flag) => sum + flag, 0)).toBe(4);
    expect(reached.size).toBe(404);
  });

  test('a world with a fickle passenger has no table', () => {
    expect(() => transitions(taxi({ fickle: true }))).toThrow(/Taxi-v4: expected .* a transition table/);
  });
});

describe('gridWorld', () => {
  test('walls block, holes end, letters of your own do what you say', () => {
    const world = gridWorld({
      map: ['S#G', '.H~', '...'],
      tiles: { '~': { reward: -5 } },
      stepReward: -1,
    });
    const env = makeEnv(world);
    env.reset({ seed: 0 });
    const walk = [2, 1, 1, 2, 2, 3, 3].map((move) => {
      const { observation, reward, terminated } = env.step(move);
      return [observation, reward, terminated];
    });
    expect(walk).toEqual([
      [0, -1, false],
      [3, -1, false],
      [6, -1, false],
      [7, -1, false],
      [8, -1, false],
      [5, -5, false],
      [2, 1, true],
    ]);
    env.reset();
    env.step(1);
    expect(env.step(2)).toMatchObject({ observation: 4, reward: -1, terminated: true });
  });

  test('several starts are equally likely', () => {
    const { start } = transitions(gridWorld({ map: ['SS', 'SG'] }));
    expect([...start]).toEqual([1 / 3, 1 / 3, 1 / 3, 0]);
  });

  test.each([
    [[], 'map: expected at least one row with one letter, got none'],
    [['S.', '.'], 'map[1]: expected 2 letters, got 1'],
    [['S?'], 'map[0][1]: expected one of S . # H G, got ?'],
    [['..'], 'map: expected at least one S, got none'],
  ])('refuses the map %j', (map, message) => {
    expect(() => gridWorld({ map })).toThrow(message);
  });
});
