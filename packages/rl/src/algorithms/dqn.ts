/**
 * DQN (Mnih et al., "Human-level control through deep reinforcement learning", Nature 2015), with double DQN (van
 * Hasselt et al., arXiv:1509.06461), dueling networks (Wang et al., arXiv:1511.06581), n-step returns, prioritised
 * replay, noisy networks and distributions of returns as options that compose; Rainbow (rainbow.ts) has them all.
 *
 * Details that change results, marked where they happen; [E1] to [E3] of training/explorer.ts, [R1] and [R2] of
 * training/replay-learner.ts hold as well:
 * [D1] Targets come from a second network that follows the first slowly: every `targetUpdateEvery` gradient steps it
 *      moves by `targetUpdateRate` of the way (1: a copy).
 * [D2] The loss is the squared error, the gradient's norm is bounded. Huber's loss is an option, for rewards clipped to
 *      [-1, 1]: where values are large it pulls the rare terminal targets no harder than the others, and values diverge.
 * [D3] Epsilon, the share of random actions, falls in a line over the run's first part. Noisy networks have none.
 * [D4] With `doubleDqn` the online network chooses the next action and the target network values it.
 * [D5] With `dueling` the network gives a value and advantages, whose mean is taken away; for distributions each atom's
 *      or quantile's.
 * [D6] With `noisy` every gradient step draws one noise for each of the two networks, and every environment its own at
 *      every step. Evaluation has none.
 * [D7] Illegal actions, where the environment tells which they are, are neither taken nor counted in targets.
 */

import { createRng, type Metrics, type Rng } from '@skein/core';
import { type Compiled, compile, tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import { type ActionMasks, bestLegalAction, maskSize, randomLegalAction } from '../env/action-mask.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import { copiedFrom, NetworkFactory } from '../network/factory.ts';
import { clippedStep, trainableVariables } from '../network/gradients.ts';
import { noiseSize, setNoise } from '../network/noisy-dense.ts';
import { actionOutputs, actionValues, greedyPolicy, type QNetwork, qNetwork } from '../network/q-network.ts';
import { type TargetUpdate, targetUpdate } from '../network/target.ts';
import type { Batch } from '../replay/uniform.ts';
import { linear, type Schedule } from '../schedule.ts';
import { completeConfig, trainingEnvironment } from '../training/configure.ts';
import type { ReplayAlgorithm, UpdateReport } from '../training/replay-learner.ts';
import { trainReplay } from '../training/replay-run.ts';
import type { Algorithm } from './algorithm.ts';
import { type DqnConfig, type DqnDefaults, type DqnSchema, dqnSchema, valueHead } from './dqn-options.ts';

export type { DqnConfig } from './dqn-options.ts';

/** An algorithm that is DQN with given defaults. */
export function dqnAlgorithm(name: string, summary: string, defaults: DqnDefaults): Algorithm<DqnSchema> {
  const schema = dqnSchema(defaults);
  return {
    name,
    summary,
    actions: 'discrete',
    config: schema,
    train: async (options = {}, hooks = {}) => {
      const config = completeConfig(name, schema, options, hooks);
      const definition = trainingEnvironment(name, 'discrete', config.env, hooks);
      return trainReplay({ algorithm: name, config, definition, hooks, create });
    },
    replay: create,
    policy: (definition, config) => greedyPolicy(definition, network(definition, config, new NetworkFactory(config))),
  };
}

/** DQN for discrete actions. */
export const dqn = dqnAlgorithm('dqn', 'Q-learning with a network, replay and a target network, for discrete actions', {
  batchSize: 64,
  bufferSize: 50_000,
  learningStarts: 1_000,
  trainEvery: 256,
  updatesPerRound: 128,
  nSteps: 1,
  prioritised: false,
  learningRate: 2.3e-3,
  targetUpdateEvery: 128,
  doubleDqn: true,
  dueling: false,
  noisy: false,
  distribution: 'none',
});

function create(
  definition: EnvironmentDefinition,
  config: DqnConfig,
  networks = new NetworkFactory(config),
): ReplayAlgorithm {
  return new Dqn(definition, config, networks);
}

function network(definition: EnvironmentDefinition, config: DqnConfig, networks: NetworkFactory): QNetwork {
  const rng = createRng(config.seed).split('weights');
  return qNetwork(definition, { ...config, head: valueHead(config), networks, rng });
}

class Dqn implements ReplayAlgorithm {
  readonly policy: Policy;
  readonly networks: readonly tf.LayersModel[];
  readonly optimizers: readonly tf.Optimizer[];
  readonly #config: DqnConfig;
  readonly #online: QNetwork;
  readonly #target: QNetwork;
  readonly #follow: TargetUpdate;
  readonly #step: Compiled<tf.Tensor[], tf.Tensor[]>;
  /** One-hot actions of the batch. */
  readonly #chosen: Float32Array;
  readonly #masked: boolean;
  readonly #noisyValues: NoisyValues | null;
  /** Noise of one gradient step: the online network's, then the target network's. */
  readonly #noise: Float32Array;
  readonly #epsilon: Schedule;
  readonly #loss = new Float32Array(1);
  readonly #value = new Float32Array(1);

  constructor(definition: EnvironmentDefinition, config: DqnConfig, networks: NetworkFactory) {
    const optimizer = tf.train.adam(config.learningRate);
    this.#config = config;
    this.#online = network(definition, config, networks);
    this.#target = network(definition, config, networks);
    copiedFrom(this.#online.model, this.#target.model);
    this.#masked = maskSize(definition) > 0;
    this.#follow = targetUpdate(this.#online.model, this.#target.model, config.targetUpdateRate);
    this.#step = compileStep(this.#online, this.#target, optimizer, config, this.#masked);
    this.#chosen = new Float32Array(config.batchSize * this.#online.actions);
    this.#noise = new Float32Array(2 * noiseSize(this.#online.model));
    this.#noisyValues = this.#noise.length === 0 ? null : new NoisyValues(this.#online, config.envCount);
    this.#epsilon = linear(config.epsilonStart, config.epsilonEnd, config.explorationFraction * config.steps); // [D3]
    this.policy = greedyPolicy(definition, this.#online);
    this.networks = [this.#online.model, this.#target.model];
    this.optimizers = [optimizer];
  }

  explore(
    observations: Float32Array,
    step: number,
    actions: ActionArray,
    rngs: readonly Rng[],
    masks: ActionMasks = null,
  ): void {
    if (this.#noisyValues !== null) this.#noisyValues.act(observations, actions, rngs, masks);
    else this.#epsilonGreedy(observations, this.#epsilon(step), actions, rngs, masks);
  }

  #epsilonGreedy(
    observations: Float32Array,
    epsilon: number,
    actions: ActionArray,
    rngs: readonly Rng[],
    masks: ActionMasks,
  ): void {
    const { actions: n, firstAction } = this.#online;
    let greedy = false;
    for (let row = 0; row < actions.length; row++) {
      const random = rngs[row]!.bernoulli(epsilon);
      actions[row] = random ? firstAction + randomLegalAction(masks, n, row, rngs[row]!) : firstAction - 1;
      greedy ||= !random;
    }
    if (!greedy) return;
    const best = this.policy.act(observations, actions.length, masks);
    for (let row = 0; row < actions.length; row++) if (actions[row]! < firstAction) actions[row] = best[row]!;
  }

  update(batch: Batch, count: number, rng: Rng): UpdateReport {
    const { features, actions, firstAction } = this.#online;
    this.#chosen.fill(0);
    for (let i = 0; i < batch.size; i++) this.#chosen[i * actions + batch.actions[i]! - firstAction] = 1;
    const inputs = [
      features.of(batch.observations, batch.size),
      this.#chosen,
      batch.rewards,
      batch.discounts,
      this.#target.features.of(batch.nextObservations, batch.size),
      batch.weights,
      ...(this.#masked ? [batch.nextMasks] : []),
      ...(this.#noise.length > 0 ? [rng.fillNormal(this.#noise)] : []),
    ];
    this.#step.run(inputs, [this.#loss, this.#value, batch.errors]);
    if (count % this.#config.targetUpdateEvery === 0) this.#follow.update(); // [D1]
    return { valueLoss: this.#loss[0]!, value: this.#value[0]! };
  }

  report(step: number): Metrics {
    if (this.#noisyValues !== null) return {};
    return { 'explore/epsilon': step < this.#config.learningStarts ? 1 : this.#epsilon(step) };
  }

  dispose(): void {
    this.#step.dispose();
    this.#follow.dispose();
    this.#noisyValues?.dispose();
    this.#target.model.dispose();
    for (const optimizer of this.optimizers) optimizer.dispose();
  }
}

/** How an agent with a noisy network explores: greedily, with noise of its own in every row. [D6] */
class NoisyValues {
  readonly #network: QNetwork;
  readonly #values: Compiled<[tf.Tensor, tf.Tensor], tf.Tensor>;
  readonly #noise: Float32Array;
  readonly #out: Float32Array;

  constructor(network: QNetwork, rows: number) {
    const size = noiseSize(network.model);
    this.#network = network;
    this.#noise = new Float32Array(rows * size);
    this.#out = new Float32Array(rows * network.actions);
    const values = (inputs: tf.Tensor, noise: tf.Tensor): tf.Tensor => {
      setNoise(network.model, noise);
      return actionValues(network, inputs, true);
    };
    this.#values = compile(values, { inputs: [{ shape: [rows, network.features.size] }, { shape: [rows, size] }] });
  }

  act(observations: Float32Array, actions: ActionArray, rngs: readonly Rng[], masks: ActionMasks): void {
    const { features, actions: n, firstAction } = this.#network;
    const size = this.#noise.length / rngs.length;
    for (const [row, rng] of rngs.entries()) rng.fillNormal(this.#noise.subarray(row * size, (row + 1) * size));
    this.#values.run([features.of(observations, rngs.length), this.#noise], [this.#out]);
    for (let row = 0; row < actions.length; row++)
      actions[row] = firstAction + bestLegalAction(this.#out, row, n, masks);
  }

  dispose(): void {
    this.#values.dispose();
  }
}

/** One gradient step: minibatch in; loss, mean value of the chosen actions and errors out. */
function compileStep(
  online: QNetwork,
  target: QNetwork,
  optimizer: tf.Optimizer,
  config: DqnConfig,
  masked: boolean,
): Compiled<tf.Tensor[], tf.Tensor[]> {
  const { batchSize: rows, doubleDqn, maxGradientNorm } = config;
  const { actions, features, head } = online;
  const variables = trainableVariables(online.model);
  const noise = noiseSize(online.model);
  /** Of outputs `[rows, actions, width]`, those of one action a row, `[rows, width]`. */
  const pick = (outputs: tf.Tensor, oneHot: tf.Tensor) => tf.sum(tf.mul(outputs, tf.expandDims(oneHot, 2)), 1);
  const step = (...inputs: tf.Tensor[]): tf.Tensor[] => {
    const [observations, chosen, rewards, discounts, nextObservations, weights, ...rest] = inputs as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      ...tf.Tensor[],
    ];
    const legal = masked ? rest[0]! : null;
    if (noise > 0) {
      setNoise(online.model, tf.slice(rest.at(-1)!, [0, 0], [1, noise])); // [D6]
      setNoise(target.model, tf.slice(rest.at(-1)!, [0, noise], [1, noise]));
    }
    const next = actionOutputs(target, nextObservations, true);
    const judged = doubleDqn ? actionValues(online, nextObservations, true) : head.means(next); // [D4]
    const allowed = legal === null ? judged : tf.where(legal, judged, tf.fill([rows, actions], -1e30)); // [D7]
    const best = tf.oneHot(tf.argMax(allowed, 1), actions);
    const targets = head.targets(pick(next, best), rewards, discounts);
    const predicted = () => pick(actionOutputs(online, observations, true), chosen);
    const before = predicted();
    const loss = () => tf.mean(tf.mul(weights, head.losses(predicted(), targets))) as tf.Scalar; // [D2]
    const errors = head.errors(before, targets);
    return [clippedStep(optimizer, loss, [variables], maxGradientNorm), tf.mean(head.means(before)), errors];
  };
  const shapes = [[rows, features.size], [rows, actions], [rows], [rows], [rows, features.size], [rows]];
  return compile(step, {
    inputs: [
      ...shapes.map((shape) => ({ shape })),
      ...(masked ? [{ shape: [rows, actions], dtype: 'bool' as const }] : []),
      ...(noise > 0 ? [{ shape: [1, 2 * noise] }] : []),
    ],
  });
}
