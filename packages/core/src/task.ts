/**
 * Tasks: everything that runs on a worker (a rollout, a training run, a trial, a fitness batch, a model fit). A task is
 * a named function with schemas for its input and output. Inputs and outputs are JSON plus typed arrays; they are
 * validated where they enter and leave a worker.
 */

import { SkeinError } from './errors.ts';
import type { Rng } from './rng.ts';
import type { BlobStore, ParameterStore } from './runtime/stores.ts';
import type { StreamStore } from './runtime/stream.ts';
import type { Static, TSchema } from './schema.ts';

/** What a task's function gets beside its input. */
export interface TaskContext {
  readonly taskId: string;
  /** 1 at the first delivery; more after a worker was lost. */
  readonly attempt: number;
  /** Name of the worker that runs the task. */
  readonly worker: string;
  /** Aborted when the task is cancelled, runs past its time limit or its worker shuts down. */
  readonly signal: AbortSignal;
  /** The task's own stream: depends on what was submitted, never on which worker runs it. */
  readonly rng: Rng;
  /** Reports progress to whoever submitted the task: JSON plus typed arrays. */
  progress(report: unknown): void;
  readonly parameters: ParameterStore;
  readonly blobs: BlobStore;
  readonly streams: StreamStore;
}

/** A named function that any worker can run. Make it with `defineTask`. */
export interface Task<I extends TSchema = TSchema, O extends TSchema = TSchema> {
  readonly name: string;
  readonly description: string;
  readonly input: I;
  readonly output: O;
  /** URL of the module that defines the task: worker threads import it. */
  readonly module: string;
  run(context: TaskContext, input: Static<I>): Promise<Static<O>> | Static<O>;
}

/** What `defineTask` takes. */
export interface TaskDefinition<I extends TSchema, O extends TSchema> {
  /** Letters, digits, `-`, `_`, and `/` between words: it becomes part of message subjects. */
  readonly name: string;
  readonly description?: string;
  readonly input: I;
  readonly output: O;
  /** URL of the defining module (`import.meta.url`); found from the call stack if left out. */
  readonly module?: string;
  run(context: TaskContext, input: Static<I>): Promise<Static<O>> | Static<O>;
}

const TASK_NAME = /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/i;

/**
 * Defines a task. Export it from a module of its own: workers import that module and find the task by its name.
 * Throws `INPUT` for a name that cannot be part of a message subject.
 */
export function defineTask<I extends TSchema, O extends TSchema>(definition: TaskDefinition<I, O>): Task<I, O> {
  if (!TASK_NAME.test(definition.name)) {
    throw new SkeinError(
      'INPUT',
      `task name: expected letters, digits, '-' and '_' in words joined by '/', got ${JSON.stringify(definition.name)}`,
    );
  }
  return {
    name: definition.name,
    description: definition.description ?? '',
    input: definition.input,
    output: definition.output,
    module: definition.module ?? callerModule(defineTask),
    run: (context, input) => definition.run(context, input),
  };
}

/** True for values that `defineTask` made: how a task module's exports are told apart. */
export function isTask(value: unknown): value is Task {
  if (typeof value !== 'object' || value === null) return false;
  const task = value as Partial<Task>;
  return typeof task.name === 'string' && typeof task.module === 'string' && typeof task.run === 'function';
}

/** URL of the module that called `callee`, read from the call stack. */
function callerModule(callee: (...args: never[]) => unknown): string {
  const prepare = Error.prepareStackTrace;
  try {
    Error.prepareStackTrace = (_error, sites) => sites;
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, callee);
    const site = (holder.stack as NodeJS.CallSite[])[0];
    const name = site?.getFileName() ?? null;
    if (name === null) return '';
    return name.startsWith('file:') || name.startsWith('data:') ? name : `file://${name}`;
  } finally {
    Error.prepareStackTrace = prepare;
  }
}
