/**
 * What REINFORCE, A2C and PPO share: an actor and perhaps a critic, a rollout that is judged when it is complete, and
 * gradient steps on it. The algorithm itself is a `PolicyGradient`: what it maximises, and how often it looks at a rollout.
 *
 * Details that change results (most after Huang et al., "The 37 implementation details of PPO"):
 * [G1] Actor and critic are networks of their own, with tanh; the actor's last layer starts near zero.
 * [G2] Values and log densities of a rollout are computed once, when it is complete, with the weights that acted.
 * [G3] An episode cut off by the time limit bootstraps from its final observation; only termination ends the value.
 * [G4] The gradient's norm is bounded for actor and critic each: where returns are large, a common bound would leave the
 *      actor nothing.
 * [G5] Step size and clip range fall in a line to 0 over the run (`anneal`).
 * [G6] Continuous actions are normal with one learned deviation a dimension; what is sampled beyond the bounds is clipped
 *      for the environment only. A mean that has wandered beyond them (`boundedMeans` prevents it) explores no more: all
 *      that it draws is the same action.
 * [G7] Illegal actions, where the environment tells which they are, have no probability.
 */

import { createRng, Float32, type Metrics, parse, type Rng, restoreRng, type Static, Type } from '@skein/core';
import {
  type Compiled,
  compile,
  modelWeights,
  setLearningRate,
  setModelWeights,
  setOptimizerState,
  type tf,
} from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import { type ActionMasks, maskSize } from '../env/action-mask.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import type { StepOutcome } from '../env/vector-env.ts';
import { type ActionDistribution, actionDistribution } from '../network/distribution.ts';
import { applyNetwork, type NetworkConfig, NetworkFactory, networkRequest } from '../network/factory.ts';
import type { Features } from '../network/features.ts';
import { clippedStep, trainableVariables } from '../network/gradients.ts';
import { networkPolicy } from '../network/network-policy.ts';
import { OptimizerData, plainOptimizerState, restoreVariables } from '../network/optimizer.ts';
import { perceptron } from '../network/perceptron.ts';
import { RandomState, Weights } from '../plain.ts';
import { Rollout, RolloutState } from '../replay/rollout.ts';
import { generalisedAdvantages } from '../returns.ts';
import { linear, type Schedule } from '../schedule.ts';
import { finiteLoss } from './finite.ts';
import { type Learner, trainLearner } from './loop.ts';
import { createMinibatch, gather, type Judged, type Minibatch, normalise } from './minibatch.ts';
import type { OnPolicyConfig } from './on-policy-options.ts';
import { type Objective, policyGradientLosses, valuesOf } from './policy-gradient.ts';
import type { TrainHooks, TrainResult } from './run.ts';

/** What tells one policy gradient method from another. */
export interface PolicyGradient {
  readonly optimizer: tf.Optimizer;
  /** Steps of every environment that are learned from at once, or whole episodes instead. */
  readonly rolloutSteps: number;
  readonly rolloutEpisodes?: number;
  /** Steps of one minibatch; the whole rollout if left out. */
  readonly batchSize?: number;
  /** Times that every rollout is learned from. */
  readonly epochs: number;
  /** Weight of long over short returns in advantages. */
  readonly lambda: number;
  /** Whether advantages of a minibatch get mean 0 and standard deviation 1. */
  readonly normalise: boolean;
  /** False if nothing is taken from returns: there is no critic then. */
  readonly critic: boolean;
  /** Change of probability that still counts; it falls with the step size. */
  readonly clipRange: number;
  readonly objective: Objective;
}

/** What a run on fresh experience is made of. */
export interface OnPolicyRun<C extends OnPolicyConfig> {
  readonly algorithm: string;
  readonly config: C;
  readonly definition: EnvironmentDefinition;
  readonly hooks: TrainHooks;
  readonly gradient: PolicyGradient;
}

/** Trains to the end, the goal or the signal. */
export async function trainOnPolicy<C extends OnPolicyConfig>(run: OnPolicyRun<C>): Promise<TrainResult> {
  const { algorithm, definition, hooks, gradient } = run;
  const networks = new NetworkFactory(run.config, hooks.networks);
  const learner = new OnPolicyLearner(definition, run.config, gradient, networks);
  const config = { ...run.config, ...networks.options() } as C & Readonly<Record<string, unknown>>;
  return trainLearner({ algorithm, config, definition, learner, hooks });
}

/** The policy of an actor with given weights to come: how a saved agent is rebuilt. */
export function onPolicyPolicy(
  definition: EnvironmentDefinition,
  config: Pick<OnPolicyConfig, 'hiddenUnits' | 'seed' | 'boundedMeans'> & NetworkConfig,
): Policy {
  const distribution = actionDistribution(definition, config);
  const networks = new NetworkFactory(config);
  const model = createActor(definition, distribution, config, networks, createRng(config.seed));
  return modePolicy(definition, distribution, networks, model);
}

/** The actor; its last kernel is made small, so that all actions start about equally likely. [G1] */
function createActor(
  definition: EnvironmentDefinition,
  { outputs }: ActionDistribution,
  { hiddenUnits: hidden }: Pick<OnPolicyConfig, 'hiddenUnits'>,
  networks: NetworkFactory,
  rng: Rng,
): tf.LayersModel {
  const inputs = networks.features(definition.observationSpec).size;
  const request = { role: 'actor', observationSize: inputs, actionSize: 0, outputs, rng };
  return networks.make(networkRequest(definition, request), () => {
    const model = perceptron({ inputs, hidden, outputs, activation: 'tanh', rng });
    const weights = modelWeights(model);
    const small = weights.map((values, i) => (i < weights.length - 2 ? values : values.map((value) => value / 100)));
    setModelWeights(model, small);
    return model;
  });
}

function createCritic(
  definition: EnvironmentDefinition,
  { hiddenUnits: hidden }: Pick<OnPolicyConfig, 'hiddenUnits'>,
  networks: NetworkFactory,
  rng: Rng,
): tf.LayersModel {
  const inputs = networks.features(definition.observationSpec).size;
  const request = { role: 'value', observationSize: inputs, actionSize: 0, outputs: 1, rng };
  return networks.make(networkRequest(definition, request), () =>
    perceptron({ inputs, hidden, outputs: 1, activation: 'tanh', rng }),
  );
}

/** The policy that takes the likeliest action. */
function modePolicy(
  definition: EnvironmentDefinition,
  { outputs, mode }: ActionDistribution,
  networks: NetworkFactory,
  model: tf.LayersModel,
): Policy {
  const features = networks.features(definition.observationSpec);
  return networkPolicy({ definition, model, features, outputs, decide: mode });
}

const OnPolicyState = Type.Object({
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
type OnPolicyState = Static<typeof OnPolicyState>;

const NOTHING_RECENT = { updates: 0, policyLoss: 0, valueLoss: 0, entropy: 0 };

/** A learner for `trainLearner` of a policy gradient method. */
export class OnPolicyLearner implements Learner {
  readonly policy: Policy;
  readonly #config: OnPolicyConfig;
  readonly #rows: number;
  readonly #gradient: PolicyGradient;
  readonly #distribution: ActionDistribution;
  readonly #features: Features;
  readonly #nextFeatures: Features;
  readonly #actor: tf.LayersModel;
  readonly #critic: tf.LayersModel | null;
  readonly #forward: Compiled<[tf.Tensor], tf.Tensor>;
  readonly #judge: Compiled<tf.Tensor[], tf.Tensor[]>;
  readonly #step: Compiled<tf.Tensor[], tf.Tensor[]>;
  readonly #rollout: Rollout;
  readonly #minibatches = new Map<number, Minibatch>();
  readonly #masks: number;
  readonly #left: Schedule;
  /** The network's output and the actions as networks see them, of the present step, and its masks. */
  readonly #output: Float32Array;
  readonly #actions: Float32Array;
  readonly #legal: Uint8Array;
  #exploration: Rng;
  #shuffling: Rng;
  #updates = 0;
  #recent = NOTHING_RECENT;

  constructor(
    definition: EnvironmentDefinition,
    config: OnPolicyConfig,
    gradient: PolicyGradient,
    networks: NetworkFactory,
  ) {
    const rng = createRng(config.seed);
    const weights = rng.split('weights');
    const distribution = actionDistribution(definition, config);
    const { observationSpec } = definition;
    const { envCount: rows = 1 } = config;
    this.#config = config;
    this.#rows = rows;
    this.#gradient = gradient;
    this.#distribution = distribution;
    this.#features = networks.features(observationSpec);
    this.#nextFeatures = networks.features(observationSpec);
    this.#masks = maskSize(definition);
    this.#actor = createActor(definition, distribution, config, networks, weights.split('actor'));
    this.#critic = gradient.critic ? createCritic(definition, config, networks, weights.split('critic')) : null;
    this.policy = modePolicy(definition, distribution, networks, this.#actor);
    this.#rollout = new Rollout({
      rows,
      steps: gradient.rolloutSteps,
      ...(gradient.rolloutEpisodes === undefined ? {} : { episodes: gradient.rolloutEpisodes }),
      observationSize: observationSpec.size,
      actionSize: distribution.actionSize,
      maskSize: this.#masks,
    });
    this.#forward = compile((x: tf.Tensor) => applyNetwork(this.#actor, x), {
      inputs: [{ shape: [rows, this.#features.size] }],
    });
    this.#judge = compile((...args: tf.Tensor[]) => this.#judgement(args));
    this.#step = compile((...args: tf.Tensor[]) => this.#gradientStep(args));
    this.#left = config.anneal ? linear(1, 0, config.steps) : () => 1; // [G5]
    this.#output = new Float32Array(rows * distribution.outputs);
    this.#actions = new Float32Array(rows * distribution.actionSize);
    this.#legal = new Uint8Array(rows * this.#masks);
    this.#exploration = rng.split('exploration');
    this.#shuffling = rng.split('shuffling');
  }

  get updates(): number {
    return this.#updates;
  }

  explore(observations: Float32Array, _step: number, actions: ActionArray, masks: ActionMasks): void {
    this.#forward.run([this.#features.of(observations, this.#rows)], [this.#output]);
    this.#distribution.sample(this.#output, this.#exploration, this.#actions, actions, masks); // [G6] [G7]
    if (masks !== null) this.#legal.set(masks);
  }

  observe(observations: Float32Array, _actions: ActionArray, env: StepOutcome): void {
    this.#rollout.add(observations, this.#actions, env, this.#legal);
  }

  learn(_from: number, to: number): void {
    if (!this.#rollout.isComplete) return;
    this.#learnFromRollout(this.#left(to));
    this.#rollout.clear();
  }

  /** All epochs over the complete rollout. `left` scales step size and clip range. */
  #learnFromRollout(left: number): void {
    const { epochs, clipRange, batchSize } = this.#gradient;
    const judged = this.#judgeRollout();
    const count = judged.returns.length;
    const size = Math.min(batchSize ?? count, count);
    const minibatch = this.#minibatchFor(size);
    const order = Int32Array.from(judged.returns, (_, i) => i);
    setLearningRate(this.#gradient.optimizer, left * this.#config.learningRate);
    minibatch.clipRange[0] = left * clipRange;
    for (let epoch = 0; epoch < epochs; epoch++) {
      if (size < count || epochs > 1) this.#shuffling.shuffle(order);
      for (let first = 0; first + size <= count; first += size) {
        this.#update(judged, order.subarray(first, first + size), minibatch);
      }
    }
  }

  /** A minibatch with room for `size` rows. Whole episodes have any length: theirs are powers of two, so that plans are few. */
  #minibatchFor(size: number): Minibatch {
    const room = this.#roomFor(size);
    let found = this.#minibatches.get(room);
    if (found === undefined) {
      const { actionSize } = this.#distribution;
      found = createMinibatch(room, this.#features.size, actionSize, this.#masks);
      this.#minibatches.set(room, found);
      const shapes = [[room, this.#features.size], [room, actionSize], [room], [room], [room], [room], [1]];
      this.#step.prepare(...shapes.map((shape) => ({ shape })), ...this.#maskInput(room));
    }
    return found;
  }

  #roomFor(size: number): number {
    return this.#gradient.rolloutEpisodes === undefined ? size : 2 ** Math.ceil(Math.log2(Math.max(size, 64)));
  }

  #maskInput(rows: number) {
    return this.#masks === 0 ? [] : [{ shape: [rows, this.#masks], dtype: 'bool' as const }];
  }

  /** Log densities, advantages and returns of the complete rollout. [G2] [G3] */
  #judgeRollout(): Judged {
    const { rows } = this.#rollout.shape;
    const { observations, actions, masks, rewards, terminated, ended, nextObservations } = this.#rollout.columns;
    const size = rewards.length;
    const inputs = this.#features.of(observations, size);
    const nextInputs = this.#nextFeatures.of(nextObservations, size);
    const { logDensities, values, nextValues } = this.#judgements(inputs, actions, nextInputs, masks, size);
    const experience = { rows, rewards, values, nextValues, terminated, ended };
    const advantages = generalisedAdvantages(experience, this.#config.gamma, this.#gradient.lambda);
    const returns = advantages.map((advantage, i) => advantage + values[i]!);
    return { inputs, actions, masks, logDensities, advantages, returns };
  }

  #judgements(
    inputs: Float32Array,
    actions: Float32Array,
    nextInputs: Float32Array,
    masks: Uint8Array,
    size: number,
  ): { logDensities: Float32Array; values: Float32Array; nextValues: Float32Array } {
    const room = this.#roomFor(size);
    const padded = <A extends Float32Array | Uint8Array>(array: A): A => {
      if (room === size) return array;
      const out = new (array.constructor as new (length: number) => A)((array.length / size) * room);
      out.set(array);
      return out;
    };
    const { size: width } = this.#features;
    const shapes = [
      [room, width],
      [room, this.#distribution.actionSize],
      [room, width],
    ];
    this.#judge.prepare(...shapes.map((shape) => ({ shape })), ...this.#maskInput(room));
    const given = [inputs, actions, nextInputs, ...(this.#masks === 0 ? [] : [masks])];
    const [logDensities, values, nextValues] = this.#judge.run(given.map(padded)) as Float32Array[];
    const none = new Float32Array(size);
    return {
      logDensities: logDensities!.subarray(0, size),
      values: values?.subarray(0, size) ?? none,
      nextValues: nextValues?.subarray(0, size) ?? none,
    };
  }

  #judgement([observations, actions, nextObservations, legal]: tf.Tensor[]): tf.Tensor[] {
    const logDensity = this.#distribution.logDensity(applyNetwork(this.#actor, observations!), actions!, legal);
    if (this.#critic === null) return [logDensity];
    return [logDensity, valuesOf(this.#critic, observations!), valuesOf(this.#critic, nextObservations!)];
  }

  #update(judged: Judged, rows: Int32Array, batch: Minibatch): void {
    gather(judged, rows, batch);
    if (this.#gradient.normalise) normalise(batch.advantages.subarray(0, rows.length));
    const { observations, actions, logDensities, advantages, returns, weights, clipRange, masks, outputs } = batch;
    const inputs = [observations, actions, logDensities, advantages, returns, weights, clipRange];
    this.#step.run(this.#masks === 0 ? inputs : [...inputs, masks], outputs);
    const [policyLoss, valueLoss, entropy] = outputs;
    const recent = this.#recent;
    this.#updates++;
    finiteLoss(policyLoss[0]!, this.#updates);
    this.#recent = {
      updates: recent.updates + 1,
      policyLoss: recent.policyLoss + policyLoss[0]!,
      valueLoss: recent.valueLoss + finiteLoss(valueLoss[0]!, this.#updates),
      entropy: recent.entropy + entropy[0]!,
    };
  }

  /** One gradient step on a minibatch; gives the policy's loss, the critic's and the entropy before it. */
  #gradientStep(inputs: tf.Tensor[]): tf.Tensor[] {
    const [observations, actions, logDensities, advantages, returns, weights, clipRange, legal] = inputs as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor | undefined,
    ];
    const batch = { observations, actions, logDensities, advantages, returns, weights, clipRange, legal };
    const networks = { actor: this.#actor, critic: this.#critic, distribution: this.#distribution };
    const { optimizer, objective } = this.#gradient;
    const { total, parts } = policyGradientLosses(networks, objective, this.#config, batch);
    const before = parts();
    const groups = [
      [...trainableVariables(this.#actor), ...this.#distribution.variables],
      ...(this.#critic === null ? [] : [trainableVariables(this.#critic)]),
    ];
    clippedStep(optimizer, total, groups, this.#config.maxGradientNorm); // [G4]
    return before;
  }

  report(): Metrics {
    const { updates, policyLoss, valueLoss, entropy } = this.#recent;
    this.#recent = NOTHING_RECENT;
    const means = {
      'loss/policy': policyLoss / updates,
      ...(this.#critic === null ? {} : { 'loss/value': valueLoss / updates }),
      'policy/entropy': entropy / updates,
    };
    return { ...(updates === 0 ? {} : means), 'train/updates': this.#updates };
  }

  state(): OnPolicyState {
    return {
      actor: modelWeights(this.#actor),
      critic: this.#critic === null ? [] : modelWeights(this.#critic),
      variables: this.#distribution.variables.map((variable) => Float32Array.from(variable.dataSync())),
      optimizer: plainOptimizerState(this.#gradient.optimizer),
      rollout: this.#rollout.state(),
      exploration: this.#exploration.state(),
      shuffling: this.#shuffling.state(),
      updates: this.#updates,
      recent: this.#recent,
    };
  }

  restore(saved: unknown): void {
    const state = parse(OnPolicyState, saved, { what: 'learner', code: 'CHECKPOINT' });
    setModelWeights(this.#actor, state.actor);
    if (this.#critic !== null) setModelWeights(this.#critic, state.critic);
    restoreVariables(this.#distribution.variables, state.variables);
    setOptimizerState(this.#gradient.optimizer, state.optimizer);
    this.#rollout.restore(state.rollout);
    this.#exploration = restoreRng(state.exploration);
    this.#shuffling = restoreRng(state.shuffling);
    this.#updates = state.updates;
    this.#recent = state.recent;
  }

  dispose(): void {
    for (const compiled of [this.#forward, this.#judge, this.#step]) compiled.dispose();
    this.#critic?.dispose();
    this.#gradient.optimizer.dispose();
    for (const variable of this.#distribution.variables) variable.dispose();
  }
}
