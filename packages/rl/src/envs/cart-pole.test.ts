import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { makeEnv } from '../env/registry.ts';
import { vectorEnv } from '../env/vector-env.ts';
import { cartPole } from './cart-pole.ts';

/** A cart-pole in the given state. */
function at(state: readonly number[], definition = cartPole()) {
  const env = vectorEnv(definition, { autoreset: 'disabled' });
  env.reset();
  env.restore({ ...env.state(), state: Float64Array.from(state) });
  return env;
}
const push = (env: ReturnType<typeof at>, action: number): Float64Array => {
  env.step(Int32Array.of(action));
  return env.state().state;
};

test('two steps by hand', () => {
  const env = at([0.01, 0.02, 0.03, 0.04]);
  expectClose(push(env, 1), [0.0104, 0.21467919574755523, 0.0308, -0.2430687179600081], { rtol: 1e-14, atol: 0 });
  expectClose(push(env, 0), [0.014693583914951104, 0.019131151051807987, 0.025938625640799837, 0.0591679999394166], {
    rtol: 1e-14,
    atol: 0,
  });
});

test('always right from rest falls after 9 steps, alternating after 33', () => {
  const right = at([0, 0, 0, 0]);
  const fall = (actions: (step: number) => number, env: ReturnType<typeof at>): number => {
    for (let step = 0; ; step++) {
      push(env, actions(step));
      if (env.terminated[0] === 1) return step + 1;
    }
  };
  expect(fall(() => 1, right)).toBe(9);
  expectClose(right.state().state[2]!, -0.21518604988500967, { rtol: 1e-13, atol: 0 });
  expect(fall((step) => step % 2, at([0, 0, 0, 0]))).toBe(33);
});

test('the limits themselves do not end the episode', () => {
  const limit = (12 * 2 * Math.PI) / 360;
  expect(cartPole().isTerminal(Float64Array.of(2.4, 0, limit, 0), 0)).toBe(false);
  expect(cartPole().isTerminal(Float64Array.of(2.4000001, 0, 0, 0), 0)).toBe(true);
  expect(cartPole().isTerminal(Float64Array.of(0, 0, -limit - 1e-9, 0), 0)).toBe(true);
});

test('a balanced episode is cut off, not terminated, after 500 steps with return 500', () => {
  const env = makeEnv('CartPole-v1');
  let { observation } = env.reset({ seed: 3 });
  let total = 0;
  for (;;) {
    // Push to the side where a weighted sum of the state leans: balances for ever.
    const lean = observation[2]! + 0.4 * observation[3]! + 0.04 * observation[0]! + 0.1 * observation[1]!;
    const step = env.step(lean > 0 ? 1 : 0);
    observation = step.observation;
    total += step.reward;
    if (step.terminated || step.truncated) {
      expect(step).toMatchObject({ terminated: false, truncated: true });
      break;
    }
  }
  expect(total).toBe(500);
});

test("Sutton and Barto's rewards are 0 until the fall and -1 at it", () => {
  const env = at([0, 0, 0, 0], cartPole({ suttonBartoReward: true }));
  const rewards = Array.from({ length: 9 }, () => {
    push(env, 1);
    return env.rewards[0]!;
  });
  expect(rewards).toEqual([0, 0, 0, 0, 0, 0, 0, 0, -1]);
});

test('draws itself as text and as SVG', () => {
  const env = makeEnv('CartPole-v1');
  env.reset({ seed: 0 });
  expect(env.render('ansi')).toMatch(/\[===\]/);
  expect(env.render('svg')).toMatch(/^<svg .*<polygon .*<circle .*<\/svg>\n$/);
});
