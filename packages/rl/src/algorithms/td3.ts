/**
 * TD3 (Fujimoto et al., "Addressing function approximation error in actor-critic methods", arXiv:1802.09477): DDPG with
 * two critics, smoothed targets and a slower actor.
 *
 * Details that change results; DDPG's [D1] to [D4] hold as well, and what
 * training/replay-learner.ts [R1, R2] and training/explorer.ts [E1 to E3] say:
 * [T1] Targets take the smaller of two target critics' values.
 * [T2] The target action gets clipped noise, so that a narrow peak of the critics is not exploited.
 * [T3] Actor and target networks move only every `policyDelay` gradient steps.
 */

import { createRng, type Rng, type Static, Type } from '@skein/core';
import { type Compiled, compile, tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import {
  actor,
  actorPolicy,
  type BatchInputs,
  type BatchTensors,
  batchInputs,
  critic,
  criticValues,
} from '../network/actor-critic.ts';
import { applyNetwork, NetworkFactory } from '../network/factory.ts';
import { clippedStep, trainableVariables, weightedSquares } from '../network/gradients.ts';
import { blendWeights } from '../network/target.ts';
import type { Batch } from '../replay/uniform.ts';
import { actorCriticOptions, noiseOptions } from '../training/actor-critic-options.ts';
import { completeConfig, trainingEnvironment } from '../training/configure.ts';
import { type NoisyExploration, noisyExploration } from '../training/noisy-actor.ts';
import type { ReplayAlgorithm, UpdateReport } from '../training/replay-learner.ts';
import { trainReplay } from '../training/replay-run.ts';
import type { Algorithm } from './algorithm.ts';

/** TD3's options. */
export const Td3Config = Type.Object(
  {
    ...actorCriticOptions,
    ...noiseOptions,
    policyDelay: Type.Integer({
      default: 2,
      minimum: 1,
      description: 'gradient steps of the critics for one of the actor',
    }),
    targetNoise: Type.Number({
      default: 0.2,
      minimum: 0,
      description: 'standard deviation of the noise on target actions',
    }),
    targetNoiseClip: Type.Number({ default: 0.5, minimum: 0, description: 'bound of the noise on target actions' }),
  },
  { additionalProperties: false },
);
export type Td3Config = Static<typeof Td3Config>;

const create = (
  definition: EnvironmentDefinition,
  config: Td3Config,
  networks = new NetworkFactory(config),
): ReplayAlgorithm => new Td3(definition, config, networks);

/** TD3 for continuous actions. */
export const td3 = {
  name: 'td3',
  summary: 'DDPG with two critics, smoothed targets and a delayed actor, for continuous actions',
  actions: 'box',
  config: Td3Config,
  train: async (options = {}, hooks = {}) => {
    const config = completeConfig('td3', Td3Config, options, hooks);
    const definition = trainingEnvironment('td3', 'box', config.env, hooks);
    return trainReplay({ algorithm: 'td3', config, definition, hooks, create });
  },
  replay: create,
  policy: (definition, config) => {
    const options = { ...config, networks: new NetworkFactory(config), rng: createRng(config.seed) };
    const model = actor(definition, definition.actionSpec.size, 'tanh', options);
    return actorPolicy(definition, options.networks, model);
  },
} as const satisfies Algorithm<typeof Td3Config>;

interface Networks {
  readonly actor: tf.LayersModel;
  readonly targetActor: tf.LayersModel;
  readonly critics: readonly [tf.LayersModel, tf.LayersModel];
  readonly targetCritics: readonly [tf.LayersModel, tf.LayersModel];
}

class Td3 implements ReplayAlgorithm {
  readonly policy: Policy;
  readonly networks: readonly tf.LayersModel[];
  readonly optimizers: readonly tf.Optimizer[];
  readonly #exploration: NoisyExploration;
  readonly #inputs: BatchInputs;
  readonly #criticStep: Compiled<BatchTensors, tf.Tensor[]>;
  readonly #actorStep: Compiled<[tf.Tensor], tf.Tensor>;
  readonly #policyDelay: number;
  readonly #outputs = [new Float32Array(1), new Float32Array(1)] as const;
  readonly #actorLoss = new Float32Array(1);

  constructor(definition: EnvironmentDefinition, config: Td3Config, factory: NetworkFactory) {
    const networks = createNetworks(definition, config, factory);
    const [actorOptimizer, criticOptimizer] = [config.actorLearningRate, config.criticLearningRate].map((rate) =>
      tf.train.adam(rate),
    ) as [tf.AdamOptimizer, tf.AdamOptimizer];
    this.networks = [networks.actor, networks.targetActor, ...networks.critics, ...networks.targetCritics];
    this.optimizers = [actorOptimizer, criticOptimizer];
    this.policy = actorPolicy(definition, factory, networks.actor);
    this.#exploration = noisyExploration(definition, this.policy, config);
    this.#policyDelay = config.policyDelay;
    this.#inputs = batchInputs(definition, factory, config.batchSize, config.batchSize);
    this.#criticStep = compile(criticStep(networks, criticOptimizer, config), { inputs: this.#inputs.inputs });
    this.#actorStep = compile(actorStep(networks, actorOptimizer, config), { inputs: this.#inputs.inputs.slice(0, 1) });
  }

  get noise() {
    return this.#exploration.noise;
  }

  explore(observations: Float32Array, _step: number, actions: ActionArray, rngs: readonly Rng[]): void {
    this.#exploration.explore(observations, actions, rngs);
  }

  update(batch: Batch, count: number, rng: Rng): UpdateReport {
    const inputs = this.#inputs.of(batch, rng);
    const [valueLoss, value] = this.#outputs;
    this.#criticStep.run(inputs, [...this.#outputs, batch.errors]);
    const report = { valueLoss: valueLoss[0]!, value: value[0]! };
    if (count % this.#policyDelay !== 0) return report; // [T3]
    this.#actorStep.run(inputs.slice(0, 1), [this.#actorLoss]);
    return { ...report, policyLoss: this.#actorLoss[0]! };
  }

  dispose(): void {
    this.#criticStep.dispose();
    this.#actorStep.dispose();
    for (const network of this.networks.slice(1)) network.dispose();
    for (const optimizer of this.optimizers) optimizer.dispose();
  }
}

/** A target starts as a copy: it is drawn from the same stream. */
function createNetworks(definition: EnvironmentDefinition, config: Td3Config, networks: NetworkFactory): Networks {
  const rng = createRng(config.seed).split('weights');
  const makeActor = () =>
    actor(definition, definition.actionSpec.size, 'tanh', { ...config, networks, rng: rng.split('actor') });
  const makeCritic = (i: number) => critic(definition, { ...config, networks, rng: rng.split(`critic ${i}`) });
  return {
    actor: makeActor(),
    targetActor: makeActor(),
    critics: [makeCritic(0), makeCritic(1)],
    targetCritics: [makeCritic(0), makeCritic(1)],
  };
}

/** A step of both critics; gives the sum of their losses, the first one's mean value and errors. */
function criticStep({ targetActor, critics, targetCritics }: Networks, optimizer: tf.Optimizer, config: Td3Config) {
  const { targetNoise, targetNoiseClip } = config;
  const variables = critics.flatMap(trainableVariables);
  return (
    ...[observations, actions, rewards, discounts, nextObservations, weights, noise]: BatchTensors
  ): tf.Tensor[] => {
    const smoothing = tf.clipByValue(tf.mul(noise, targetNoise), -targetNoiseClip, targetNoiseClip); // [T2]
    const nextActions = tf.clipByValue(tf.add(applyNetwork(targetActor, nextObservations), smoothing), -1, 1);
    const [a, b] = targetCritics.map((target) => criticValues(target, nextObservations, nextActions));
    const targets = tf.add(rewards, tf.mul(discounts, tf.minimum(a!, b!))); // [T1]
    const errors = (q: tf.LayersModel) => tf.sub(targets, criticValues(q, observations, actions));
    const before = errors(critics[0]);
    const value = tf.mean(criticValues(critics[0], observations, actions));
    const loss = () => tf.add(...(critics.map((q) => weightedSquares(errors(q), weights)) as [tf.Scalar, tf.Scalar]));
    return [clippedStep(optimizer, loss as () => tf.Scalar, [variables], 0), value, before];
  };
}

/** A step of the actor along the first critic, and of all targets; gives the actor's loss. */
function actorStep(
  { actor: mu, targetActor, critics, targetCritics }: Networks,
  optimizer: tf.Optimizer,
  config: Td3Config,
) {
  const variables = trainableVariables(mu);
  return (observations: tf.Tensor): tf.Tensor => {
    const climb = () =>
      tf.neg(tf.mean(criticValues(critics[0], observations, applyNetwork(mu, observations)))) as tf.Scalar;
    const loss = clippedStep(optimizer, climb, [variables], 0);
    blendWeights(mu, targetActor, config.targetUpdateRate);
    for (const [i, q] of critics.entries()) blendWeights(q, targetCritics[i]!, config.targetUpdateRate);
    return loss;
  };
}
