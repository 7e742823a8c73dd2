/**
 * DQN (Mnih et al., "Human-level control through deep reinforcement learning", Nature 2015), with double DQN (van
 * Hasselt et al., arXiv:1509.06461) as an option.
 *
 * Details that change results, marked where they happen:
 * [D1] Targets come from a second network that follows the first slowly: every `targetUpdateEvery` gradient steps it
 *      moves by `targetUpdateRate` of the way (1: a copy).
 * [D2] A transition cut off by the time limit bootstraps from its final observation; only termination ends the value.
 * [D3] The loss is the squared error, the gradient's norm is bounded. Huber's loss is an option, for rewards clipped to
 *      [-1, 1]: where values are large it pulls the rare terminal targets no harder than the others, and values diverge.
 * [D4] Before `learningStarts` steps all actions are random; then epsilon falls in a line over the run's first part.
 * [D5] Gradient steps come in rounds: `updatesPerRound` of them every `trainEvery` environment steps.
 * [D6] With `doubleDqn` the online network chooses the next action and the target network values it.
 */

import { createRng, type Metrics, parse, type Rng, restoreRng, type Static, Type } from '@skein/core';
import { type Compiled, compile, modelWeights, setModelWeights, setOptimizerState, tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import type { VectorEnv } from '../env/vector-env.ts';
import { type Features, featuresOf } from '../network/features.ts';
import { clippedStep, trainableVariables } from '../network/gradients.ts';
import { OptimizerData, plainOptimizerState } from '../network/optimizer.ts';
import { perceptron } from '../network/perceptron.ts';
import { greedyPolicy, type QNetwork } from '../network/q-policy.ts';
import { type TargetUpdate, targetUpdate } from '../network/target.ts';
import { RandomState, Weights } from '../plain.ts';
import { type Batch, createBatch, ReplayState, UniformReplay } from '../replay/uniform.ts';
import { linear, type Schedule } from '../schedule.ts';
import { completeConfig, trainingEnvironment } from '../training/configure.ts';
import { crossed, type OffPolicyLearner, trainOffPolicy } from '../training/off-policy.ts';
import { trainingOptions } from '../training/options.ts';

import type { Algorithm } from './algorithm.ts';

/** DQN's options. */
export const DqnConfig = Type.Object(
  {
    ...trainingOptions,
    envCount: Type.Integer({ default: 1, minimum: 1, description: 'copies of the environment that step together' }),
    hiddenUnits: Type.Array(Type.Integer({ minimum: 1 }), {
      default: [64, 64],
      description: 'units of each hidden layer',
    }),
    learningRate: Type.Number({ default: 2.3e-3, exclusiveMinimum: 0, description: "Adam's step size" }),
    gamma: Type.Number({ default: 0.99, minimum: 0, maximum: 1, description: 'discount of the next value' }),
    batchSize: Type.Integer({ default: 64, minimum: 1, description: 'transitions of one gradient step' }),
    bufferSize: Type.Integer({ default: 50_000, minimum: 1, description: 'transitions held for replay' }),
    learningStarts: Type.Integer({
      default: 1_000,
      minimum: 0,
      description: 'steps of random actions before learning',
    }),
    trainEvery: Type.Integer({ default: 256, minimum: 1, description: 'environment steps between rounds of learning' }),
    updatesPerRound: Type.Integer({ default: 128, minimum: 1, description: 'gradient steps of one round' }),
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
  },
  { additionalProperties: false },
);
export type DqnConfig = Static<typeof DqnConfig>;

/** The learner's part of a checkpoint. */
const DqnState = Type.Object({
  weights: Weights,
  targetWeights: Weights,
  optimizer: OptimizerData,
  replay: ReplayState,
  exploration: RandomState,
  sampling: RandomState,
  updates: Type.Integer({ minimum: 0 }),
  /** Sums since the last report: losses, mean values, gradient steps. */
  recent: Type.Object({ loss: Type.Number(), value: Type.Number(), updates: Type.Integer({ minimum: 0 }) }),
});
type DqnState = Static<typeof DqnState>;

/** DQN for discrete actions. */
export const dqn = {
  name: 'dqn',
  summary: 'Q-learning with a network, replay and a target network, for discrete actions',
  actions: 'discrete',
  config: DqnConfig,
  train: async (options = {}, hooks = {}) => {
    const config = completeConfig('dqn', DqnConfig, options, hooks);
    const definition = trainingEnvironment('dqn', 'discrete', config.env, hooks);
    const learner = new DqnLearner(definition, config);
    return trainOffPolicy({ algorithm: 'dqn', config, definition, learner, hooks });
  },
  policy: (definition, config) => greedyPolicy(qNetwork(definition, config, createRng(config.seed))),
} as const satisfies Algorithm<typeof DqnConfig>;

function qNetwork(definition: EnvironmentDefinition, config: DqnConfig, rng: Rng): QNetwork {
  const { actionSpec, observationSpec } = definition;
  const features = featuresOf(observationSpec);
  const { n, start } = actionSpec as typeof actionSpec & { kind: 'discrete' };
  const model = perceptron({ inputs: features.size, hidden: config.hiddenUnits, outputs: n, rng });
  return { model, features, actions: n, firstAction: start };
}

type LearnInputs = [
  observations: tf.Tensor,
  chosen: tf.Tensor,
  rewards: tf.Tensor,
  discounts: tf.Tensor,
  nextObservations: tf.Tensor,
];

class DqnLearner implements OffPolicyLearner {
  readonly policy: Policy;
  readonly #config: DqnConfig;
  readonly #online: QNetwork;
  readonly #target: QNetwork;
  readonly #follow: TargetUpdate;
  readonly #optimizer: tf.AdamOptimizer;
  readonly #step: Compiled<LearnInputs, tf.Tensor[]>;
  readonly #replay: UniformReplay;
  readonly #batch: Batch;
  /** One-hot actions of the batch. */
  readonly #chosen: Float32Array;
  readonly #nextFeatures: Features;
  readonly #epsilon: Schedule;
  readonly #outputs = [new Float32Array(1), new Float32Array(1)];
  #exploration: Rng;
  #sampling: Rng;
  #updates = 0;
  #recent = { loss: 0, value: 0, updates: 0 };

  constructor(definition: EnvironmentDefinition, config: DqnConfig) {
    const rng = createRng(config.seed);
    this.#config = config;
    this.#online = qNetwork(definition, config, rng.split('weights'));
    this.#target = qNetwork(definition, config, rng.split('weights'));
    this.#follow = targetUpdate(this.#online.model, this.#target.model, config.targetUpdateRate);
    this.#nextFeatures = this.#target.features;
    this.policy = greedyPolicy(this.#online);
    this.#optimizer = tf.train.adam(config.learningRate);
    this.#step = compileStep(this.#online, this.#target, this.#optimizer, config);
    const shape = { capacity: config.bufferSize, observationSize: definition.observationSpec.size, actionSize: 1 };
    this.#replay = new UniformReplay(shape);
    this.#batch = createBatch(config.batchSize, shape);
    this.#chosen = new Float32Array(config.batchSize * this.#online.actions);
    this.#epsilon = linear(config.epsilonStart, config.epsilonEnd, config.explorationFraction * config.steps);
    this.#exploration = rng.split('exploration');
    this.#sampling = rng.split('replay');
  }

  get updates(): number {
    return this.#updates;
  }

  explore(observations: Float32Array, step: number, actions: ActionArray): void {
    const { actions: n, firstAction } = this.#online;
    const epsilon = step < this.#config.learningStarts ? 1 : this.#epsilon(step); // [D4]
    let greedy = false;
    for (let row = 0; row < actions.length; row++) {
      const random = this.#exploration.bernoulli(epsilon);
      actions[row] = random ? firstAction + this.#exploration.integer(n) : -1;
      greedy ||= !random;
    }
    if (!greedy) return;
    const best = this.policy.act(observations, actions.length);
    for (let row = 0; row < actions.length; row++) if (actions[row]! < 0) actions[row] = best[row]!;
  }

  observe(observations: Float32Array, actions: ActionArray, env: VectorEnv): void {
    for (let row = 0; row < env.count; row++) {
      const ended = env.terminated[row] === 1 || env.truncated[row] === 1;
      const discount = env.terminated[row] === 1 ? 0 : this.#config.gamma; // [D2]
      const next = ended ? env.finalObservations : env.observations;
      this.#replay.add(row, observations, actions, env.rewards[row]!, discount, next);
    }
  }

  learn(from: number, to: number): void {
    const { learningStarts, trainEvery, updatesPerRound } = this.#config;
    if (to < learningStarts || !crossed(from, to, trainEvery)) return;
    for (let i = 0; i < updatesPerRound; i++) this.#update(); // [D5]
  }

  #update(): void {
    const { batchSize, targetUpdateEvery } = this.#config;
    const batch = this.#batch;
    const { features, actions, firstAction } = this.#online;
    this.#replay.sample(batch, this.#sampling);
    this.#chosen.fill(0);
    for (let i = 0; i < batchSize; i++) this.#chosen[i * actions + batch.actions[i]! - firstAction] = 1;
    const inputs = [
      features.of(batch.observations, batchSize),
      this.#chosen,
      batch.rewards,
      batch.discounts,
      this.#nextFeatures.of(batch.nextObservations, batchSize),
    ];
    const [loss, value] = this.#step.run(inputs, this.#outputs);
    this.#updates++;
    this.#recent.loss += loss![0]!;
    this.#recent.value = value![0]!;
    this.#recent.updates++;
    if (this.#updates % targetUpdateEvery === 0) this.#follow.update(); // [D1]
  }

  report(step: number): Metrics {
    const { loss, value, updates } = this.#recent;
    this.#recent = { loss: 0, value: 0, updates: 0 };
    return {
      ...(updates === 0 ? {} : { 'loss/value': loss / updates, 'value/mean': value }),
      'explore/epsilon': step < this.#config.learningStarts ? 1 : this.#epsilon(step),
      'train/updates': this.#updates,
      'replay/size': this.#replay.size,
    };
  }

  state(): DqnState {
    return {
      weights: modelWeights(this.#online.model),
      targetWeights: modelWeights(this.#target.model),
      optimizer: plainOptimizerState(this.#optimizer),
      replay: this.#replay.state(),
      exploration: this.#exploration.state(),
      sampling: this.#sampling.state(),
      updates: this.#updates,
      recent: { ...this.#recent },
    };
  }

  restore(saved: unknown): void {
    const state = parse(DqnState, saved, { what: 'dqn checkpoint', code: 'CHECKPOINT' });
    setModelWeights(this.#online.model, state.weights);
    setModelWeights(this.#target.model, state.targetWeights);
    setOptimizerState(this.#optimizer, state.optimizer);
    this.#replay.restore(state.replay);
    this.#exploration = restoreRng(state.exploration);
    this.#sampling = restoreRng(state.sampling);
    this.#updates = state.updates;
    this.#recent = { ...state.recent };
  }

  dispose(): void {
    this.#step.dispose();
    this.#follow.dispose();
    this.#optimizer.dispose();
    this.#target.model.dispose();
  }
}

/** One gradient step: minibatch in; loss and mean value of the chosen actions out. */
function compileStep(
  online: QNetwork,
  target: QNetwork,
  optimizer: tf.Optimizer,
  config: DqnConfig,
): Compiled<LearnInputs, tf.Tensor[]> {
  const { batchSize: size, doubleDqn, maxGradientNorm } = config;
  const { actions, features } = online;
  const variables = trainableVariables(online.model);
  const lossOf = config.loss === 'mse' ? tf.losses.meanSquaredError : tf.losses.huberLoss;
  const valuesOf = ({ model }: QNetwork, x: tf.Tensor) => model.apply(x) as tf.Tensor;
  const step = (...[observations, chosen, rewards, discounts, nextObservations]: LearnInputs): tf.Tensor[] => {
    const nextValues = valuesOf(target, nextObservations);
    const next = doubleDqn // [D6]
      ? tf.sum(tf.mul(nextValues, tf.oneHot(tf.argMax(valuesOf(online, nextObservations), 1), actions)), 1)
      : tf.max(nextValues, 1);
    const targets = tf.add(rewards, tf.mul(discounts, next));
    const predicted = () => tf.sum(tf.mul(valuesOf(online, observations), chosen), 1);
    const value = tf.mean(predicted());
    const loss = () => lossOf(targets, predicted()) as tf.Scalar; // [D3]
    return [clippedStep(optimizer, loss, variables, maxGradientNorm), value];
  };
  return compile(step, {
    inputs: [[size, features.size], [size, actions], [size], [size], [size, features.size]].map((shape) => ({ shape })),
  });
}
