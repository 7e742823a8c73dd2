/**
 * PPO (Schulman et al., "Proximal policy optimization algorithms", arXiv:1707.06347), the clipped form, for discrete and
 * continuous actions.
 *
 * Details that change results, marked where they happen (after Huang et al., "The 37 implementation details of PPO"):
 * [P1] Actor and critic are networks of their own, with tanh; the actor's last layer starts near zero.
 * [P2] Values and log densities of a rollout are computed once, when it is complete, with the weights that acted.
 * [P3] An episode cut off by the time limit bootstraps from its final observation; only termination ends the value.
 * [P4] Advantages are normalised in every minibatch.
 * [P5] Step size and clip range fall in a line to 0 over the run (`anneal`).
 * [P6] The gradient's norm is bounded over actor and critic together; Adam's epsilon is 1e-5.
 * [P7] Continuous actions are normal with one learned deviation a dimension; what is sampled beyond the bounds is clipped
 *      for the environment only.
 */

import { createRng, Float32, type Metrics, parse, type Rng, restoreRng, type Static, Type } from '@skein/core';
import { type Compiled, compile, modelWeights, setModelWeights, setOptimizerState, tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import type { VectorEnv } from '../env/vector-env.ts';
import { type ActionDistribution, actionDistribution } from '../network/distribution.ts';
import { type Features, featuresOf } from '../network/features.ts';
import { clippedStep, trainableVariables } from '../network/gradients.ts';
import { networkPolicy } from '../network/network-policy.ts';
import { OptimizerData, plainOptimizerState, restoreVariables } from '../network/optimizer.ts';
import { perceptron } from '../network/perceptron.ts';
import { RandomState, Weights } from '../plain.ts';
import { Rollout, RolloutState } from '../replay/rollout.ts';
import { generalisedAdvantages } from '../returns.ts';
import { linear, type Schedule } from '../schedule.ts';
import { completeConfig, trainingEnvironment } from '../training/configure.ts';
import { finiteLoss } from '../training/finite.ts';
import { type Learner, trainLearner } from '../training/loop.ts';
import { createMinibatch, gather, type Judged, type Minibatch, normalise } from '../training/minibatch.ts';
import { trainingOptions } from '../training/options.ts';
import type { Algorithm } from './algorithm.ts';

/** PPO's options. */
export const PpoConfig = Type.Object(
  {
    ...trainingOptions,
    steps: Type.Integer({ default: 100_000, minimum: 1, description: 'environment steps to train for' }),
    envCount: Type.Integer({ default: 8, minimum: 1, description: 'copies of the environment that step together' }),
    rolloutSteps: Type.Integer({ default: 32, minimum: 1, description: 'steps of every copy between updates' }),
    batchSize: Type.Integer({ default: 256, minimum: 1, description: 'steps of one minibatch' }),
    epochs: Type.Integer({ default: 20, minimum: 1, description: 'times that every rollout is learned from' }),
    hiddenUnits: Type.Array(Type.Integer({ minimum: 1 }), {
      default: [64, 64],
      description: 'units of each hidden layer, in actor and critic',
    }),
    learningRate: Type.Number({ default: 1e-3, exclusiveMinimum: 0, description: "Adam's step size" }),
    gamma: Type.Number({ default: 0.98, minimum: 0, maximum: 1, description: 'discount of the next value' }),
    lambda: Type.Number({
      default: 0.8,
      minimum: 0,
      maximum: 1,
      description: 'weight of long over short returns in advantages',
    }),
    clipRange: Type.Number({
      default: 0.2,
      exclusiveMinimum: 0,
      description: 'change of probability that still counts',
    }),
    anneal: Type.Boolean({ default: true, description: 'let step size and clip range fall to 0 over the run' }),
    entropyWeight: Type.Number({ default: 0, minimum: 0, description: "weight of the policy's entropy in the loss" }),
    valueWeight: Type.Number({ default: 0.5, minimum: 0, description: "weight of the critic's loss" }),
    maxGradientNorm: Type.Number({ default: 0.5, minimum: 0, description: 'bound of the gradient norm; 0 for none' }),
  },
  { additionalProperties: false },
);
export type PpoConfig = Static<typeof PpoConfig>;

/** PPO for discrete and continuous actions. */
export const ppo = {
  name: 'ppo',
  summary: 'clipped policy gradient from fresh rollouts, for discrete and continuous actions',
  actions: 'both',
  config: PpoConfig,
  train: async (options = {}, hooks = {}) => {
    const config = completeConfig('ppo', PpoConfig, options, hooks);
    const definition = trainingEnvironment('ppo', 'both', config.env, hooks);
    return trainLearner({ algorithm: 'ppo', config, definition, learner: new Ppo(definition, config), hooks });
  },
  policy: (definition, config) => {
    const distribution = actionDistribution(definition);
    const model = createActor(definition, distribution, config, createRng(config.seed));
    return modePolicy(definition, distribution, model);
  },
} as const satisfies Algorithm<typeof PpoConfig>;

/** The actor; its last kernel is made small, so that all actions start about equally likely. [P1] */
function createActor(
  definition: EnvironmentDefinition,
  { outputs }: ActionDistribution,
  { hiddenUnits }: PpoConfig,
  rng: Rng,
): tf.LayersModel {
  const { size } = featuresOf(definition.observationSpec);
  const model = perceptron({ inputs: size, hidden: hiddenUnits, outputs, activation: 'tanh', rng });
  const weights = modelWeights(model);
  setModelWeights(
    model,
    weights.map((values, i) => (i < weights.length - 2 ? values : values.map((value) => value / 100))),
  );
  return model;
}

/** The policy that takes the likeliest action. */
function modePolicy(
  definition: EnvironmentDefinition,
  distribution: ActionDistribution,
  model: tf.LayersModel,
): Policy {
  const { outputs, mode } = distribution;
  return networkPolicy({ definition, model, outputs, decide: mode });
}

const PpoState = Type.Object({
  actor: Weights,
  critic: Weights,
  variables: Type.Array(Float32),
  optimizer: OptimizerData,
  rollout: RolloutState,
  exploration: RandomState,
  shuffling: RandomState,
  updates: Type.Integer({ minimum: 0 }),
  recent: Type.Object({
    updates: Type.Integer({ minimum: 0 }),
    policyLoss: Type.Number(),
    valueLoss: Type.Number(),
    entropy: Type.Number(),
  }),
});
type PpoState = Static<typeof PpoState>;

const NOTHING_RECENT = { updates: 0, policyLoss: 0, valueLoss: 0, entropy: 0 };

/** The arguments of a gradient step on a minibatch. */
type StepInputs = [
  observations: tf.Tensor,
  actions: tf.Tensor,
  logDensities: tf.Tensor,
  advantages: tf.Tensor,
  returns: tf.Tensor,
  clipRange: tf.Tensor,
];

class Ppo implements Learner {
  readonly policy: Policy;
  readonly #config: PpoConfig;
  readonly #distribution: ActionDistribution;
  readonly #features: Features;
  readonly #nextFeatures: Features;
  readonly #actor: tf.LayersModel;
  readonly #critic: tf.LayersModel;
  readonly #optimizer: tf.AdamOptimizer;
  readonly #forward: Compiled<[tf.Tensor], tf.Tensor>;
  readonly #judge: Compiled<[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor[]>;
  readonly #step: Compiled<StepInputs, tf.Tensor[]>;
  readonly #rollout: Rollout;
  readonly #minibatch: Minibatch;
  readonly #left: Schedule;
  /** The network's output and the actions as networks see them, of the present step. */
  readonly #output: Float32Array;
  readonly #actions: Float32Array;
  #exploration: Rng;
  #shuffling: Rng;
  #updates = 0;
  #recent = NOTHING_RECENT;

  constructor(definition: EnvironmentDefinition, config: PpoConfig) {
    const { envCount, rolloutSteps, hiddenUnits, batchSize, learningRate } = config;
    const rng = createRng(config.seed);
    const weights = rng.split('weights');
    const distribution = actionDistribution(definition);
    const { size: observationSize } = definition.observationSpec;
    this.#config = config;
    this.#distribution = distribution;
    [this.#features, this.#nextFeatures] = [definition, definition].map((d) => featuresOf(d.observationSpec)) as [
      Features,
      Features,
    ];
    const inputs = this.#features.size;
    this.#actor = createActor(definition, distribution, config, weights.split('actor'));
    this.#critic = perceptron({
      inputs,
      hidden: hiddenUnits,
      outputs: 1,
      activation: 'tanh',
      rng: weights.split('critic'),
    });
    this.#optimizer = tf.train.adam(learningRate, 0.9, 0.999, 1e-5); // [P6]
    this.policy = modePolicy(definition, distribution, this.#actor);
    this.#rollout = new Rollout({
      rows: envCount,
      steps: rolloutSteps,
      observationSize,
      actionSize: distribution.actionSize,
    });
    const size = envCount * rolloutSteps;
    this.#minibatch = createMinibatch(Math.min(batchSize, size), inputs, distribution.actionSize);
    const { actionSize } = distribution;
    this.#forward = compile((x: tf.Tensor) => this.#actor.apply(x) as tf.Tensor, {
      inputs: [{ shape: [envCount, inputs] }],
    });
    this.#judge = compile((...args) => this.#judgement(...args), {
      inputs: [
        [size, inputs],
        [size, actionSize],
        [size, inputs],
      ].map((shape) => ({ shape })),
    });
    const count = this.#minibatch.size;
    this.#step = compile((...args: StepInputs) => this.#gradientStep(...args), {
      inputs: [[count, inputs], [count, actionSize], [count], [count], [count], [1]].map((shape) => ({ shape })),
    });
    this.#left = config.anneal ? linear(1, 0, config.steps) : () => 1; // [P5]
    this.#output = new Float32Array(envCount * distribution.outputs);
    this.#actions = new Float32Array(envCount * actionSize);
    this.#exploration = rng.split('exploration');
    this.#shuffling = rng.split('shuffling');
  }

  get updates(): number {
    return this.#updates;
  }

  explore(observations: Float32Array, _step: number, actions: ActionArray): void {
    this.#forward.run([this.#features.of(observations, this.#config.envCount)], [this.#output]);
    this.#distribution.sample(this.#output, this.#exploration, this.#actions, actions); // [P7]
  }

  observe(observations: Float32Array, _actions: ActionArray, env: VectorEnv): void {
    this.#rollout.add(observations, this.#actions, env);
  }

  learn(_from: number, to: number): void {
    if (!this.#rollout.isComplete) return;
    this.#learnFromRollout(this.#left(to));
    this.#rollout.clear();
  }

  /** All epochs over the complete rollout. `left` scales step size and clip range. */
  #learnFromRollout(left: number): void {
    const { epochs, clipRange, learningRate } = this.#config;
    const judged = this.#judgeRollout();
    const order = Int32Array.from(judged.returns, (_, i) => i);
    const { size } = this.#minibatch;
    (this.#optimizer as unknown as { learningRate: number }).learningRate = left * learningRate;
    this.#minibatch.clipRange[0] = left * clipRange;
    for (let epoch = 0; epoch < epochs; epoch++) {
      this.#shuffling.shuffle(order);
      for (let first = 0; first + size <= order.length; first += size) {
        this.#update(judged, order.subarray(first, first + size));
      }
    }
  }

  /** Log densities, advantages and returns of the complete rollout. [P2] [P3] */
  #judgeRollout(): Judged {
    const { rows } = this.#rollout.shape;
    const { observations, actions, rewards, terminated, ended, nextObservations } = this.#rollout.columns;
    const size = rewards.length;
    const inputs = this.#features.of(observations, size);
    const nextInputs = this.#nextFeatures.of(nextObservations, size);
    const [logDensities, values, nextValues] = this.#judge.run([inputs, actions, nextInputs]) as Float32Array[];
    const experience = { rows, rewards, values: values!, nextValues: nextValues!, terminated, ended };
    const advantages = generalisedAdvantages(experience, this.#config.gamma, this.#config.lambda);
    const returns = advantages.map((advantage, i) => advantage + values![i]!);
    return { inputs, actions, logDensities: logDensities!, advantages, returns };
  }

  #judgement(observations: tf.Tensor, actions: tf.Tensor, nextObservations: tf.Tensor): tf.Tensor[] {
    const output = this.#actor.apply(observations) as tf.Tensor;
    return [
      this.#distribution.logDensity(output, actions),
      valuesOf(this.#critic, observations),
      valuesOf(this.#critic, nextObservations),
    ];
  }

  #update(judged: Judged, rows: Int32Array): void {
    const batch = this.#minibatch;
    gather(judged, rows, batch);
    normalise(batch.advantages); // [P4]
    const { observations, actions, logDensities, advantages, returns, clipRange, outputs } = batch;
    this.#step.run([observations, actions, logDensities, advantages, returns, clipRange], outputs);
    const [policyLoss, valueLoss, entropy] = outputs;
    const recent = this.#recent;
    this.#updates++;
    this.#recent = {
      updates: recent.updates + 1,
      policyLoss: recent.policyLoss + policyLoss[0]!,
      valueLoss: recent.valueLoss + finiteLoss(valueLoss[0]!, this.#updates),
      entropy: recent.entropy + entropy[0]!,
    };
  }

  /** One gradient step on a minibatch; gives the policy's loss, the critic's and the entropy before it. */
  #gradientStep(...[observations, actions, logDensities, advantages, returns, clipRange]: StepInputs): tf.Tensor[] {
    const { valueWeight, entropyWeight, maxGradientNorm } = this.#config;
    const policyLoss = (): tf.Tensor => {
      const output = this.#actor.apply(observations) as tf.Tensor;
      const ratio = tf.exp(tf.sub(this.#distribution.logDensity(output, actions), logDensities));
      const clipped = tf.minimum(tf.maximum(ratio, tf.sub(1, clipRange)), tf.add(1, clipRange));
      return tf.neg(tf.mean(tf.minimum(tf.mul(ratio, advantages), tf.mul(clipped, advantages))));
    };
    const valueLoss = (): tf.Tensor => tf.mean(tf.square(tf.sub(returns, valuesOf(this.#critic, observations))));
    const entropy = (): tf.Tensor => tf.mean(this.#distribution.entropy(this.#actor.apply(observations) as tf.Tensor));
    const before = [policyLoss(), valueLoss(), entropy()];
    const variables = [...[this.#actor, this.#critic].flatMap(trainableVariables), ...this.#distribution.variables];
    const loss = (): tf.Scalar => {
      const both = tf.add(policyLoss(), tf.mul(valueLoss(), valueWeight));
      return (entropyWeight === 0 ? both : tf.sub(both, tf.mul(entropy(), entropyWeight))) as tf.Scalar;
    };
    clippedStep(this.#optimizer, loss, variables, maxGradientNorm);
    return before;
  }

  report(): Metrics {
    const { updates, policyLoss, valueLoss, entropy } = this.#recent;
    this.#recent = NOTHING_RECENT;
    const means = {
      'loss/policy': policyLoss / updates,
      'loss/value': valueLoss / updates,
      'policy/entropy': entropy / updates,
    };
    return { ...(updates === 0 ? {} : means), 'train/updates': this.#updates };
  }

  state(): PpoState {
    return {
      actor: modelWeights(this.#actor),
      critic: modelWeights(this.#critic),
      variables: this.#distribution.variables.map((variable) => Float32Array.from(variable.dataSync())),
      optimizer: plainOptimizerState(this.#optimizer),
      rollout: this.#rollout.state(),
      exploration: this.#exploration.state(),
      shuffling: this.#shuffling.state(),
      updates: this.#updates,
      recent: this.#recent,
    };
  }

  restore(saved: unknown): void {
    const state = parse(PpoState, saved, { what: 'learner', code: 'CHECKPOINT' });
    setModelWeights(this.#actor, state.actor);
    setModelWeights(this.#critic, state.critic);
    restoreVariables(this.#distribution.variables, state.variables);
    setOptimizerState(this.#optimizer, state.optimizer);
    this.#rollout.restore(state.rollout);
    this.#exploration = restoreRng(state.exploration);
    this.#shuffling = restoreRng(state.shuffling);
    this.#updates = state.updates;
    this.#recent = state.recent;
  }

  dispose(): void {
    for (const compiled of [this.#forward, this.#judge, this.#step]) compiled.dispose();
    this.#critic.dispose();
    this.#optimizer.dispose();
    for (const variable of this.#distribution.variables) variable.dispose();
  }
}

const valuesOf = (critic: tf.LayersModel, observations: tf.Tensor): tf.Tensor =>
  tf.squeeze(critic.apply(observations) as tf.Tensor, [1]);
