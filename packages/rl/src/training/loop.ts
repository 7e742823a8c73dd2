/**
 * The training loop of all algorithms. One turn: step the environments, hand what happened to the learner, which learns
 * when it is due, and report, evaluate and save where a boundary was crossed. Who steps the environments is the source's
 * business (source.ts).
 *
 * Loop, source and learner hold all state, and can be saved between two turns (`TrainingState`).
 */

import { createRng, type Metrics, SkeinError } from '@skein/core';
import { type Agent, createAgent } from '../agent/agent.ts';
import type { Policy } from '../agent/policy.ts';
import type { ActionMasks } from '../env/action-mask.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import type { StepOutcome } from '../env/vector-env.ts';
import { Evaluator } from './evaluator.ts';
import type { TrainingConfig } from './options.ts';
import type { TrainHooks, TrainingState, TrainResult, TrainStatus } from './run.ts';
import { type ExperienceSource, OwnEnvironments } from './source.ts';

/** The algorithm's part of the loop: on or off policy, with networks or tables. */
export interface Learner {
  /** The policy that is evaluated: without exploration, with the newest weights. */
  readonly policy: Policy;
  /** Learning steps so far. */
  readonly updates: number;
  /** Writes the actions to take at `observations` after `step` steps, legal ones where the environment has masks. */
  explore(observations: Float32Array, step: number, actions: ActionArray, masks: ActionMasks): void;
  /** Takes in what every row did: `step` led on from `observations` with `actions`; ended rows reset in the same step. */
  observe(observations: Float32Array, actions: ActionArray, step: StepOutcome): void;
  /** Makes the learning steps that are due between two step counts. */
  learn(from: number, to: number): void;
  /** The learner's metrics since the last call. */
  report(step: number): Metrics;
  /** A copy of everything that its future depends on, as plain data. */
  state(): unknown;
  /** Continues from `state()`. Throws `CHECKPOINT` if it does not fit. */
  restore(saved: unknown): void;
  /** Gives networks and plans back, except the policy's. */
  dispose(): void;
}

/** What the loop needs to know of an algorithm. */
export interface LearnerRun<C extends TrainingConfig> {
  readonly algorithm: string;
  readonly config: C & { readonly envCount?: number } & Readonly<Record<string, unknown>>;
  readonly definition: EnvironmentDefinition;
  readonly learner: Learner;
  readonly hooks: TrainHooks;
  /** Who steps the environments; the learner itself if left out. */
  readonly source?: ExperienceSource;
}

/** True if a multiple of `every` lies in (from, to]. */
export const crossed = (from: number, to: number, every: number): boolean =>
  Math.floor(to / every) > Math.floor(from / every);

/** Milliseconds after which the loop lets timers, signals and messages through. */
const TURN_MS = 25;

/** Trains until all steps are done, the goal is reached or the signal aborts. A run that fails leaves no memory behind. */
export async function trainLearner<C extends TrainingConfig>(run: LearnerRun<C>): Promise<TrainResult> {
  try {
    return await new Training(run).train();
  } catch (error) {
    run.learner.dispose();
    run.learner.policy.dispose();
    throw error;
  } finally {
    await run.source?.close();
  }
}

class Training<C extends TrainingConfig> {
  readonly #run: LearnerRun<C>;
  readonly #source: ExperienceSource;
  readonly #policy: Policy;
  readonly #evaluator: Evaluator;
  readonly #started = performance.now();
  #step = 0;
  #reported = { step: 0, at: performance.now() };

  constructor(run: LearnerRun<C>) {
    this.#run = run;
    this.#source = run.source ?? new OwnEnvironments(run);
    this.#policy = this.#source.policy ?? run.learner.policy;
    this.#evaluator = new Evaluator({ ...run, policy: this.#policy, rng: createRng(run.config.seed) });
    if (run.hooks.resumeFrom !== undefined) this.#restore(run.hooks.resumeFrom);
  }

  async train(): Promise<TrainResult> {
    const { config } = this.#run;
    let yielded = performance.now();
    while (!this.#isOver()) {
      const from = this.#step;
      const taken = this.#source.turn(from);
      this.#step += typeof taken === 'number' ? taken : await taken;
      const to = this.#step;
      if (crossed(from, to, config.reportEvery)) this.#report();
      if (crossed(from, to, config.evaluateEvery) || to >= config.steps) {
        await this.#evaluator.evaluate(to);
      }
      if (crossed(from, to, config.checkpointEvery) && !this.#isOver()) await this.#checkpoint();
      if (performance.now() - yielded < TURN_MS) continue;
      await new Promise(setImmediate);
      yielded = performance.now();
    }
    await this.#checkpoint();
    return this.#result();
  }

  #isOver(): boolean {
    const { config, hooks } = this.#run;
    if (!this.#source.mayStop) return false;
    return this.#evaluator.state.solved || this.#step >= config.steps || hooks.signal?.aborted === true;
  }

  #report(): void {
    const now = performance.now();
    const { step, at } = this.#reported;
    const speed = (1000 * (this.#step - step)) / (now - at);
    this.#reported = { step: this.#step, at: now };
    const metrics = {
      ...this.#source.episodes.report(),
      ...this.#source.report(),
      ...this.#run.learner.report(this.#step),
      'perf/steps-per-second': speed,
    };
    this.#run.hooks.sink?.write(this.#step, metrics);
  }

  async #checkpoint(): Promise<void> {
    await this.#run.hooks.onCheckpoint?.(this.#state(), this.#step);
  }

  #state(): TrainingState {
    const { algorithm, config, learner } = this.#run;
    return {
      algorithm,
      config: { ...config },
      step: this.#step,
      ...this.#source.state(),
      ...this.#evaluator.state,
      learner: learner.state(),
    };
  }

  #restore(saved: TrainingState): void {
    const { algorithm, learner } = this.#run;
    if (saved.algorithm !== algorithm) {
      throw new SkeinError('CHECKPOINT', `checkpoint: expected one of ${algorithm}, got one of ${saved.algorithm}`, {
        advice: `resume it with ${saved.algorithm}`,
      });
    }
    this.#evaluator.state = { best: saved.best, lastReturn: saved.lastReturn, solved: saved.solved };
    learner.restore(saved.learner);
    this.#source.restore(saved, saved.step);
    this.#step = saved.step;
    this.#reported = { step: saved.step, at: performance.now() };
  }

  #result(): TrainResult {
    const { learner } = this.#run;
    const { best, lastReturn } = this.#evaluator.state;
    if (best !== null) this.#policy.setWeights(best.weights);
    learner.dispose();
    return {
      agent: this.#agent(),
      status: this.#status(),
      steps: this.#step,
      episodes: this.#source.episodes.finished,
      updates: learner.updates,
      best: best === null ? null : { step: best.step, return: best.return },
      finalReturn: lastReturn,
      seconds: (performance.now() - this.#started) / 1000,
    };
  }

  #agent(): Agent {
    const { algorithm, config, definition } = this.#run;
    return createAgent({ algorithm, definition, config: { ...config }, policy: this.#policy });
  }

  #status(): TrainStatus {
    if (this.#evaluator.state.solved) return 'solved';
    return this.#step >= this.#run.config.steps ? 'finished' : 'stopped';
  }
}
