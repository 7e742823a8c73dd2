import { box } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { cartPole } from '../envs/cart-pole.ts';
import { pendulum } from '../envs/pendulum.ts';
import { checkEnvironment, environmentProblems } from './check.ts';
import type { EnvironmentDefinition } from './definition.ts';
import { environments } from './registry.ts';

test.each(
  Object.values(environments).map((definition) => [definition.id, definition as EnvironmentDefinition] as const),
)('finds nothing wrong with %s', (_id, definition) => {
  expect(environmentProblems(definition)).toEqual([]);
});

const right = cartPole();
let calls = 0;
const wrong: Readonly<Record<string, [Partial<EnvironmentDefinition>, RegExp]>> = {
  'no id': [{ id: '' }, /^id: expected a name, got ""$/],
  'no state': [{ stateSize: 0 }, /^stateSize: expected a positive integer, got 0/],
  'a time limit of half a step': [{ stepLimit: 0.5 }, /^stepLimit: expected a positive integer or null, got 0.5$/],
  'a row that does not start at 0': [
    { begin: (state) => void state.fill(0.01, 0, 4) },
    /^begin: it wrote outside its row; number i of the state is state\[at \+ i\]/,
  ],
  'randomness of its own': [
    { begin: (state, at) => void state.fill(++calls % 2, at, at + 4) },
    /^begin: two episodes from equal random streams differ/,
  ],
  'an episode that starts with the last one': [
    { begin: (state, at) => void state.fill(0, at + 1, at + 2) },
    /^begin: two episodes from equal random streams differ; .* set every number of the row$/,
  ],
  'a reward that is no number': [{ advance: () => NaN }, /^advance: expected a finite reward, got NaN$/],
  'a state that is no number': [
    { advance: (state, at) => (state[at + 2] = NaN) },
    /^advance: number 2 of the state became NaN$/,
  ],
  'state outside the row': [
    { advance: (state, at) => (state[at] = ++calls / 1e6) },
    /^advance: equal states and actions led to different states; .* keep all state in the row$/,
  ],
  'changed actions': [
    {
      advance: (_state, _at, actions, actionAt) => {
        actions[actionAt] = actions[actionAt] === 0 ? 1 : 0;
        return 0;
      },
    },
    /^advance: it changed the actions/,
  ],
  'observations beyond the bounds': [
    { observationSpec: box(-1e-6, 1e-6, [4]) },
    /^observe: expected 4 numbers in \[-0.000001, 0.000001\], shape \[4\], got \[/,
  ],
  'an observation that is incomplete': [
    { observe: (state, at, out, outAt) => void out.fill(state[at]!, outAt, outAt + 1) },
    /^observe: expected 4 numbers .* got \[.*(null|NaN)/,
  ],
  'an observation in the wrong place': [
    { observe: (state, at, out) => void out.set(state.subarray(at, at + 4)) },
    /^observe: it wrote outside its place; number i of the observation is out\[outAt \+ i\]$/,
  ],
  'an observation that moves the state': [
    {
      observe: (state, at, out, outAt) => {
        state[at] = 0;
        right.observe(state, at, out, outAt);
      },
    },
    /^observe: it changed the state; only begin and advance may$/,
  ],
  'an end that is a number': [
    { isTerminal: () => 0 as unknown as boolean },
    /^isTerminal: expected true or false, got 0$/,
  ],
  'facts that are no data': [{ info: () => ({ explain: () => 1 }) }, /^info: expected plain data/],
  'a mask with no legal action': [
    { actionMask: (_state, _at, out, outAt) => void out.fill(0, outAt, outAt + 2) },
    /^actionMask: expected a legal action in every state that does not end the episode, got none$/,
  ],
  'a mask that is incomplete': [
    { actionMask: (_state, _at, out, outAt) => void out.fill(1, outAt, outAt + 1) },
    /^actionMask: expected 0 or 1 for each of 2 actions, got \[1, ?77\]$/,
  ],
  'a mask in the wrong place': [
    { actionMask: (_state, _at, out) => void out.fill(1) },
    /^actionMask: it wrote outside its place; action i is out\[outAt \+ i\]$/,
  ],
  'a picture without height': [
    { picture: () => ({ left: 0, right: 1, bottom: 1, top: 1, shapes: [] }) },
    /^picture: expected left < right and bottom < top$/,
  ],
  'an exception': [
    {
      text: () => {
        throw new TypeError('boom');
      },
    },
    /^it threw TypeError: boom$/,
  ],
};

describe.each(Object.entries(wrong))('finds %s', (_name, [part, message]) => {
  test('and says so', () => {
    const problems = environmentProblems({ ...right, ...part } as EnvironmentDefinition);
    expect(problems.find((problem) => message.test(problem)) ?? problems).toMatch(message);
  });
});

test('all problems come in one error', () => {
  const broken = { ...pendulum(), isTerminal: () => 0 as unknown as boolean, advance: () => Infinity };
  expect(() => checkEnvironment(broken)).toThrow(
    /^Pendulum-v1: 2 problem\(s\)\n- advance: expected a finite reward, got Infinity\n- isTerminal: expected true or false, got 0$/,
  );
  expect(() => checkEnvironment(pendulum())).not.toThrow();
});
