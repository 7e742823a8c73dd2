/** How runtimes and workers reach a NATS server. Kept apart from the client, which is loaded only when it is used. */

import { availableParallelism } from 'node:os';

/** TLS towards the server; a `tls://` address alone uses the system's certificates. */
export interface NatsTls {
  /** PEM file with the authority that signed the server's certificate. */
  readonly caFile?: string;
  /** PEM files with this client's certificate and key, if the server asks for them. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** Where the server is and how to log in. At most one way of logging in is needed. */
export interface NatsConnectionOptions {
  /** Addresses such as `nats://127.0.0.1:4222`; more than one for a cluster. */
  readonly servers: string | readonly string[];
  readonly token?: string;
  readonly user?: string;
  readonly pass?: string;
  /** The nkey's seed itself (`SU...`), not its file. */
  readonly nkeySeed?: string;
  /** File with a user's JWT and seed, as `nsc` writes it. */
  readonly credsFile?: string;
  readonly tls?: NatsTls;
  /** First word of all subjects and streams; two installations may share a server under different ones. */
  readonly namespace?: string;
  /** Copies of each stream in a cluster of servers: 1, 3 or 5. */
  readonly replicas?: number;
  /** The largest input, result, parameter or blob that is sent or taken, in bytes. */
  readonly maxValueBytes?: number;
  /** How values over the message size are stored; they are read whatever is chosen here. */
  readonly compression?: 'none' | 'zstd';
}

export const natsDefaults = {
  namespace: 'skein',
  replicas: 1,
  maxValueBytes: 2 ** 30,
  compression: 'none',
} as const satisfies Partial<NatsConnectionOptions>;

export interface NatsRuntimeOptions extends NatsConnectionOptions {
  /**
   * Name of the run: letters, digits, `-`, `_`. A coordinator that starts again under the same name finds the results of
   * the tasks it submitted before, by their ids. Without a name the run is deleted when the runtime is closed.
   */
  readonly run?: string;
}

export interface WorkerOptions extends NatsConnectionOptions {
  /** URLs or paths of modules that export tasks: only these can be run. */
  readonly tasks: readonly (string | URL)[];
  /** Tasks at a time, each on a thread of its own. */
  readonly concurrency?: number;
  /** Unique among the workers; by default the host's name and the process id. */
  readonly name?: string;
  /** The queues to serve. */
  readonly queues?: readonly string[];
  /** Most memory of one thread's heap in MiB. */
  readonly memoryMb?: number;
  /** How long a cancelled task may take to stop before its thread is terminated, in milliseconds. */
  readonly graceMs?: number;
  /**
   * A worker that is silent for this long is given up: its tasks go to others. In milliseconds. It belongs to the queue: left
   * out, it is what the queue has; another value than that of workers which serve the queue now is refused.
   */
  readonly silenceMs?: number;
  /** How long tasks may go on after `stop` before they are handed back, in milliseconds. */
  readonly drainMs?: number;
  /** Aborting it stops the worker. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: WorkerEvent) => void;
}

export const workerDefaults = {
  concurrency: availableParallelism(),
  queues: ['default'],
  graceMs: 1_000,
  silenceMs: 10_000,
  drainMs: 10_000,
} as const satisfies Partial<WorkerOptions>;

/** What a worker tells its operator. */
export type WorkerEvent =
  | { readonly type: 'worker/ready'; readonly worker: string; readonly tasks: readonly string[] }
  | { readonly type: 'worker/disconnected' }
  | { readonly type: 'worker/reconnected'; readonly server: string }
  | { readonly type: 'worker/draining'; readonly held: number }
  | { readonly type: 'worker/problem'; readonly message: string }
  | {
      readonly type: 'task/started';
      readonly run: string;
      readonly taskId: string;
      readonly task: string;
      readonly attempt: number;
    }
  | { readonly type: 'task/ended'; readonly run: string; readonly taskId: string; readonly outcome: TaskEnd };

/** What a worker did with a task in the end. */
export type TaskEnd = 'done' | 'failed' | 'retry' | 'cancelled' | 'handed back' | 'known' | 'refused';

/** A running worker. */
export interface Worker extends AsyncDisposable {
  readonly name: string;
  /** Names of the tasks that it can run. */
  readonly tasks: readonly string[];
  /** Takes no more tasks, lets running ones finish or hands them back, and disconnects. */
  stop(): Promise<void>;
  /** Settles once the worker has stopped, whoever stopped it. */
  readonly stopped: Promise<void>;
}

/** A worker as it describes itself to whoever asks. */
export interface WorkerInfo {
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly concurrency: number;
  readonly queues: readonly string[];
  readonly tasks: readonly string[];
  /** Tasks that it holds now. */
  readonly held: number;
  readonly startedAt: number;
}

/** A run as the server keeps it. */
export interface RunInfo {
  readonly run: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Tasks whose end is stored: done, failed or cancelled. */
  readonly finished: number;
  /** Tasks that wait for a worker or are with one. */
  readonly waiting: number;
  /** Size of results and journal; blobs and parameters come on top. */
  readonly bytes: number;
}
