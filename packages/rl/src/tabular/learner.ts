/**
 * What the tabular methods share: how they explore, number states, save themselves and become agents. A method is one
 * function, `learn`, that takes one step of experience; see q-learning.ts for the shortest.
 */

import {
  createRng,
  Int32,
  type Metrics,
  parse,
  type Rng,
  restoreRng,
  type Static,
  type TObject,
  Type,
} from '@skein/core';
import type { Policy } from '../agent/policy.ts';
import type { Algorithm } from '../algorithms/algorithm.ts';
import { type ActionMasks, maskOfRow, maskSize } from '../env/action-mask.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import type { VectorEnv } from '../env/vector-env.ts';
import { RandomState } from '../plain.ts';
import { completeConfig, trainingEnvironment } from '../training/configure.ts';
import { type Learner, trainLearner } from '../training/loop.ts';
import { ActionValues, ActionValuesState } from './action-values.ts';
import type { Exploration } from './exploration.ts';
import { exploration, type LearningRate, learningRate, type TabularConfig } from './options.ts';
import { tabularPolicy } from './policy.ts';
import { type StateIndex, stateIndex } from './states.ts';

/** One step of experience. */
export interface TabularStep {
  /** Which copy of the environment it comes from. */
  readonly row: number;
  readonly state: number;
  readonly action: number;
  readonly reward: number;
  /** What the next value counts: gamma, or 0 if the episode terminated. */
  readonly discount: number;
  readonly next: number;
  /** True if the episode ended, by termination or by its time limit. */
  readonly ended: boolean;
}

/** What a method works with. */
export interface TabularTools<C = TabularConfig> {
  readonly config: C;
  readonly states: number;
  readonly actions: number;
  /** Copies of the environment. */
  readonly rows: number;
  /** The table that the agent acts on. */
  readonly q: ActionValues;
  /** Random numbers of the method's own. */
  random(): Rng;
  /** Moves a value of a table toward a target at the present learning rate. */
  update(q: ActionValues, state: number, action: number, target: number): void;
  /** The action that exploration takes in `state`. If the row's episode goes on, it will be the next one taken. */
  choose(row: number, state: number): number;
  /** The probabilities with which exploration acts in `state`; the array is reused. */
  behaviour(state: number): Float64Array;
}

/** A method's own part. */
export interface TabularMethod {
  learn(step: TabularStep): void;
  /** What it remembers besides `tools.q`, as plain data. */
  save?(): unknown;
  load?(saved: unknown): void;
}

/** What `tabularAlgorithm` takes. */
export interface TabularAlgorithmOptions<C extends TObject> {
  readonly name: string;
  readonly summary: string;
  /** `tabularOptions` and perhaps more. */
  readonly config: C;
  create(tools: TabularTools<Static<C> & TabularConfig>): TabularMethod;
}

type CreateMethod = (tools: TabularTools) => TabularMethod;

/** An algorithm of a method: trained, evaluated, saved and resumed like all others. */
export function tabularAlgorithm<C extends TObject>(options: TabularAlgorithmOptions<C>): Algorithm<C> {
  const { name, summary, config: schema } = options;
  return {
    name,
    summary,
    actions: 'discrete',
    config: schema,
    train: async (given = {}, hooks = {}) => {
      const config = completeConfig(name, schema, given, hooks) as unknown as TabularConfig;
      const definition = trainingEnvironment(name, 'discrete', config.env, hooks);
      // The configuration was checked against the method's own schema.
      const learner = new TabularLearner(definition, config, options.create as unknown as CreateMethod);
      return trainLearner({ algorithm: name, config: { ...config }, definition, learner, hooks });
    },
    policy: (definition) => {
      const index = stateIndex(definition);
      return tabularPolicy(new ActionValues(index.states, actionsOf(definition).n), index, actionsOf(definition).start);
    },
  };
}

const actionsOf = ({ actionSpec }: EnvironmentDefinition) => actionSpec as typeof actionSpec & { kind: 'discrete' };

const TabularState = Type.Object({
  q: ActionValuesState,
  /** Actions that were chosen ahead; -1 for none. */
  ahead: Int32,
  exploration: RandomState,
  random: RandomState,
  updates: Type.Integer({ minimum: 0 }),
  recent: Type.Object({ error: Type.Number(), updates: Type.Integer({ minimum: 0 }) }),
  method: Type.Unknown(),
});

class TabularLearner implements Learner {
  readonly policy: Policy;
  readonly #index: StateIndex;
  readonly #firstAction: number;
  readonly #q: ActionValues;
  readonly #method: TabularMethod;
  readonly #gamma: number;
  readonly #explorationRule: Exploration;
  readonly #rate: LearningRate;
  readonly #ahead: Int32Array;
  readonly #probabilities: Float64Array;
  #exploration: Rng;
  #random: Rng;
  #step = 0;
  #updates = 0;
  #recent = { error: 0, updates: 0 };

  constructor(definition: EnvironmentDefinition, config: TabularConfig, create: CreateMethod) {
    const rng = createRng(config.seed);
    const { n: actions, start } = actionsOf(definition);
    const index = stateIndex(definition);
    this.#index = index;
    this.#firstAction = start;
    const legal = maskSize(definition) === 0 ? null : new Uint8Array(index.states * actions).fill(1);
    this.#q = new ActionValues(index.states, actions, config.initialValue, legal);
    this.policy = tabularPolicy(this.#q, index, start);
    this.#gamma = config.gamma;
    this.#explorationRule = exploration(config);
    this.#rate = learningRate(config);
    this.#ahead = new Int32Array(config.envCount).fill(-1);
    this.#probabilities = new Float64Array(actions);
    this.#exploration = rng.split('exploration');
    this.#random = rng.split('method');
    this.#method = create({
      config,
      states: index.states,
      actions,
      rows: config.envCount,
      q: this.#q,
      random: () => this.#random,
      update: (q, state, action, target) => this.#update(q, state, action, target),
      choose: (row, state) => {
        this.#ahead[row] = this.#draw(state);
        return this.#ahead[row];
      },
      behaviour: (state) => this.#behaviour(state),
    });
  }

  get updates(): number {
    return this.#updates;
  }

  explore(observations: Float32Array, step: number, actions: ActionArray, masks: ActionMasks): void {
    this.#step = step;
    for (let row = 0; row < actions.length; row++) {
      this.#learnMask(observations, row, masks);
      const ahead = this.#ahead[row]!;
      this.#ahead[row] = -1;
      actions[row] = this.#firstAction + (ahead >= 0 ? ahead : this.#draw(this.#index.of(observations, row)));
    }
  }

  observe(observations: Float32Array, actions: ActionArray, env: VectorEnv): void {
    for (let row = 0; row < env.count; row++) {
      const terminated = env.terminated[row] === 1;
      const ended = terminated || env.truncated[row] === 1;
      const [next, nextMasks] = ended
        ? [env.finalObservations, env.finalActionMasks]
        : [env.observations, env.actionMasks];
      this.#learnMask(next, row, nextMasks);
      this.#method.learn({
        row,
        state: this.#index.of(observations, row),
        action: actions[row]! - this.#firstAction,
        reward: env.rewards[row]!,
        discount: terminated ? 0 : this.#gamma,
        next: this.#index.of(next, row),
        ended,
      });
      if (ended) this.#ahead[row] = -1;
    }
  }

  /** Remembers which actions are legal in the state of a row, unless none is: there is no next action then. */
  #learnMask(observations: Float32Array, row: number, masks: ActionMasks): void {
    if (masks === null) return;
    const mask = maskOfRow(masks, this.#q.actions, row);
    if (mask.includes(1)) this.#q.legal!.set(mask, this.#index.of(observations, row) * this.#q.actions);
  }

  /** Tabular methods learn from every step at once, in `observe`. */
  learn(): void {}

  report(): Metrics {
    const { error, updates } = this.#recent;
    this.#recent = { error: 0, updates: 0 };
    return { ...(updates === 0 ? {} : { 'loss/value': error / updates }), 'train/updates': this.#updates };
  }

  state(): Static<typeof TabularState> {
    return {
      q: this.#q.state(),
      ahead: this.#ahead.slice(),
      exploration: this.#exploration.state(),
      random: this.#random.state(),
      updates: this.#updates,
      recent: { ...this.#recent },
      method: this.#method.save?.() ?? null,
    };
  }

  restore(saved: unknown): void {
    const state = parse(TabularState, saved, { what: 'tabular checkpoint', code: 'CHECKPOINT' });
    this.#q.restore(state.q);
    this.#ahead.set(state.ahead);
    this.#exploration = restoreRng(state.exploration);
    this.#random = restoreRng(state.random);
    this.#updates = state.updates;
    this.#recent = { ...state.recent };
    this.#method.load?.(state.method);
  }

  dispose(): void {}

  #update(q: ActionValues, state: number, action: number, target: number): void {
    const error = q.moveToward(state, action, target, (updates) => this.#rate(this.#step, updates));
    this.#updates++;
    this.#recent.error += Math.abs(error);
    this.#recent.updates++;
  }

  #behaviour(state: number): Float64Array {
    this.#explorationRule(this.#q, state, this.#step, this.#probabilities);
    return this.#probabilities;
  }

  #draw(state: number): number {
    const probabilities = this.#behaviour(state);
    const u = this.#exploration.uniform();
    let cumulative = 0;
    for (let a = 0; a < probabilities.length; a++) {
      cumulative += probabilities[a]!;
      if (u < cumulative) return a;
    }
    return probabilities.length - 1;
  }
}
