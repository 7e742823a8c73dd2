/**
 * DDPG (Lillicrap et al., "Continuous control with deep reinforcement learning", arXiv:1509.02971): an actor that gives
 * the action, a critic that values it, replay, and a slow target network of each.
 *
 * Details that change results; what
 * training/replay-learner.ts [R1, R2] and training/explorer.ts [E1 to E3] say holds as well:
 * [D1] The critic's targets use both target networks: y = r + discount Q'(s', mu'(s')).
 * [D2] The actor climbs the critic's mean value of its actions; the critic does not move in that step.
 * [D3] Both targets move by `targetUpdateRate` of the way after every gradient step.
 * [D4] Networks see actions scaled to [-1, 1]; exploration noise is added there and the sum clipped.
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

/** DDPG's options. */
export const DdpgConfig = Type.Object({ ...actorCriticOptions, ...noiseOptions }, { additionalProperties: false });
export type DdpgConfig = Static<typeof DdpgConfig>;

const create = (
  definition: EnvironmentDefinition,
  config: DdpgConfig,
  networks = new NetworkFactory(config),
): ReplayAlgorithm => new Ddpg(definition, config, networks);

/** DDPG for continuous actions. */
export const ddpg = {
  name: 'ddpg',
  summary: 'deterministic actor and critic with slow target networks, for continuous actions',
  actions: 'box',
  config: DdpgConfig,
  train: async (options = {}, hooks = {}) => {
    const config = completeConfig('ddpg', DdpgConfig, options, hooks);
    const definition = trainingEnvironment('ddpg', 'box', config.env, hooks);
    return trainReplay({ algorithm: 'ddpg', config, definition, hooks, create });
  },
  replay: create,
  policy: (definition, config) => {
    const options = { ...config, networks: new NetworkFactory(config), rng: createRng(config.seed) };
    const model = actor(definition, definition.actionSpec.size, 'tanh', options);
    return actorPolicy(definition, options.networks, model);
  },
} as const satisfies Algorithm<typeof DdpgConfig>;

interface Networks {
  readonly actor: tf.LayersModel;
  readonly critic: tf.LayersModel;
  readonly targetActor: tf.LayersModel;
  readonly targetCritic: tf.LayersModel;
}

class Ddpg implements ReplayAlgorithm {
  readonly policy: Policy;
  readonly networks: readonly tf.LayersModel[];
  readonly optimizers: readonly tf.Optimizer[];
  readonly #exploration: NoisyExploration;
  readonly #inputs: BatchInputs;
  readonly #step: Compiled<BatchTensors, tf.Tensor[]>;
  readonly #outputs = [new Float32Array(1), new Float32Array(1), new Float32Array(1)] as const;

  constructor(definition: EnvironmentDefinition, config: DdpgConfig, factory: NetworkFactory) {
    const networks = createNetworks(definition, config, factory);
    this.networks = Object.values(networks);
    this.optimizers = [tf.train.adam(config.actorLearningRate), tf.train.adam(config.criticLearningRate)];
    this.policy = actorPolicy(definition, factory, networks.actor);
    this.#exploration = noisyExploration(definition, this.policy, config); // [D4]
    this.#inputs = batchInputs(definition, factory, config.batchSize, 1);
    const [actorOptimizer, criticOptimizer] = this.optimizers as [tf.Optimizer, tf.Optimizer];
    const step = gradientStep(networks, actorOptimizer, criticOptimizer, config.targetUpdateRate);
    this.#step = compile(step, { inputs: this.#inputs.inputs });
  }

  get noise() {
    return this.#exploration.noise;
  }

  explore(observations: Float32Array, _step: number, actions: ActionArray, rngs: readonly Rng[]): void {
    this.#exploration.explore(observations, actions, rngs);
  }

  update(batch: Batch, _count: number, rng: Rng): UpdateReport {
    const [valueLoss, policyLoss, value] = this.#outputs;
    this.#step.run(this.#inputs.of(batch, rng), [...this.#outputs, batch.errors]);
    return { valueLoss: valueLoss[0]!, policyLoss: policyLoss[0]!, value: value[0]! };
  }

  dispose(): void {
    this.#step.dispose();
    for (const network of this.networks.slice(1)) network.dispose();
    for (const optimizer of this.optimizers) optimizer.dispose();
  }
}

/** The actor first: it is the policy's. A target starts as a copy: it is drawn from the same stream. */
function createNetworks(definition: EnvironmentDefinition, config: DdpgConfig, networks: NetworkFactory): Networks {
  const rng = createRng(config.seed).split('weights');
  const actorOptions = { ...config, networks, rng: rng.split('actor') };
  const criticOptions = { ...config, networks, rng: rng.split('critic') };
  const { size } = definition.actionSpec;
  return {
    actor: actor(definition, size, 'tanh', actorOptions),
    critic: critic(definition, criticOptions),
    targetActor: actor(definition, size, 'tanh', actorOptions),
    targetCritic: critic(definition, criticOptions),
  };
}

/** One gradient step; gives the losses of critic and actor, the mean value of the batch and its errors. */
function gradientStep(networks: Networks, actorOptimizer: tf.Optimizer, criticOptimizer: tf.Optimizer, rate: number) {
  const { actor: mu, critic: q, targetActor, targetCritic } = networks;
  const [muVariables, qVariables] = [trainableVariables(mu), trainableVariables(q)];
  const act = applyNetwork;
  return (...[observations, actions, rewards, discounts, nextObservations, weights]: BatchTensors): tf.Tensor[] => {
    const nextValues = criticValues(targetCritic, nextObservations, act(targetActor, nextObservations)); // [D1]
    const errors = () => tf.sub(tf.add(rewards, tf.mul(discounts, nextValues)), criticValues(q, observations, actions));
    const before = errors();
    const value = tf.mean(criticValues(q, observations, actions));
    const criticLoss = clippedStep(criticOptimizer, () => weightedSquares(errors(), weights), [qVariables], 0);
    const climb = () => tf.neg(tf.mean(criticValues(q, observations, act(mu, observations)))) as tf.Scalar;
    const actorLoss = clippedStep(actorOptimizer, climb, [muVariables], 0); // [D2]
    blendWeights(mu, targetActor, rate); // [D3]
    blendWeights(q, targetCritic, rate);
    return [criticLoss, actorLoss, value, before];
  };
}
