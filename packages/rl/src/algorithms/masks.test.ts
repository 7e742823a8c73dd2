/** Legal actions: every algorithm for discrete actions learns and acts with them alone. */

import { discrete } from '@skein/core';
import { useBackend } from '@skein/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../agent/evaluate.ts';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { decodeTraining, encodeTraining } from '../training/checkpoint.ts';
import type { TrainingState } from '../training/run.ts';
import type { Algorithm } from './algorithm.ts';
import { dqn } from './dqn.ts';
import { algorithm, algorithms } from './registry.ts';

beforeAll(async () => {
  await useBackend('simd');
});

const LENGTH = 5;
const BACK = 0;
const FORTH = 2;

/** Whether an action is legal in a cell: staying (1) never, going back not at the first one. */
const legalAt = (cell: number, action: number): boolean => action === FORTH || (action === BACK && cell > 0);

/** A corridor of which one end is the goal; an illegal action is an error, so that a run which takes one fails. */
const corridor: EnvironmentDefinition = {
  id: 'Corridor-v0',
  summary: 'walk to the end of a corridor',
  observationSpec: discrete(LENGTH + 1),
  actionSpec: discrete(3),
  stepLimit: 30,
  solvedAt: -LENGTH,
  stateSize: 1,
  begin: (state, at) => void state.fill(0, at, at + 1),
  advance: (state, at, actions, actionAt) => {
    const action = actions[actionAt]!;
    if (!legalAt(state[at]!, action)) throw new Error(`illegal action ${action} at ${state[at]}`);
    state[at] = state[at]! + action - 1;
    return -1;
  },
  isTerminal: (state, at) => state[at] === LENGTH,
  observe: (state, at, out, outAt) => void out.fill(state[at]!, outAt, outAt + 1),
  actionMask: (state, at, out, outAt) => {
    for (let action = 0; action < 3; action++) out[outAt + action] = legalAt(state[at]!, action) ? 1 : 0;
  },
};

const names = Object.keys(algorithms).filter((name) => algorithm(name).actions !== 'box');
const small: Readonly<Record<string, unknown>> = {
  seed: 1,
  steps: 3000,
  hiddenUnits: [16],
  learningStarts: 200,
  trainEvery: 4,
  updatesPerRound: 2,
  batchSize: 32,
  evaluateEvery: 1000,
  evaluationEpisodes: 2,
  checkpointEvery: 700,
  valueLow: -30,
  valueHigh: 0,
};
const configOf = (made: Algorithm, more: object = {}) =>
  Object.fromEntries(Object.entries({ ...small, ...more }).filter(([name]) => name in made.config.properties));

describe.each(names)('%s', (name) => {
  const made = algorithm(name);

  test('walks to the goal without an illegal action, learning and learned', async () => {
    const { agent } = await made.train(configOf(made), { definition: corridor });
    expect((await evaluate(agent, { episodes: 2 })).mean).toBe(-LENGTH);
    expect(agent.act(0, [0, 0, 1])).toBe(FORTH);
    expect(agent.act(2, [1, 0, 0])).toBe(BACK);
  });

  test('resumes exactly', async () => {
    const states: TrainingState[] = [];
    const onCheckpoint = (state: TrainingState) => void states.push(decodeTraining(encodeTraining(state)));
    await made.train(configOf(made, { envCount: 3 }), { definition: corridor, onCheckpoint });
    const whole = states.splice(0);
    await made.train({}, { definition: corridor, onCheckpoint, resumeFrom: whole[1]! });
    expect(states.at(-1)).toEqual(whole.at(-1));
  });
});

test.each([true, false])('DQN does not hope for illegal next actions (double: %s)', async (doubleDqn) => {
  // From state 0, action 0 ends with 10 and action 1 leads to state 1, where only action 1 is legal and ends with 0. A
  // network without hidden layers shares the value of action 0 between the states.
  const definition: EnvironmentDefinition = {
    ...corridor,
    observationSpec: discrete(3),
    actionSpec: discrete(2),
    advance: (state, at, actions, actionAt) => {
      const reward = state[at] === 0 && actions[actionAt] === 0 ? 10 : 0;
      state[at] = state[at] === 0 && actions[actionAt] === 1 ? 1 : 2;
      return reward;
    },
    isTerminal: (state, at) => state[at] === 2,
    actionMask: (state, at, out, outAt) => {
      out[outAt] = state[at] === 1 ? 0 : 1;
      out[outAt + 1] = 1;
    },
  };
  const { agent } = await dqn.train(
    {
      ...configOf(dqn as unknown as Algorithm),
      hiddenUnits: [],
      epsilonEnd: 1,
      learningRate: 0.01,
      targetUpdateEvery: 20,
      doubleDqn,
    },
    { definition },
  );
  const [kernel, bias] = agent.policy.weights() as [Float32Array, Float32Array];
  const value = (state: number, action: number) => kernel[2 * state + action]! + bias[action]!;
  expect(value(1, 0)).toBeGreaterThan(3);
  expect(value(0, 0)).toBeCloseTo(10, 1);
  expect(value(0, 1)).toBeCloseTo(0, 1);
});
