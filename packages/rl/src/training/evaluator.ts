/** Periodic evaluation on an environment of its own, with the best agent kept and the stopping rule. */

import type { MetricSink, Rng } from '@skein/core';
import { evaluatePolicy } from '../agent/evaluate.ts';
import type { Policy } from '../agent/policy.ts';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { CONFIRMATION_EPISODES, type TrainingConfig } from './options.ts';
import type { Best, TrainHooks } from './run.ts';

/** What an evaluator remembers. */
export interface EvaluatorState {
  readonly best: Best | null;
  readonly lastReturn: number | null;
  readonly solved: boolean;
}

/** Evaluates a policy during training. Its random numbers depend on the step alone, so it has no stream to save. */
export class Evaluator {
  readonly #policy: Policy;
  readonly #definition: EnvironmentDefinition;
  readonly #config: TrainingConfig;
  readonly #rng: Rng;
  readonly #hooks: TrainHooks;
  state: EvaluatorState = { best: null, lastReturn: null, solved: false };

  constructor(policy: Policy, definition: EnvironmentDefinition, config: TrainingConfig, rng: Rng, hooks: TrainHooks) {
    this.#policy = policy;
    this.#definition = definition;
    this.#config = config;
    this.#rng = rng;
    this.#hooks = hooks;
  }

  /** Evaluates the policy as it is after `step` steps and updates `state`. */
  async evaluate(step: number, sink: MetricSink | undefined): Promise<void> {
    const evaluation = this.#play(step, 'evaluation', this.#config.evaluationEpisodes);
    const { best } = this.state;
    const isBest = best === null || evaluation.mean >= best.return;
    const weights = this.#policy.weights();
    this.state = {
      best: isBest ? { step, return: evaluation.mean, weights } : best,
      lastReturn: evaluation.mean,
      solved: this.#isSolved(step, evaluation.mean),
    };
    sink?.write(step, {
      'evaluation/return': evaluation.mean,
      'evaluation/return-std': evaluation.std,
      'evaluation/length': evaluation.meanLength,
    });
    await this.#hooks.onEvaluation?.({ step, evaluation, isBest, weights });
  }

  /** A few good episodes may be luck: the goal counts as reached when many further ones confirm it. */
  #isSolved(step: number, mean: number): boolean {
    const { stopAtReturn } = this.#config;
    if (stopAtReturn === undefined || mean < stopAtReturn) return false;
    return this.#play(step, 'confirmation', CONFIRMATION_EPISODES).mean >= stopAtReturn;
  }

  #play(step: number, purpose: string, episodes: number) {
    const seed = this.#rng.split(purpose).split(step).uint32();
    return evaluatePolicy(this.#policy, this.#definition, { episodes, seed });
  }
}
