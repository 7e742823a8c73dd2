/**
 * DQN (Mnih et al., "Human-level control through deep reinforcement learning", Nature 2015), with double DQN (van
 * Hasselt et al., arXiv:1509.06461), dueling networks (Wang et al., arXiv:1511.06581), n-step returns and prioritised
 * replay as options.
 *
 * Details that change results, marked where they happen; what
 * training/replay-learner.ts [R1, R2] and training/explorer.ts [E1 to E3] say holds as well:
 * [D1] Targets come from a second network that follows the first slowly: every `targetUpdateEvery` gradient steps it
 *      moves by `targetUpdateRate` of the way (1: a copy).
 * [D2] The loss is the squared error, the gradient's norm is bounded. Huber's loss is an option, for rewards clipped to
 *      [-1, 1]: where values are large it pulls the rare terminal targets no harder than the others, and values diverge.
 * [D3] Epsilon, the share of random actions, falls in a line over the run's first part.
 * [D4] With `doubleDqn` the online network chooses the next action and the target network values it.
 * [D5] With `dueling` the network gives a value and advantages, whose mean is taken away.
 */

import { createRng, type Metrics, type Rng, type Static, Type } from '@skein/core';
import { type Compiled, compile, tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import { clippedStep, trainableVariables } from '../network/gradients.ts';
import { actionValues, greedyPolicy, type QNetwork, qNetwork } from '../network/q-network.ts';
import { type TargetUpdate, targetUpdate } from '../network/target.ts';
import type { Batch } from '../replay/uniform.ts';
import { linear, type Schedule } from '../schedule.ts';
import { completeConfig, trainingEnvironment } from '../training/configure.ts';
import { trainingOptions } from '../training/options.ts';
import { type ReplayAlgorithm, replayOptions, type UpdateReport } from '../training/replay-learner.ts';
import { trainReplay } from '../training/replay-run.ts';
import type { Algorithm } from './algorithm.ts';

/** DQN's options. */
export const DqnConfig = Type.Object(
  {
    ...trainingOptions,
    ...replayOptions({
      batchSize: 64,
      bufferSize: 50_000,
      learningStarts: 1_000,
      trainEvery: 256,
      updatesPerRound: 128,
    }),
    hiddenUnits: Type.Array(Type.Integer({ minimum: 1 }), {
      default: [64, 64],
      description: 'units of each hidden layer',
    }),
    learningRate: Type.Number({ default: 2.3e-3, exclusiveMinimum: 0, description: "Adam's step size" }),
    targetUpdateEvery: Type.Integer({
      default: 128,
      minimum: 1,
      description: 'gradient steps between updates of the target network',
    }),
    targetUpdateRate: Type.Number({
      default: 1,
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'part of the way that an update moves the target network; 1 copies',
    }),
    epsilonStart: Type.Number({ default: 1, minimum: 0, maximum: 1, description: 'first share of random actions' }),
    epsilonEnd: Type.Number({ default: 0.04, minimum: 0, maximum: 1, description: 'last share of random actions' }),
    explorationFraction: Type.Number({
      default: 0.16,
      minimum: 0,
      maximum: 1,
      description: 'part of the run over which the share of random actions falls',
    }),
    loss: Type.Union([Type.Literal('mse'), Type.Literal('huber')], {
      default: 'mse',
      description: 'squared error, or Huber loss (linear beyond an error of 1)',
    }),
    maxGradientNorm: Type.Number({ default: 10, minimum: 0, description: 'bound of the gradient norm; 0 for none' }),
    doubleDqn: Type.Boolean({ default: true, description: 'choose next actions with the online network' }),
    dueling: Type.Boolean({ default: false, description: 'give value and advantages heads of their own' }),
  },
  { additionalProperties: false },
);
export type DqnConfig = Static<typeof DqnConfig>;

const create = (definition: EnvironmentDefinition, config: DqnConfig): ReplayAlgorithm => new Dqn(definition, config);

/** DQN for discrete actions. */
export const dqn = {
  name: 'dqn',
  summary: 'Q-learning with a network, replay and a target network, for discrete actions',
  actions: 'discrete',
  config: DqnConfig,
  train: async (options = {}, hooks = {}) => {
    const config = completeConfig('dqn', DqnConfig, options, hooks);
    const definition = trainingEnvironment('dqn', 'discrete', config.env, hooks);
    return trainReplay({ algorithm: 'dqn', config, definition, hooks, create });
  },
  replay: create,
  policy: (definition, config) =>
    greedyPolicy(definition, qNetwork(definition, { ...config, rng: createRng(config.seed) })),
} as const satisfies Algorithm<typeof DqnConfig>;

class Dqn implements ReplayAlgorithm {
  readonly policy: Policy;
  readonly networks: readonly tf.LayersModel[];
  readonly optimizers: readonly tf.Optimizer[];
  readonly #config: DqnConfig;
  readonly #online: QNetwork;
  readonly #target: QNetwork;
  readonly #follow: TargetUpdate;
  readonly #step: Compiled<LearnInputs, tf.Tensor[]>;
  /** One-hot actions of the batch. */
  readonly #chosen: Float32Array;
  readonly #epsilon: Schedule;
  readonly #loss = new Float32Array(1);
  readonly #value = new Float32Array(1);

  constructor(definition: EnvironmentDefinition, config: DqnConfig) {
    const rng = createRng(config.seed).split('weights');
    const optimizer = tf.train.adam(config.learningRate);
    this.#config = config;
    this.#online = qNetwork(definition, { ...config, rng });
    this.#target = qNetwork(definition, { ...config, rng });
    this.#follow = targetUpdate(this.#online.model, this.#target.model, config.targetUpdateRate);
    this.#step = compileStep(this.#online, this.#target, optimizer, config);
    this.#chosen = new Float32Array(config.batchSize * this.#online.actions);
    this.#epsilon = linear(config.epsilonStart, config.epsilonEnd, config.explorationFraction * config.steps); // [D3]
    this.policy = greedyPolicy(definition, this.#online);
    this.networks = [this.#online.model, this.#target.model];
    this.optimizers = [optimizer];
  }

  explore(observations: Float32Array, step: number, actions: ActionArray, rngs: readonly Rng[]): void {
    const { actions: n, firstAction } = this.#online;
    const epsilon = this.#epsilon(step);
    let greedy = false;
    for (let row = 0; row < actions.length; row++) {
      const rng = rngs[row]!;
      const random = rng.bernoulli(epsilon);
      actions[row] = random ? firstAction + rng.integer(n) : firstAction - 1;
      greedy ||= !random;
    }
    if (!greedy) return;
    const best = this.policy.act(observations, actions.length);
    for (let row = 0; row < actions.length; row++) if (actions[row]! < firstAction) actions[row] = best[row]!;
  }

  update(batch: Batch, count: number): UpdateReport {
    const { features, actions, firstAction } = this.#online;
    this.#chosen.fill(0);
    for (let i = 0; i < batch.size; i++) this.#chosen[i * actions + batch.actions[i]! - firstAction] = 1;
    this.#step.run(
      [
        features.of(batch.observations, batch.size),
        this.#chosen,
        batch.rewards,
        batch.discounts,
        this.#target.features.of(batch.nextObservations, batch.size),
        batch.weights,
      ],
      [this.#loss, this.#value, batch.errors],
    );
    if (count % this.#config.targetUpdateEvery === 0) this.#follow.update(); // [D1]
    return { valueLoss: this.#loss[0]!, value: this.#value[0]! };
  }

  report(step: number): Metrics {
    return { 'explore/epsilon': step < this.#config.learningStarts ? 1 : this.#epsilon(step) };
  }

  dispose(): void {
    this.#step.dispose();
    this.#follow.dispose();
    this.#target.model.dispose();
    for (const optimizer of this.optimizers) optimizer.dispose();
  }
}

type LearnInputs = [
  observations: tf.Tensor,
  chosen: tf.Tensor,
  rewards: tf.Tensor,
  discounts: tf.Tensor,
  nextObservations: tf.Tensor,
  weights: tf.Tensor,
];

/** One gradient step: minibatch in; loss, mean value of the chosen actions and errors out. */
function compileStep(
  online: QNetwork,
  target: QNetwork,
  optimizer: tf.Optimizer,
  config: DqnConfig,
): Compiled<LearnInputs, tf.Tensor[]> {
  const { batchSize: size, doubleDqn, maxGradientNorm } = config;
  const { actions, features } = online;
  const variables = trainableVariables(online.model);
  const lossOf = config.loss === 'mse' ? tf.losses.meanSquaredError : tf.losses.huberLoss; // [D2]
  const step = (...[observations, chosen, rewards, discounts, nextObservations, weights]: LearnInputs): tf.Tensor[] => {
    const nextValues = actionValues(target, nextObservations);
    const next = doubleDqn // [D4]
      ? tf.sum(tf.mul(nextValues, tf.oneHot(tf.argMax(actionValues(online, nextObservations), 1), actions)), 1)
      : tf.max(nextValues, 1);
    const targets = tf.add(rewards, tf.mul(discounts, next));
    const predicted = () => tf.sum(tf.mul(actionValues(online, observations), chosen), 1);
    const before = predicted();
    const loss = () => lossOf(targets, predicted(), weights, tf.Reduction.MEAN) as tf.Scalar;
    return [clippedStep(optimizer, loss, variables, maxGradientNorm), tf.mean(before), tf.sub(targets, before)];
  };
  return compile(step, {
    inputs: [[size, features.size], [size, actions], [size], [size], [size, features.size], [size]].map((shape) => ({
      shape,
    })),
  });
}
