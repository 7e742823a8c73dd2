/**
 * SAC (Haarnoja et al., "Soft actor-critic algorithms and applications", arXiv:1812.05905): a stochastic actor that is
 * rewarded for entropy, two critics, and a temperature that is learned.
 *
 * Details that change results; what
 * training/replay-learner.ts [R1, R2] and training/explorer.ts [E1 to E3] say holds as well:
 * [S1] Targets take the smaller of two target critics' values, plus the entropy of the actor's own next action.
 * [S2] The actor's normal is squeezed through tanh; its log density is corrected for that.
 * [S3] The temperature is learned so that the entropy approaches minus the number of actions; `temperature` fixes it.
 * [S4] The logarithm of the standard deviation stays within [-20, 2].
 * [S5] Evaluation takes the mean action.
 * [S6] Exploration may draw its noise correlated over time (`noiseCorrelation`): each action is distributed as before,
 *      but many in a row push one way, which finds what independent noise does not.
 */

import { createRng, type Rng, type Static, Type } from '@skein/core';
import { type Compiled, compile, tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import {
  type ActionScale,
  actionScale,
  actor,
  actorPolicy,
  type BatchInputs,
  type BatchTensors,
  batchInputs,
  critic,
  criticValues,
} from '../network/actor-critic.ts';
import { applyNetwork, NetworkFactory } from '../network/factory.ts';
import type { Features } from '../network/features.ts';
import { clippedStep, trainableVariables, weightedSquares } from '../network/gradients.ts';
import { blendWeights } from '../network/target.ts';
import { correlatedNoise, type NoiseSequence } from '../noise.ts';
import type { Batch } from '../replay/uniform.ts';
import { actorCriticOptions, noiseCorrelation } from '../training/actor-critic-options.ts';
import { completeConfig, trainingEnvironment } from '../training/configure.ts';
import type { ReplayAlgorithm, UpdateReport } from '../training/replay-learner.ts';
import { trainReplay } from '../training/replay-run.ts';
import type { Algorithm } from './algorithm.ts';

/** SAC's options. */
export const SacConfig = Type.Object(
  {
    ...actorCriticOptions,
    temperature: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'fixed weight of the entropy; learned if left out' }),
    ),
    temperatureLearningRate: Type.Number({
      default: 1e-3,
      exclusiveMinimum: 0,
      description: "Adam's step size of the temperature",
    }),
    noiseCorrelation,
  },
  { additionalProperties: false },
);
export type SacConfig = Static<typeof SacConfig>;

const create = (
  definition: EnvironmentDefinition,
  config: SacConfig,
  networks = new NetworkFactory(config),
): ReplayAlgorithm => new Sac(definition, config, networks);

/** SAC for continuous actions. */
export const sac = {
  name: 'sac',
  summary: 'stochastic actor that seeks reward and entropy, with two critics, for continuous actions',
  actions: 'box',
  config: SacConfig,
  train: async (options = {}, hooks = {}) => {
    const config = completeConfig('sac', SacConfig, options, hooks);
    const definition = trainingEnvironment('sac', 'box', config.env, hooks);
    return trainReplay({ algorithm: 'sac', config, definition, hooks, create });
  },
  replay: create,
  policy: (definition, config) => {
    const networks = new NetworkFactory(config);
    return meanPolicy(definition, networks, createActor(definition, config, networks, createRng(config.seed)));
  },
} as const satisfies Algorithm<typeof SacConfig>;

const LOG_STD = { min: -20, max: 2 } as const;

/** The actor's output: means, then logarithms of standard deviations. */
function createActor(
  definition: EnvironmentDefinition,
  config: SacConfig,
  networks: NetworkFactory,
  rng: Rng,
): tf.LayersModel {
  return actor(definition, 2 * definition.actionSpec.size, 'linear', { ...config, networks, rng });
}

function meanPolicy(definition: EnvironmentDefinition, networks: NetworkFactory, model: tf.LayersModel): Policy {
  const { size } = definition.actionSpec;
  const mean = (inputs: tf.Tensor) => tf.tanh(tf.slice(applyNetwork(model, inputs), [0, 0], [-1, size]));
  return actorPolicy(definition, networks, model, mean); // [S5]
}

/** Actions in [-1, 1] for standard normal `noise`, and their log densities `[rows]`. [S2] */
function sampleActions(model: tf.LayersModel, observations: tf.Tensor, noise: tf.Tensor) {
  const size = noise.shape[1]!;
  const out = applyNetwork(model, observations) as tf.Tensor2D;
  const mean = tf.slice2d(out, [0, 0], [-1, size]);
  const logStd = tf.clipByValue(tf.slice2d(out, [0, size], [-1, size]), LOG_STD.min, LOG_STD.max); // [S4]
  const raw = tf.add(mean, tf.mul(tf.exp(logStd), noise));
  const actions = tf.tanh(raw);
  const normal = tf.sub(tf.mul(tf.square(noise), -0.5), tf.add(logStd, 0.5 * Math.log(2 * Math.PI)));
  // log(1 - tanh(x)^2) = 2 (log 2 - x - softplus(-2x)), which stays finite for large x.
  const squeeze = tf.mul(tf.sub(Math.LN2, tf.add(raw, tf.softplus(tf.mul(raw, -2)))), 2);
  return { actions, logDensity: tf.sum(tf.sub(normal, squeeze), 1) };
}

interface Networks {
  readonly actor: tf.LayersModel;
  readonly critics: readonly [tf.LayersModel, tf.LayersModel];
  readonly targetCritics: readonly [tf.LayersModel, tf.LayersModel];
  /** Logarithm of the temperature. */
  readonly logTemperature: tf.Variable;
}

class Sac implements ReplayAlgorithm {
  readonly policy: Policy;
  readonly networks: readonly tf.LayersModel[];
  readonly optimizers: readonly tf.Optimizer[];
  readonly variables: readonly tf.Variable[];
  readonly #features: Features;
  readonly #scale: ActionScale;
  readonly #inputs: BatchInputs;
  readonly #sample: Compiled<[tf.Tensor, tf.Tensor], tf.Tensor>;
  readonly #step: Compiled<BatchTensors, tf.Tensor[]>;
  readonly #outputs = [new Float32Array(1), new Float32Array(1), new Float32Array(1)] as const;
  readonly noise: NoiseSequence; // [S6]
  /** Scaled actions of exploration. */
  readonly #scaled: Float32Array;

  constructor(definition: EnvironmentDefinition, config: SacConfig, factory: NetworkFactory) {
    const networks = createNetworks(definition, config, factory);
    const { actorLearningRate, criticLearningRate, temperatureLearningRate, batchSize, envCount } = config;
    this.networks = [networks.actor, ...networks.critics, ...networks.targetCritics];
    this.variables = [networks.logTemperature];
    this.optimizers = [actorLearningRate, criticLearningRate, temperatureLearningRate].map((r) => tf.train.adam(r));
    this.policy = meanPolicy(definition, factory, networks.actor);
    this.#features = factory.features(definition.observationSpec);
    this.#scale = actionScale(definition);
    // One row of noise for each transition's next action, one for its own.
    this.#inputs = batchInputs(definition, factory, batchSize, 2 * batchSize);
    this.noise = correlatedNoise(config.noiseCorrelation, envCount * this.#scale.size);
    this.#scaled = new Float32Array(envCount * this.#scale.size);
    this.#sample = compile((x: tf.Tensor, noise: tf.Tensor) => sampleActions(networks.actor, x, noise).actions, {
      inputs: [{ shape: [envCount, this.#features.size] }, { shape: [envCount, this.#scale.size] }],
    });
    this.#step = compile(gradientStep(networks, this.optimizers, config), { inputs: this.#inputs.inputs });
  }

  explore(observations: Float32Array, _step: number, actions: ActionArray, rngs: readonly Rng[]): void {
    const inputs = this.#features.of(observations, rngs.length);
    this.#sample.run([inputs, this.noise.next(rngs)], [this.#scaled]);
    this.#scale.toEnvironment(this.#scaled, actions);
  }

  update(batch: Batch, _count: number, rng: Rng): UpdateReport {
    const [valueLoss, policyLoss, value] = this.#outputs;
    this.#step.run(this.#inputs.of(batch, rng), [...this.#outputs, batch.errors]);
    return { valueLoss: valueLoss[0]!, policyLoss: policyLoss[0]!, value: value[0]! };
  }

  dispose(): void {
    this.#sample.dispose();
    this.#step.dispose();
    for (const network of this.networks.slice(1)) network.dispose();
    for (const optimizer of this.optimizers) optimizer.dispose();
    for (const variable of this.variables) variable.dispose();
  }
}

function createNetworks(definition: EnvironmentDefinition, config: SacConfig, networks: NetworkFactory): Networks {
  const rng = createRng(config.seed).split('weights');
  const makeCritic = (i: number) => critic(definition, { ...config, networks, rng: rng.split(`critic ${i}`) });
  return {
    actor: createActor(definition, config, networks, rng.split('actor')),
    critics: [makeCritic(0), makeCritic(1)],
    targetCritics: [makeCritic(0), makeCritic(1)],
    logTemperature: tf.variable(tf.scalar(Math.log(config.temperature ?? 1))),
  };
}

/** One gradient step; gives the losses of critics and actor, the mean value of the batch and its errors. */
function gradientStep(networks: Networks, optimizers: readonly tf.Optimizer[], config: SacConfig) {
  const { actor: pi, critics, targetCritics, logTemperature } = networks;
  const [actorOptimizer, criticOptimizer, temperatureOptimizer] = optimizers as [
    tf.Optimizer,
    tf.Optimizer,
    tf.Optimizer,
  ];
  const piVariables = trainableVariables(pi);
  const qVariables = critics.flatMap(trainableVariables);
  const least = (models: Networks['critics'], x: tf.Tensor, a: tf.Tensor): tf.Tensor =>
    tf.minimum(criticValues(models[0], x, a), criticValues(models[1], x, a));
  return (
    ...[observations, actions, rewards, discounts, nextObservations, weights, noise]: BatchTensors
  ): tf.Tensor[] => {
    const size = observations.shape[0]!;
    const [nextNoise, ownNoise] = [0, size].map((row) => tf.slice(noise, [row, 0], [size, -1])) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const temperature = tf.exp(logTemperature);
    const next = sampleActions(pi, nextObservations, nextNoise);
    const soft = tf.sub(least(targetCritics, nextObservations, next.actions), tf.mul(temperature, next.logDensity)); // [S1]
    const targets = tf.add(rewards, tf.mul(discounts, soft));
    const errors = (q: tf.LayersModel) => tf.sub(targets, criticValues(q, observations, actions));
    const before = errors(critics[0]);
    const value = tf.mean(criticValues(critics[0], observations, actions));
    const criticLoss = clippedStep(
      criticOptimizer,
      () => tf.add(weightedSquares(errors(critics[0]), weights), weightedSquares(errors(critics[1]), weights)),
      [qVariables],
      0,
    );
    const surprise = tf.mean(sampleActions(pi, observations, ownNoise).logDensity);
    const climb = () => {
      const { actions: own, logDensity } = sampleActions(pi, observations, ownNoise);
      return tf.mean(tf.sub(tf.mul(temperature, logDensity), least(critics, observations, own))) as tf.Scalar;
    };
    const actorLoss = clippedStep(actorOptimizer, climb, [piVariables], 0);
    if (config.temperature === undefined) {
      const excess = tf.sub(surprise, noise.shape[1]!); // [S3] log density plus target entropy, -size
      clippedStep(temperatureOptimizer, () => tf.neg(tf.mul(logTemperature, excess)), [[logTemperature]], 0);
    }
    for (const [i, q] of critics.entries()) blendWeights(q, targetCritics[i]!, config.targetUpdateRate);
    return [criticLoss, actorLoss, value, before];
  };
}
