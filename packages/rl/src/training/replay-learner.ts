/**
 * What all learners with a replay buffer share: rounds of gradient steps, n-step transitions, uniform or prioritised
 * sampling, averages for reports, and the state of everything. Acting is in explorer.ts. The algorithm itself is a
 * `ReplayAlgorithm`: how to explore, and one gradient step on a batch.
 *
 * Details that change results:
 * [R1] A transition cut off by the time limit bootstraps from its final observation; only termination ends the value.
 * [R2] Gradient steps come in rounds: `updatesPerRound` of them every `trainEvery` environment steps.
 */

import {
  createRng,
  Float32,
  type Metrics,
  parse,
  type Rng,
  restoreRng,
  SkeinError,
  type Static,
  type TSchema,
  Type,
} from '@skein/core';
import { modelWeights, setModelWeights, setOptimizerState, type tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import { type ActorConfig, actorOptions } from '../distributed/options.ts';
import { type ActionMasks, maskSize } from '../env/action-mask.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import type { StepOutcome } from '../env/vector-env.ts';
import type { NetworkConfig } from '../network/factory.ts';
import { OptimizerData, plainOptimizerState, restoreVariables } from '../network/optimizer.ts';
import { RandomState, Weights } from '../plain.ts';
import { NStep, NStepState } from '../replay/n-step.ts';
import { PrioritisedReplay } from '../replay/prioritised.ts';
import { type Batch, createBatch, type Replay, type ReplayShape, UniformReplay } from '../replay/uniform.ts';
import { type Exploration, ExplorationState, Explorer } from './explorer.ts';
import { finiteLoss } from './finite.ts';
import { crossed, type Learner } from './loop.ts';

/** Defaults of `replayOptions` that differ between algorithms. */
export interface ReplayDefaults {
  readonly batchSize: number;
  readonly bufferSize: number;
  readonly learningStarts: number;
  readonly trainEvery: number;
  readonly updatesPerRound: number;
  readonly nSteps?: number;
  readonly prioritised?: boolean;
}

/** The options of learners with a replay buffer. */
export const replayOptions = (defaults: ReplayDefaults) => ({
  envCount: Type.Integer({ default: 1, minimum: 1, description: 'copies of the environment that step together' }),
  gamma: Type.Number({ default: 0.99, minimum: 0, maximum: 1, description: 'discount of the next value' }),
  nSteps: Type.Integer({
    default: defaults.nSteps ?? 1,
    minimum: 1,
    description: 'rewards summed before a value is bootstrapped',
  }),
  batchSize: Type.Integer({ default: defaults.batchSize, minimum: 1, description: 'transitions of one gradient step' }),
  bufferSize: Type.Integer({
    default: defaults.bufferSize,
    minimum: 1,
    description: 'transitions held for replay',
  }),
  learningStarts: Type.Integer({
    default: defaults.learningStarts,
    minimum: 0,
    description: 'steps of random actions before learning',
  }),
  trainEvery: Type.Integer({
    default: defaults.trainEvery,
    minimum: 1,
    description: 'environment steps between rounds of learning',
  }),
  updatesPerRound: Type.Integer({
    default: defaults.updatesPerRound,
    minimum: 1,
    description: 'gradient steps of one round',
  }),
  prioritised: Type.Boolean({
    default: defaults.prioritised ?? false,
    description: 'replay transitions with large errors more often',
  }),
  priorityExponent: Type.Number({
    default: 0.6,
    minimum: 0,
    maximum: 1,
    description: 'for prioritised replay: 0 is uniform, 1 proportional to the error',
  }),
  priorityCorrection: Type.Number({
    default: 0.4,
    minimum: 0,
    maximum: 1,
    description: "for prioritised replay: share of its bias that is corrected at the start; 1 at the run's end",
  }),
  ...actorOptions,
});

/** The values of `replayOptions`, and what else the shared parts read. */
export interface ReplayConfig extends ReplayDefaults, ActorConfig, NetworkConfig {
  readonly seed: number;
  readonly steps: number;
  readonly envCount: number;
  readonly gamma: number;
  readonly nSteps: number;
  readonly prioritised: boolean;
  readonly priorityExponent: number;
  readonly priorityCorrection: number;
}

/** What one gradient step tells. */
export interface UpdateReport {
  readonly valueLoss: number;
  /** Mean predicted value of the batch. */
  readonly value: number;
  /** Left out in steps that do not move the policy on its own. */
  readonly policyLoss?: number;
}

/** An algorithm on replayed transitions. */
export interface ReplayAlgorithm extends Exploration {
  readonly policy: Policy;
  /** Everything that learns, for checkpoints, in a fixed order. */
  readonly networks: readonly tf.LayersModel[];
  readonly optimizers: readonly tf.Optimizer[];
  /** Learned numbers outside of networks. */
  readonly variables?: readonly tf.Variable[];
  /** One gradient step, the `count`-th from 1; writes `batch.errors`. `rng` is the stream of the steps' own noise. */
  update(batch: Batch, count: number, rng: Rng): UpdateReport;
  /** Further metrics. */
  report?(step: number): Metrics;
  dispose(): void;
}

const State = Type.Object({
  networks: Type.Array(Weights),
  optimizers: Type.Array(OptimizerData),
  variables: Type.Array(Float32),
  replay: Type.Unknown(),
  pending: NStepState,
  exploration: ExplorationState,
  streams: Type.Object({ sampling: RandomState, updates: RandomState }),
  updates: Type.Integer({ minimum: 0 }),
  /** Sums since the last report. */
  recent: Type.Object({
    updates: Type.Integer({ minimum: 0 }),
    policyUpdates: Type.Integer({ minimum: 0 }),
    valueLoss: Type.Number(),
    policyLoss: Type.Number(),
    value: Type.Number(),
  }),
}) satisfies TSchema;
type State = Static<typeof State>;

const NOTHING_RECENT = { updates: 0, policyUpdates: 0, valueLoss: 0, policyLoss: 0, value: 0 };

/** A learner for `trainLearner` of an algorithm on replayed transitions. */
export class ReplayLearner implements Learner {
  readonly #config: ReplayConfig;
  readonly #shape: ReplayShape;
  readonly #algorithm: ReplayAlgorithm;
  readonly #replay: Replay;
  readonly #nStep: NStep;
  readonly #explorer: Explorer;
  readonly #batch: Batch;
  #streams: { sampling: Rng; updates: Rng };
  #updates = 0;
  #recent = NOTHING_RECENT;

  constructor(definition: EnvironmentDefinition, config: ReplayConfig, algorithm: ReplayAlgorithm) {
    const rng = createRng(config.seed);
    const shape: ReplayShape = {
      capacity: config.bufferSize,
      observationSize: definition.observationSpec.size,
      actionSize: definition.actionSpec.size,
      maskSize: maskSize(definition),
    };
    this.#config = config;
    this.#shape = shape;
    this.#algorithm = algorithm;
    this.#replay = createReplay(shape, config);
    this.#nStep = new NStep({ ...shape, rows: config.envCount, n: config.nSteps, gamma: config.gamma });
    this.#batch = createBatch(config.batchSize, shape);
    this.#explorer = new Explorer(definition, config, algorithm);
    this.#streams = { sampling: rng.split('replay'), updates: rng.split('updates') };
  }

  get policy(): Policy {
    return this.#algorithm.policy;
  }

  get updates(): number {
    return this.#updates;
  }

  explore(observations: Float32Array, step: number, actions: ActionArray, masks: ActionMasks): void {
    this.#explorer.explore(observations, step, actions, masks);
  }

  observe(observations: Float32Array, actions: ActionArray, step: StepOutcome): void {
    this.#nStep.observe(observations, actions, step, this.#replay); // [R1]
  }

  /** Fills this learner's replay with the steps of `rows` environments that come on their own. */
  feeder(rows: number): Pick<Learner, 'observe'> {
    const { nSteps: n, gamma } = this.#config;
    const nStep = new NStep({ ...this.#shape, rows, n, gamma });
    return { observe: (observations, actions, step) => nStep.observe(observations, actions, step, this.#replay) };
  }

  /** What exploration will draw in every environment, whoever explores there. */
  get exploration(): ExplorationState {
    return this.#explorer.state();
  }

  set exploration(state: ExplorationState) {
    this.#explorer.restore(state);
  }

  /** True if the steps between two counts make gradient steps due. */
  isDue(from: number, to: number): boolean {
    const { learningStarts, trainEvery } = this.#config;
    return to >= learningStarts && crossed(from, to, trainEvery);
  }

  learn(from: number, to: number): void {
    if (!this.isDue(from, to)) return;
    for (let i = 0; i < this.#config.updatesPerRound; i++) this.update(to); // [R2]
  }

  /** Makes one gradient step, after `step` environment steps; none while there is nothing to replay. */
  update(step: number): void {
    if (this.#replay.size === 0) return;
    const progress = Math.min(1, step / this.#config.steps);
    this.#replay.sample(this.#batch, this.#streams.sampling, progress);
    this.#updates++;
    const { valueLoss, value, policyLoss } = this.#algorithm.update(this.#batch, this.#updates, this.#streams.updates);
    this.#replay.learned(this.#batch);
    const { updates, policyUpdates, valueLoss: valueSum, policyLoss: policySum } = this.#recent;
    this.#recent = {
      updates: updates + 1,
      policyUpdates: policyUpdates + (policyLoss === undefined ? 0 : 1),
      valueLoss: valueSum + finiteLoss(valueLoss, this.#updates),
      policyLoss: policySum + (policyLoss ?? 0),
      value,
    };
  }

  report(step: number): Metrics {
    const { updates, policyUpdates, valueLoss, policyLoss, value } = this.#recent;
    this.#recent = NOTHING_RECENT;
    return {
      ...(updates === 0 ? {} : { 'loss/value': valueLoss / updates, 'value/mean': value }),
      ...(policyUpdates === 0 ? {} : { 'loss/policy': policyLoss / policyUpdates }),
      ...this.#algorithm.report?.(step),
      'train/updates': this.#updates,
      'replay/size': this.#replay.size,
    };
  }

  state(): State {
    const { networks, optimizers, variables = [] } = this.#algorithm;
    const { sampling, updates } = this.#streams;
    return {
      networks: networks.map(modelWeights),
      optimizers: optimizers.map(plainOptimizerState),
      variables: variables.map((variable) => Float32Array.from(variable.dataSync())),
      replay: this.#replay.state(),
      pending: this.#nStep.state(),
      exploration: this.#explorer.state(),
      streams: { sampling: sampling.state(), updates: updates.state() },
      updates: this.#updates,
      recent: this.#recent,
    };
  }

  restore(saved: unknown): void {
    const state = parse(State, saved, { what: 'learner', code: 'CHECKPOINT' });
    const { networks, optimizers, variables = [] } = this.#algorithm;
    sameLength('networks', networks.length, state.networks.length);
    sameLength('optimisers', optimizers.length, state.optimizers.length);
    for (const [i, network] of networks.entries()) setModelWeights(network, state.networks[i]!);
    for (const [i, optimizer] of optimizers.entries()) setOptimizerState(optimizer, state.optimizers[i]!);
    restoreVariables(variables, state.variables);
    this.#replay.restore(state.replay);
    this.#nStep.restore(state.pending);
    this.#explorer.restore(state.exploration);
    const { sampling, updates } = state.streams;
    this.#streams = { sampling: restoreRng(sampling), updates: restoreRng(updates) };
    this.#updates = state.updates;
    this.#recent = state.recent;
  }

  dispose(): void {
    this.#algorithm.dispose();
  }
}

function createReplay(shape: ReplayShape, config: ReplayConfig): Replay {
  if (!config.prioritised) return new UniformReplay(shape);
  return new PrioritisedReplay(shape, { exponent: config.priorityExponent, correction: config.priorityCorrection });
}

function sameLength(what: string, expected: number, got: number): void {
  if (expected === got) return;
  throw new SkeinError('CHECKPOINT', `learner: expected ${expected} ${what}, got ${got}`, {
    advice: 'resume with the algorithm and configuration that wrote the checkpoint',
  });
}
