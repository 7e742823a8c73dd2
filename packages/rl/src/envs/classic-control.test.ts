/** Hand-checked steps of the classic control problems. Whole recorded episodes are compared in env/parity.test.ts. */

import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { environment } from '../env/environment.ts';
import { environments } from '../env/registry.ts';
import { actionArray, vectorEnv } from '../env/vector-env.ts';
import { acrobot } from './acrobot.ts';
import { mountainCar } from './mountain-car.ts';
import { mountainCarContinuous } from './mountain-car-continuous.ts';
import { pendulum } from './pendulum.ts';

/** An environment in a given state. */
function at(definition: EnvironmentDefinition, state: readonly number[]) {
  const env = vectorEnv(definition, { autoreset: 'disabled' });
  env.reset();
  env.restore({ ...env.state(), state: Float64Array.from(state) });
  const action = actionArray(definition.actionSpec, 1);
  return {
    env,
    step: (value: number): Float64Array => {
      action[0] = value;
      env.step(action);
      return env.state().state;
    },
  };
}

/** Plays a policy of the state to the end; number of steps and return. */
function play({ env, step }: ReturnType<typeof at>, policy: (state: Float64Array) => number) {
  for (let steps = 1, total = 0; ; steps++) {
    step(policy(env.state().state));
    total += env.rewards[0]!;
    if (env.terminated[0] === 1 || env.truncated[0] === 1) return { steps, total, state: env.state().state };
  }
}

const EXACT = { rtol: 1e-12, atol: 1e-15 };

describe('MountainCar', () => {
  test('one push right from rest', () => {
    expectClose(at(mountainCar(), [-0.5, 0]).step(2), [-0.49917684300416926, 0.0008231569958307428], EXACT);
  });

  test('pushing along the velocity arrives after 124 steps', () => {
    const { steps, total, state } = play(at(mountainCar(), [-0.5, 0]), (s) => (s[1]! >= 0 ? 2 : 0));
    expect([steps, total]).toEqual([124, -124]);
    expectClose(state, [0.5349499825655736, 0.04819097792866707], EXACT);
  });

  test('the wall at the left stops the car', () => {
    expect([...at(mountainCar(), [-1.19, -0.07]).step(0)]).toEqual([-1.2, 0]);
  });
});

describe('MountainCarContinuous', () => {
  test('one full push right from rest, in single precision', () => {
    const state = at(mountainCarContinuous(), [-0.5, 0, 0]).step(1);
    expectClose(state.subarray(0, 2), [-0.4986768364906311, 0.0013231569901108742], EXACT);
  });

  test('full throttle along the velocity arrives after 106 steps with return 89.4', () => {
    const played = play(at(mountainCarContinuous(), [-0.5, 0, 0]), (s) => (s[1]! >= 0 ? 1 : -1));
    expect(played.steps).toBe(106);
    expectClose(played.total, 89.4, { atol: 1e-9 });
  });

  test('too strong a force does no more and costs more', () => {
    const strong = at(mountainCarContinuous(), [-0.5, 0, 1]);
    const full = at(mountainCarContinuous(), [-0.5, 0, 1]);
    expectClose(strong.step(3), full.step(1), { rtol: 1e-6 });
    expectClose([strong.env.rewards[0]!, full.env.rewards[0]!], [-0.9, -0.1], EXACT);
  });
});

describe('Pendulum', () => {
  test('one step from hanging with full torque, and one with too much', () => {
    const hanging = at(pendulum(), [Math.PI, 0]);
    expectClose(hanging.step(2), [3.1565926535897932, 0.3], EXACT);
    expectClose(hanging.env.rewards[0]!, -9.873604401089358, { rtol: 1e-10 });
    const other = at(pendulum(), [1, -0.5]);
    expectClose(other.step(-3), [0.9915551619302961, -0.1688967613940776], EXACT);
    expectClose(other.env.rewards[0]!, -1.029, { rtol: 1e-8 });
  });

  test('200 steps of full torque from hanging', () => {
    const { total, state } = play(at(pendulum(), [Math.PI, 0]), () => 2);
    expectClose(state, [3.3605539102125705, -1.4527946049424107], { rtol: 1e-9 });
    expectClose(total, -1499.9803126500256, { rtol: 1e-9 });
  });

  test('200 steps of hanging still cost the most', () => {
    expectClose(play(at(pendulum(), [Math.PI, 0]), () => 0).total, -1973.9208802178748, { rtol: 1e-9 });
  });
});

describe('Acrobot', () => {
  test('two steps by hand', () => {
    const { step } = at(acrobot(), [0.1, -0.05, 0.02, -0.03]);
    const first = [0.07749821425057792, -0.00707007740812883, -0.2388154828680268, 0.44789292249607293];
    const second = [0.0360131141933591, 0.0514081826075056, -0.16599093333242715, 0.12078398116728706];
    expectClose(step(2), first, EXACT);
    expectClose(step(0), second, EXACT);
  });

  test('ten pushes from rest', () => {
    const { step, env } = at(acrobot(), [0, 0, 0, 0]);
    for (let i = 0; i < 10; i++) step(2);
    const expected = [0.03278915229443115, 0.22883129974398844, 0.14817498878103091, -0.429408928321511];
    expectClose(env.state().state, expected, EXACT);
  });

  test.each([
    ['against the first joint', (s: Float64Array) => (s[2]! > 0 ? 0 : 2), 77],
    ['along the second joint', (s: Float64Array) => (s[3]! >= 0 ? 2 : 0), 73],
  ])('pushing %s reaches the line, and the last step costs nothing', (_name, policy, steps) => {
    expect(play(at(acrobot(), [0, 0, 0, 0]), policy)).toMatchObject({ steps, total: 1 - steps });
  });

  test("the paper's equations lack a term of the book's", () => {
    const paper = at(acrobot({ equations: 'nips' }), [0.5, 1, 2, 0]).step(1);
    const book = at(acrobot(), [0.5, 1, 2, 0]).step(1);
    expect(Math.abs(paper[3]! - book[3]!)).toBeGreaterThan(0.1);
    // The term is proportional to the first joint's velocity squared.
    expectClose(at(acrobot({ equations: 'nips' }), [0, 0, 0, 0]).step(1), at(acrobot(), [0, 0, 0, 0]).step(1), EXACT);
  });
});

test.each(
  Object.values(environments).map((definition) => [definition.id, definition as EnvironmentDefinition] as const),
)('%s draws every state of an episode as text and as SVG', (_id, definition) => {
  const env = environment(definition);
  env.reset({ seed: 3 });
  const { actionSpec } = definition;
  for (let i = 0; i < 30; i++) {
    expect(env.render('ansi')).not.toMatch(/undefined|NaN/);
    expect(env.render('svg')).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(env.render('svg')).not.toMatch(/undefined|NaN/);
    const action = actionSpec.kind === 'discrete' ? i % actionSpec.n : Float32Array.of(Math.sin(i));
    const { terminated, truncated } = env.step(action);
    if (terminated || truncated) env.reset();
  }
});
