/** Periodic evaluation on an environment of its own, with the best agent kept and the stopping rule. */

import type { Rng } from '@skein/core';
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

/** What an evaluator works with. */
export interface EvaluatorParts {
  readonly algorithm: string;
  readonly config: TrainingConfig & Readonly<Record<string, unknown>>;
  readonly definition: EnvironmentDefinition;
  readonly policy: Policy;
  readonly rng: Rng;
  readonly hooks: TrainHooks;
}

/** Evaluates a policy during training. Its random numbers depend on the step alone, so it has no stream to save. */
export class Evaluator {
  readonly #parts: EvaluatorParts;
  state: EvaluatorState = { best: null, lastReturn: null, solved: false };

  constructor(parts: EvaluatorParts) {
    this.#parts = parts;
  }

  /** Evaluates the policy as it is after `step` steps and updates `state`. */
  async evaluate(step: number): Promise<void> {
    const { algorithm, config, definition, policy, hooks } = this.#parts;
    const evaluation = this.#play(step, 'evaluation', config.evaluationEpisodes);
    const { best } = this.state;
    const isBest = best === null || evaluation.mean >= best.return;
    const weights = policy.weights();
    this.state = {
      best: isBest ? { step, return: evaluation.mean, weights } : best,
      lastReturn: evaluation.mean,
      solved: this.#isSolved(step, evaluation.mean),
    };
    hooks.sink?.write(step, {
      'evaluation/return': evaluation.mean,
      'evaluation/return-std': evaluation.std,
      'evaluation/length': evaluation.meanLength,
    });
    const agent = { algorithm, env: definition.id, config, weights };
    await hooks.onEvaluation?.({ step, evaluation, isBest, agent });
  }

  /** A few good episodes may be luck: the goal counts as reached when many further ones confirm it. */
  #isSolved(step: number, mean: number): boolean {
    const { stopAtReturn } = this.#parts.config;
    if (stopAtReturn === undefined || mean < stopAtReturn) return false;
    return this.#play(step, 'confirmation', CONFIRMATION_EPISODES).mean >= stopAtReturn;
  }

  #play(step: number, purpose: string, episodes: number) {
    const { policy, definition, rng } = this.#parts;
    const seed = rng.split(purpose).split(step).uint32();
    return evaluatePolicy(policy, definition, { episodes, seed });
  }
}
