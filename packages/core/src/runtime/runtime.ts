/**
 * The runtime contract: where tasks run. `localRuntime` runs them on threads of this process, `natsRuntime` on workers
 * anywhere. Both pass the conformance kit in `@skein/core/testkit`.
 *
 * Guarantees. A submitted task ends exactly once: with its result, or with one error. A task whose worker is lost runs
 * again on another, up to its number of attempts; the error of the last attempt names every attempt's reason. A task
 * that throws is not run again unless its submission asks for it. A second submission with the same id gives the first
 * one's result; with a journal (`localRuntime`) or a named run (`natsRuntime`) that holds across processes: how a task with
 * an id of its submitter ended is stored before anybody is told. `map` keeps the order of its inputs. Nothing that one task does ends another.
 */

import type { WireError } from '../errors.ts';
import type { Rng } from '../rng.ts';
import type { Static, TSchema } from '../schema.ts';
import type { Task } from '../task.ts';
import type { Journal } from './journal.ts';
import type { WorkerInfo } from './nats/options.ts';
import type { BlobStore, ParameterStore } from './stores.ts';
import type { StreamStore } from './stream.ts';

/** How one task is to run. */
export interface SubmitOptions {
  /**
   * Unique within the run: letters, digits, `-`, `_`; a random one if left out. Submitting an id again gives the first
   * submission's result.
   */
  readonly id?: string;
  /** The stream the task gets as `context.rng`; by default seed 0 split by the task's name. `map` splits it by index. */
  readonly rng?: Rng;
  /** Time limit of one attempt in milliseconds; none if left out. */
  readonly timeoutMs?: number;
  /** How often the task may be started in all, the first time included. */
  readonly attempts?: number;
  /** What is tried again: only attempts whose worker was lost, or any failed attempt. */
  readonly retry?: 'lost' | 'any';
  /** Which workers may run it: those that serve this queue (`skein worker --queue gpu`). The local runtime serves all. */
  readonly queue?: string;
  /**
   * Keeps what the task reports with a run on a server, for a coordinator that starts again: whoever submits the id again
   * is told all of it, in order, before what follows. Without effect where tasks end with their coordinator.
   */
  readonly keepReports?: boolean;
  /** Aborting it cancels the task. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: unknown) => void;
}

export const submitDefaults = {
  attempts: 3,
  retry: 'lost',
  queue: 'default',
  keepReports: false,
} as const satisfies SubmitOptions;

/** Options of `map`: those of each task, and how many may be under way at once. */
export interface MapOptions extends Omit<SubmitOptions, 'id' | 'onProgress'> {
  /** Ids are `${idPrefix}-${index}`; random if left out. */
  readonly idPrefix?: string;
  /** Upper bound of unfinished tasks; by default the runtime's own, so that endless inputs are never held in memory. */
  readonly inFlight?: number;
  readonly onProgress?: (index: number, report: unknown) => void;
  readonly onResult?: (index: number) => void;
}

/** A submitted task. */
export interface TaskHandle<T> {
  readonly id: string;
  readonly result: Promise<T>;
  /** Cancels the task; its result rejects with `TASK_CANCELLED` unless it finished before. */
  cancel(reason?: string): void;
}

/** What happens to tasks, and to the connection of a runtime that has one. `at` is milliseconds since the epoch. */
export type RuntimeEvent = { readonly at: number } & (
  | { readonly type: 'task/queued'; readonly taskId: string; readonly task: string }
  | { readonly type: 'task/started'; readonly taskId: string; readonly worker: string; readonly attempt: number }
  | { readonly type: 'task/progress'; readonly taskId: string; readonly report: unknown }
  | { readonly type: 'task/retried'; readonly taskId: string; readonly attempt: number; readonly reason: string }
  | { readonly type: 'task/succeeded'; readonly taskId: string; readonly worker: string; readonly attempt: number }
  | { readonly type: 'task/failed'; readonly taskId: string; readonly error: WireError }
  | { readonly type: 'task/cancelled'; readonly taskId: string; readonly reason: string }
  /** The server is gone; the runtime goes on trying, and tasks go on. */
  | { readonly type: 'runtime/disconnected' }
  | { readonly type: 'runtime/reconnected'; readonly server: string }
);

export interface Runtime extends AsyncDisposable {
  readonly kind: 'local' | 'nats';
  /** Submits a task. Input that does not fit the task's schema rejects with `TASK_INPUT` before anything is sent. */
  submit<I extends TSchema, O extends TSchema>(
    task: Task<I, O>,
    input: Static<I>,
    options?: SubmitOptions,
  ): TaskHandle<Static<O>>;
  /** Runs one task: `submit(...).result`. */
  run<I extends TSchema, O extends TSchema>(
    task: Task<I, O>,
    input: Static<I>,
    options?: SubmitOptions,
  ): Promise<Static<O>>;
  /** Runs a task for each input and gives the results in order. The first failure cancels the rest and rejects. */
  map<I extends TSchema, O extends TSchema>(
    task: Task<I, O>,
    inputs: Iterable<Static<I>> | AsyncIterable<Static<I>>,
    options?: MapOptions,
  ): Promise<Static<O>[]>;
  /** Calls the listener for every event until the returned function is called. */
  onEvent(listener: (event: RuntimeEvent) => void): () => void;
  readonly parameters: ParameterStore;
  readonly blobs: BlobStore;
  readonly streams: StreamStore;
  /** Cancels what is unfinished and releases everything. Further calls reject with `RUNTIME_CLOSED`. */
  close(): Promise<void>;
}

/** A runtime on a NATS server, with what only a cluster has. */
export interface NatsRuntime extends Runtime {
  readonly kind: 'nats';
  /** Name of the run; give it to `natsRuntime` again to continue it. */
  readonly runId: string;
  /** The run's journal, with entries of the schema. It lives as long as the run, so only a named run's outlasts `close`. */
  journal<S extends TSchema>(schema: S): Journal<Static<S>>;
  /** How far the run's task of an id is: `unfinished` while it waits or runs, null if the run has no such task. */
  find(id: string, queue?: string): Promise<'unfinished' | 'done' | 'failed' | 'cancelled' | null>;
  /** The workers that answer now, by name. */
  workers(): Promise<WorkerInfo[]>;
}
