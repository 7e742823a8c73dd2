/** What all training runs share: their hooks, results and the state that a checkpoint holds. */

import { type MetricSink, type Runtime, type Static, Type } from '@skein/core';
import type { Agent, AgentParts } from '../agent/agent.ts';
import type { Evaluation } from '../agent/evaluate.ts';
import type { ActorLink } from '../distributed/link.ts';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { VectorEnvState } from '../env/vector-env.ts';
import type { NetworkBuilders } from '../network/factory.ts';
import { Weights } from '../plain.ts';
import { NormalizerState } from '../wrappers/normalize.ts';
import { EpisodesState } from './episodes.ts';

/** The best evaluation so far and the weights that reached it. */
export const Best = Type.Object({
  step: Type.Integer({ minimum: 0 }),
  return: Type.Number(),
  weights: Weights,
});
export type Best = Static<typeof Best>;

/**
 * Everything that the rest of a run depends on: a run that continues from it takes the same steps, bit for bit, as one
 * that never stopped. `learner` is the algorithm's own part: networks, optimisers, replay and random streams.
 */
export const TrainingState = Type.Object({
  algorithm: Type.String(),
  config: Type.Record(Type.String(), Type.Unknown()),
  step: Type.Integer({ minimum: 0 }),
  env: VectorEnvState,
  /** Means and variances, where observations or rewards are normalised. */
  normalizer: Type.Optional(NormalizerState),
  episodes: EpisodesState,
  best: Type.Union([Best, Type.Null()]),
  /** Mean return of the newest evaluation. */
  lastReturn: Type.Union([Type.Number(), Type.Null()]),
  solved: Type.Boolean(),
  learner: Type.Unknown(),
});
export type TrainingState = Static<typeof TrainingState>;

/** An evaluation during training. */
export interface TrainingEvaluation {
  readonly step: number;
  readonly evaluation: Evaluation;
  /** True if it is the best so far; equal means count, the newer agent is kept. */
  readonly isBest: boolean;
  /** The agent that was evaluated; `agentBytes` makes a file of it. */
  readonly agent: AgentParts;
}

/** What a caller can attach to a training run. */
export interface TrainHooks {
  readonly sink?: MetricSink;
  /** Aborting it stops the run at its next step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Called every `checkpointEvery` steps, when the run stops and when it ends. The state is the callee's to keep. */
  onCheckpoint?(state: TrainingState, step: number): void | Promise<void>;
  onEvaluation?(evaluation: TrainingEvaluation): void | Promise<void>;
  /** Continues a run: its configuration, overridden by the given one. */
  readonly resumeFrom?: TrainingState;
  /** Networks of one's own by role, for algorithms with networks: `q`, `actor`, `critic`, `value`. */
  readonly networks?: NetworkBuilders;
  /** An environment of one's own, instead of the one that `config.env` names. */
  readonly definition?: EnvironmentDefinition;
  /** With `config.actors`: where they run; on threads of this process if left out. */
  readonly runtime?: Runtime;
  /** With `config.actors`: how to reach those that somebody else has started. */
  readonly actors?: ActorLink;
}

/** Why a run ended: all steps done, `stopAtReturn` reached, or stopped by the signal. */
export type TrainStatus = 'finished' | 'solved' | 'stopped';

/** How a run ended. */
export interface TrainResult {
  /** The agent of the best evaluation; of the last step if there was none. */
  readonly agent: Agent;
  readonly status: TrainStatus;
  readonly steps: number;
  readonly episodes: number;
  readonly updates: number;
  /** Step and mean return of the best evaluation. */
  readonly best: { readonly step: number; readonly return: number } | null;
  /** Mean return of the newest evaluation. */
  readonly finalReturn: number | null;
  /** Wall-clock time of this process's part of the run. */
  readonly seconds: number;
}
