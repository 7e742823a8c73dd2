/** Training and evaluation as tasks: any worker can run them, `localRuntime` and `natsRuntime` alike. */

import { defineTask, type MetricSink, type Metrics, parse, type Static, type TaskContext, Type } from '@skein/core';
import { BACKEND_CHOICES, type BackendChoice, useBackend } from '@skein/nn';
import { evaluate } from './agent/evaluate.ts';
import { agentBytes, decodeAgent, encodeAgent } from './agent/file.ts';
import { algorithm } from './algorithms/registry.ts';
import { endActors } from './distributed/link.ts';
import { environmentDefinition } from './env/registry.ts';
import { decodeTraining, encodeTraining } from './training/checkpoint.ts';
import type { TrainHooks, TrainingEvaluation, TrainingState } from './training/run.ts';

export { type StartedActors, startActors } from './distributed/start.ts';
export { actorTask } from './distributed/task.ts';

const module = import.meta.url;

/** Digest of a blob. */
const Digest = Type.String({ description: 'digest of a blob' });
const Backend = Type.Optional(
  Type.Unsafe<BackendChoice>(
    Type.Union(
      BACKEND_CHOICES.map((name) => Type.Literal(name)),
      { description: "TensorFlow.js backend; 'auto' (the best that works) if left out" },
    ),
  ),
);

/** What `trainTask` takes. */
export const TrainInput = Type.Object({
  /** A name of `algorithms`. */
  algorithm: Type.String(),
  /** The algorithm's options; defaults for the rest. */
  config: Type.Record(Type.String(), Type.Unknown()),
  /** A checkpoint to continue from. */
  resume: Type.Optional(Digest),
  /** With `config.actors`: whoever submits the task also starts its actors, under its id (`startActors`). */
  actors: Type.Optional(Type.Boolean()),
  backend: Backend,
});

/** How `trainTask` ended. `stopped`: asked to through `stopParameter`; its checkpoint continues the run. */
export const TrainOutput = Type.Object({
  status: Type.Union([Type.Literal('finished'), Type.Literal('solved'), Type.Literal('stopped')]),
  steps: Type.Integer(),
  episodes: Type.Integer(),
  updates: Type.Integer(),
  finalReturn: Type.Union([Type.Number(), Type.Null()]),
  bestReturn: Type.Union([Type.Number(), Type.Null()]),
  bestStep: Type.Union([Type.Integer(), Type.Null()]),
  /** The last checkpoint: `decodeTraining` of its bytes. */
  checkpoint: Digest,
  /** The best agent: `decodeAgent` of its bytes. */
  agent: Digest,
  /** Wall-clock time of the last attempt. */
  seconds: Type.Number(),
});
export type TrainOutput = Static<typeof TrainOutput>;

/** What `trainTask` reports while it runs. */
export const TrainReport = Type.Union([
  /** Comes first in every attempt: what an earlier one reported of later steps is done again. */
  Type.Object({ type: Type.Literal('start'), step: Type.Integer() }),
  Type.Object({
    type: Type.Literal('metrics'),
    step: Type.Integer(),
    metrics: Type.Record(Type.String(), Type.Number()),
  }),
  Type.Object({
    type: Type.Literal('evaluation'),
    step: Type.Integer(),
    mean: Type.Number(),
    std: Type.Number(),
    min: Type.Number(),
    max: Type.Number(),
    episodes: Type.Integer(),
    /** The evaluated agent's digest, if it is the best so far. */
    agent: Type.Union([Digest, Type.Null()]),
  }),
  Type.Object({ type: Type.Literal('checkpoint'), step: Type.Integer(), checkpoint: Digest }),
]);
export type TrainReport =
  | { readonly type: 'start'; readonly step: number }
  | { readonly type: 'metrics'; readonly step: number; readonly metrics: Metrics }
  | {
      readonly type: 'evaluation';
      readonly step: number;
      readonly mean: number;
      readonly std: number;
      readonly min: number;
      readonly max: number;
      readonly episodes: number;
      readonly agent: string | null;
    }
  | { readonly type: 'checkpoint'; readonly step: number; readonly checkpoint: string };

/** A report of `trainTask`, checked. Throws `WIRE` for anything else. */
export function parseTrainReport(report: unknown): TrainReport {
  return parse(TrainReport, report, { what: 'rl/train report', code: 'WIRE' }) as TrainReport;
}

/** Publishing anything under this name asks the training task to write a checkpoint and return with status `stopped`. */
export const stopParameter = (taskId: string): string => `rl/train/${taskId}/stop`;
/** The digest of the newest checkpoint of a training task: where a new attempt continues. */
export const checkpointParameter = (taskId: string): string => `rl/train/${taskId}/checkpoint`;

/**
 * Trains an agent. Checkpoints and agents go to the blob store, their digests into reports and the result. A task that
 * starts again, after a lost worker or one that handed it back, continues from its newest checkpoint.
 */
export const trainTask = defineTask({
  name: 'rl/train',
  description: 'trains an agent on an environment',
  module,
  input: TrainInput,
  output: TrainOutput,
  run: async (context, input) => {
    await useBackend(input.backend);
    const resumeFrom = await startingPoint(context, input.resume);
    context.progress({ type: 'start', step: resumeFrom?.step ?? 0 } satisfies TrainReport);
    const chosen = algorithm(input.algorithm);
    const progress = new Progress(context);
    const stop = stopSignal(context);
    const link = { name: context.taskId, parameters: context.parameters, streams: context.streams };
    try {
      const result = await chosen.train(input.config, {
        ...progress.hooks(),
        signal: AbortSignal.any([context.signal, stop.signal]),
        ...(resumeFrom === null ? {} : { resumeFrom }),
        ...(input.actors === true ? { actors: link } : {}),
      });
      context.signal.throwIfAborted();
      const agent = await context.blobs.put(encodeAgent(result.agent));
      result.agent.policy.dispose();
      return {
        status: result.status,
        steps: result.steps,
        episodes: result.episodes,
        updates: result.updates,
        finalReturn: result.finalReturn,
        bestReturn: result.best?.return ?? null,
        bestStep: result.best?.step ?? null,
        checkpoint: progress.checkpoint,
        agent,
        seconds: result.seconds,
      };
    } finally {
      stop.end();
      // A task that goes on elsewhere needs its actors.
      if (input.actors === true && !context.signal.aborted) await endActors(link);
    }
  },
});

/** What `evaluateTask` takes. */
export const EvaluateInput = Type.Object({
  /** The digest of an agent's bytes. */
  agent: Digest,
  episodes: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Episode i starts from seed + i. */
  seed: Type.Optional(Type.Integer({ minimum: 0 })),
  /** Another environment than the agent's own. */
  env: Type.Optional(Type.String()),
  backend: Backend,
});

/** Returns over the episodes of an evaluation. */
export const EvaluateOutput = Type.Object({
  episodes: Type.Integer(),
  mean: Type.Number(),
  std: Type.Number(),
  min: Type.Number(),
  max: Type.Number(),
  meanLength: Type.Number(),
  returns: Type.Array(Type.Number()),
  lengths: Type.Array(Type.Integer()),
});

/** Evaluates a saved agent. */
export const evaluateTask = defineTask({
  name: 'rl/evaluate',
  description: 'evaluates a saved agent',
  module,
  input: EvaluateInput,
  output: EvaluateOutput,
  run: async (context, { agent: digest, env, backend, ...options }) => {
    await useBackend(backend);
    const agent = decodeAgent(await context.blobs.get(digest), {}, `agent ${digest}`);
    try {
      const { returns, lengths, ...summary } = await evaluate(agent, {
        ...options,
        ...(env === undefined ? {} : { definition: environmentDefinition(env) }),
      });
      return { ...summary, returns: [...returns], lengths: [...lengths] };
    } finally {
      agent.policy.dispose();
    }
  },
});

/** The newest checkpoint of the task itself, else the one that the input names, else null. */
async function startingPoint(context: TaskContext, resume: string | undefined): Promise<TrainingState | null> {
  const earlier = await context.parameters.latest<string>(checkpointParameter(context.taskId));
  const digest = earlier?.value ?? resume;
  return digest === undefined ? null : decodeTraining(await context.blobs.get(digest), `checkpoint ${digest}`);
}

/** A signal that aborts when somebody publishes the task's stop parameter. */
function stopSignal(context: TaskContext): { readonly signal: AbortSignal; end(): void } {
  const stop = new AbortController();
  const watch = new AbortController();
  const signal = AbortSignal.any([context.signal, watch.signal]);
  const wait = async (): Promise<void> => {
    for await (const _asked of context.parameters.watch(stopParameter(context.taskId), { signal })) {
      stop.abort();
      return;
    }
  };
  // A store that fails here fails at the next checkpoint as well, where it is reported.
  wait().catch(() => undefined);
  return { signal: stop.signal, end: () => watch.abort() };
}

/** Sends what a training run does to the task's submitter and stores. */
class Progress {
  readonly #context: TaskContext;
  /** Digest of the newest checkpoint. */
  checkpoint = '';

  constructor(context: TaskContext) {
    this.#context = context;
  }

  hooks(): TrainHooks {
    const sink: MetricSink = {
      write: (step, metrics) => this.#report({ type: 'metrics', step, metrics }),
      close: async () => {},
    };
    return {
      sink,
      onCheckpoint: (state, step) => this.#onCheckpoint(state, step),
      onEvaluation: (evaluation) => this.#onEvaluation(evaluation),
    };
  }

  async #onCheckpoint(state: TrainingState, step: number): Promise<void> {
    this.checkpoint = await this.#context.blobs.put(encodeTraining(state));
    await this.#context.parameters.publish(checkpointParameter(this.#context.taskId), this.checkpoint);
    this.#report({ type: 'checkpoint', step, checkpoint: this.checkpoint });
  }

  async #onEvaluation({ step, evaluation, isBest, agent }: TrainingEvaluation): Promise<void> {
    const { mean, std, min, max, episodes } = evaluation;
    const digest = isBest ? await this.#context.blobs.put(agentBytes(agent)) : null;
    this.#report({ type: 'evaluation', step, mean, std, min, max, episodes, agent: digest });
  }

  #report(report: TrainReport): void {
    this.#context.progress(report);
  }
}
