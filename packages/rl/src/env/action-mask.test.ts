import { createRng } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { cartPole } from '../envs/cart-pole.ts';
import { taxi } from '../envs/taxi.ts';
import { fixture } from '../fixtures.ts';
import { bestLegalAction, maskSize, randomLegalAction } from './action-mask.ts';
import { environment } from './environment.ts';
import { sampleActions, vectorEnv } from './vector-env.ts';

test("Taxi's masks are Gymnasium's, state by state", () => {
  const masks = fixture<number[][]>('taxi_masks');
  const env = environment(taxi());
  env.reset({ seed: 0 });
  const shown = masks.map((_, state) => env.restore({ ...env.state(), state: Float64Array.of(state, 0, 1) }).info);
  expect(shown.map((info) => info['action_mask'])).toEqual(masks);
});

describe('masks of a vectorised environment', () => {
  test('belong to the present states, those of ended rows to the final ones', () => {
    const env = vectorEnv(taxi({ stepLimit: 7 }), { count: 3, autoreset: 'same-step' });
    const masks = fixture<number[][]>('taxi_masks');
    const actions = new Int32Array(3);
    const rng = createRng(1);
    env.reset({ seed: 3 });
    let ends = 0;
    for (let i = 0; i < 40; i++) {
      sampleActions(env.definition.actionSpec, rng, actions, env.actionMasks);
      env.step(actions);
      expect([...env.actionMasks!]).toEqual([...env.observations].flatMap((state) => masks[state]!));
      if (env.truncated[1] === 0) continue;
      ends++;
      expect([...env.finalActionMasks!.subarray(6, 12)]).toEqual(masks[env.finalObservations[1]!]);
    }
    expect(ends).toBe(5);
  });

  test('are null where every action is legal', () => {
    const env = vectorEnv(cartPole(), { count: 2 });
    env.reset({ seed: 0 });
    expect([env.actionMasks, env.finalActionMasks, maskSize(cartPole())]).toEqual([null, null, 0]);
    expect(env.info(0)).toEqual({});
  });
});

const masks = Uint8Array.of(0, 1, 0, 1, 0, 0, 0, 0);

test('random actions are legal ones, equally likely', () => {
  const rng = createRng(2);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 4000; i++) counts[randomLegalAction(masks, 4, 0, rng)]!++;
  expect(counts[0]! + counts[2]!).toBe(0);
  // Binomial(4000, 1/2) has standard deviation 31.6.
  expect(Math.abs(counts[1]! - 2000)).toBeLessThan(158);
});

test('the best action is the largest legal one', () => {
  expect(bestLegalAction([9, 1, 8, 2], 0, 4, masks)).toBe(3);
  expect(bestLegalAction([9, 1, 8, 2], 0, 4)).toBe(0);
  expect(bestLegalAction([0, 0, 0, 0, 1, 2, 3, 4], 1, 4, masks)).toBe(0);
});
