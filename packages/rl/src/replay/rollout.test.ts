import { expect, test } from 'vitest';
import { vectorEnv } from '../env/vector-env.ts';
import { cartPole } from '../envs/cart-pole.ts';
import { Rollout } from './rollout.ts';

const shape = { rows: 2, steps: 20, observationSize: 4, actionSize: 1 };

/** A rollout of cart-poles that always push right: they fall within 10 steps. */
function filled(steps: number) {
  const env = vectorEnv(cartPole(), { count: 2, autoreset: 'same-step' });
  env.reset({ seed: 4 });
  const rollout = new Rollout(shape);
  const ends: number[] = [];
  for (let step = 0; step < steps; step++) {
    const before = env.observations.slice();
    env.step(Int32Array.of(1, 1));
    rollout.add(before, Float32Array.of(step, -step), env);
    ends.push(...env.terminated);
  }
  return { rollout, ends, env };
}

test('an ended step leads to its final observation, any other to the next row', () => {
  const { rollout, ends } = filled(20);
  const { observations, nextObservations, terminated, ended, actions } = rollout.columns;
  expect(rollout.isComplete).toBe(true);
  expect([...terminated]).toEqual(ends);
  expect([...ended]).toEqual(ends);
  expect([...actions].slice(0, 6).map(Math.abs)).toEqual([0, 0, 1, 1, 2, 2]);
  for (let k = 0; k < 38; k++) {
    const next = nextObservations.subarray(4 * k, 4 * k + 4);
    if (ended[k] === 0) expect(next).toEqual(observations.subarray(4 * (k + 2), 4 * (k + 3)));
    // The final observation shows the fall, the first one of the next episode does not.
    else expect(Math.abs(next[2]!)).toBeGreaterThan(0.2);
  }
});

test('a rollout of episodes grows until they have ended, and is restored with what it has', () => {
  const env = vectorEnv(cartPole(), { count: 1, autoreset: 'same-step' });
  env.reset({ seed: 4 });
  const whole = { rows: 1, steps: 2, episodes: 3, observationSize: 4, actionSize: 1, maskSize: 2 };
  const [rollout, copy] = [new Rollout(whole), new Rollout(whole)];
  const starts: number[] = [];
  for (let step = 0; !rollout.isComplete; step++) {
    const before = env.observations.slice();
    env.step(Int32Array.of(1));
    rollout.add(before, Float32Array.of(step), env, Uint8Array.of(1, step % 2));
    if (step === 12) copy.restore(structuredClone(rollout.state()));
    else if (step > 12) copy.add(before, Float32Array.of(step), env, Uint8Array.of(1, step % 2));
    starts.push(before[0]!);
  }
  const { ended, actions, observations, masks } = rollout.columns;
  expect(ended.reduce((sum, end) => sum + end, 0)).toBe(3);
  expect(ended.at(-1)).toBe(1);
  expect(rollout.size).toBeGreaterThan(24);
  expect([...actions]).toEqual(starts.map((_, step) => step));
  expect(starts).toEqual(starts.map((_, step) => observations[4 * step]));
  expect([...masks]).toEqual(starts.flatMap((_, step) => [1, step % 2]));
  expect(copy.state()).toEqual(rollout.state());
  expect(copy.isComplete).toBe(true);
});

test('a complete rollout takes nothing more until it is cleared', () => {
  const { rollout, env } = filled(20);
  const add = () => rollout.add(new Float32Array(8), new Float32Array(2), env);
  expect(add).toThrow(/at most 20 steps/);
  rollout.clear();
  add();
  expect(rollout.state().steps).toBe(1);
});

test('a restored rollout is filled on as the original', () => {
  const { rollout, env } = filled(7);
  const copy = new Rollout(shape);
  copy.restore(structuredClone(rollout.state()));
  for (const each of [rollout, copy]) each.add(new Float32Array(8).fill(1), Float32Array.of(5, 6), env);
  expect(copy.state()).toEqual(rollout.state());
  expect(() => new Rollout({ ...shape, actionSize: 2 }).restore(rollout.state())).toThrow(
    expect.objectContaining({ code: 'CHECKPOINT' }),
  );
});
