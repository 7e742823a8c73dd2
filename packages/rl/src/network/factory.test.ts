/** Networks of one's own: any LayersModel that fits, for every algorithm with networks. */

import { createRng } from '@skein/core';
import { initialise, tf, useBackend } from '@skein/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../agent/evaluate.ts';
import { decodeAgent, encodeAgent } from '../agent/file.ts';
import type { Algorithm } from '../algorithms/algorithm.ts';
import { dqn } from '../algorithms/dqn.ts';
import { algorithm } from '../algorithms/registry.ts';
import { decodeTraining, encodeTraining } from '../training/checkpoint.ts';
import type { TrainHooks, TrainingState } from '../training/run.ts';
import {
  type NetworkBuilder,
  type NetworkBuilders,
  NetworkFactory,
  type NetworkRequest,
  topologyOf,
} from './factory.ts';
import { noisyDense } from './noisy-dense.ts';

beforeAll(async () => {
  await useBackend('simd');
});

/** A network with layer normalisation and a connection around its hidden layer. */
const residual: NetworkBuilder = ({ observationSize, actionSize, outputs, role, rng }) => {
  const input = tf.input({ shape: [observationSize + actionSize] });
  const first = tf.layers.dense({ units: 12, activation: 'elu' }).apply(input) as tf.SymbolicTensor;
  const second = tf.layers.dense({ units: 12, activation: 'elu' }).apply(first) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([first, second]);
  const activation = role === 'actor' ? 'tanh' : 'linear';
  const end = tf.layers.dense({ units: outputs, activation }).apply(tf.layers.layerNormalization().apply(sum));
  const model = tf.model({ inputs: input, outputs: end as tf.SymbolicTensor });
  initialise(model, { rng });
  return model;
};

/** Two inputs: what is seen, and what is done. */
const twoInputs: NetworkBuilder = ({ observationSize, actionSize, outputs, rng }) => {
  const inputs = [tf.input({ shape: [observationSize] }), tf.input({ shape: [actionSize] })];
  const seen = tf.layers.dense({ units: 8, activation: 'relu' }).apply(inputs[0]!) as tf.SymbolicTensor;
  const both = tf.layers.concatenate().apply([seen, inputs[1]!]);
  const model = tf.model({ inputs, outputs: tf.layers.dense({ units: outputs }).apply(both) as tf.SymbolicTensor });
  initialise(model, { rng });
  return model;
};

const small = {
  seed: 3,
  steps: 300,
  learningStarts: 60,
  batchSize: 8,
  bufferSize: 200,
  trainEvery: 4,
  updatesPerRound: 2,
  rolloutSteps: 16,
  envCount: 2,
  evaluateEvery: 150,
  evaluationEpisodes: 2,
  checkpointEvery: 100,
};
const configOf = (made: Algorithm) =>
  Object.fromEntries(Object.entries(small).filter(([name]) => name in made.config.properties));

async function traced(made: Algorithm, config: object, hooks: TrainHooks) {
  const states: TrainingState[] = [];
  const onCheckpoint = (state: TrainingState) => void states.push(decodeTraining(encodeTraining(state)));
  const result = await made.train(config, { ...hooks, onCheckpoint });
  return { states, agent: result.agent };
}

const cases: readonly (readonly [string, NetworkBuilders])[] = [
  ['dqn', { q: residual }],
  ['rainbow', { q: residual }],
  ['ppo', { actor: residual, value: residual }],
  ['a2c', { value: residual }],
  ['reinforce', { actor: residual }],
  ['ddpg', { actor: residual, critic: twoInputs }],
  ['td3', { actor: residual, critic: residual }],
  ['sac', { critic: twoInputs }],
];

describe.each(cases)('%s with own networks', (name, networks) => {
  const made = algorithm(name);

  test('is trained, saved, resumed without the builders, and equal for equal seeds', async () => {
    const whole = await traced(made, configOf(made), { networks });
    expect((await traced(made, configOf(made), { networks })).states).toEqual(whole.states);
    const rest = await traced(made, {}, { resumeFrom: whole.states[0]! });
    expect(rest.states.at(-1)).toEqual(whole.states.at(-1));
    const loaded = decodeAgent(encodeAgent(whole.agent));
    expect(await evaluate(loaded, { episodes: 2 })).toEqual(await evaluate(whole.agent, { episodes: 2 }));
    const sizes = loaded.policy.weights().map(({ length }) => length);
    if ('actor' in networks || 'q' in networks) expect(sizes).toContain(12 * 12);
  });
});

const request = (more: Partial<NetworkRequest> = {}): NetworkRequest =>
  ({ role: 'q', observationSize: 4, actionSize: 0, outputs: 2, ...more }) as NetworkRequest;
const dense = (inputs: number, units: number) =>
  tf.sequential({ layers: [tf.layers.dense({ units, inputShape: [inputs], kernelInitializer: 'zeros' })] });

describe('what does not fit is refused', () => {
  test('with the shapes that were expected and found', () => {
    const factory = new NetworkFactory({}, { q: () => dense(3, 2), critic: () => dense(4, 1) });
    expect(() => factory.make(request(), () => dense(4, 2))).toThrow(
      'network q: expected inputs [4] and outputs [2], got [3] and [2]',
    );
    expect(() => factory.make(request({ role: 'critic', actionSize: 1, outputs: 1 }), () => dense(5, 1))).toThrow(
      'network critic: expected inputs [5], or [4] and [1] and outputs [1], got [4] and [1]',
    );
  });

  test('weights that the seed does not decide', async () => {
    const careless = () => tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] })] });
    await expect(dqn.train(configOf(dqn as unknown as Algorithm), { networks: { q: careless } })).rejects.toThrow(
      /expected equal weights/,
    );
  });

  test('a role that the algorithm lacks', async () => {
    await expect(dqn.train(configOf(dqn as unknown as Algorithm), { networks: { actor: residual } })).rejects.toThrow(
      'networks: expected roles among q, got actor',
    );
  });

  test('a class that this process does not know', () => {
    const factory = new NetworkFactory({ networks: { q: { className: 'Nonsense', config: {} } } });
    expect(() => factory.make(request(), () => dense(4, 2))).toThrow(/unknown class Nonsense/);
  });
});

test('observations take the shape of the input layer', async () => {
  const image: NetworkBuilder = ({ outputs, rng }) => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 3, kernelSize: 2, inputShape: [2, 2, 1], activation: 'relu' }),
        tf.layers.flatten(),
        tf.layers.dense({ units: outputs }),
      ],
    });
    initialise(model, { rng });
    return model;
  };
  const { agent } = await dqn.train(configOf(dqn as unknown as Algorithm), { networks: { q: image } });
  expect(agent.policy.weights().map(({ length }) => length)).toEqual([12, 3, 6, 2]);
});

test('noisy layers in an own network explore without random actions', async () => {
  const noisy: NetworkBuilder = ({ observationSize, outputs, rng }) => {
    const input = tf.input({ shape: [observationSize] });
    const end = noisyDense({ units: outputs, rng }).apply(input) as tf.SymbolicTensor;
    return tf.model({ inputs: input, outputs: end });
  };
  const { agent } = await dqn.train(configOf(dqn as unknown as Algorithm), { networks: { q: noisy } });
  expect(agent.config['networks']).toMatchObject({ q: { className: 'Model' } });
  expect(agent.policy.weights()).toHaveLength(4);
});

test('an architecture does not depend on what was built before', () => {
  const build = () => topologyOf(residual({ ...request(), rng: createRng(1) }));
  expect(build()).toEqual(build());
});
