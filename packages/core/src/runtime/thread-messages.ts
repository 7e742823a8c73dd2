/**
 * Every message between a pool and its threads. A thread is leased while there is work: the lease has one port, and a
 * word of shared memory for each task that it holds. The word says who may start the task: the thread claims it before
 * running, the pool claims it back to give it to another thread. So no task is started twice, and when a thread dies
 * the pool knows what it had started.
 */

import type { WireError } from '../errors.ts';
import type { RngState } from '../rng.ts';
import type { StreamRequest } from './stream-hosts.ts';

/** What a thread gets when it is leased. */
export interface ThreadLease {
  readonly port: import('node:worker_threads').MessagePort;
  /** One word for each slot: see `CLAIM`. */
  readonly claims: Int32Array<SharedArrayBuffer>;
  /** Modules whose exported tasks may run. */
  readonly modules: readonly string[];
}

/** How many tasks a thread may hold at once: one runs, the rest wait so that short tasks need no round trip each. */
export const SLOTS = 64;

/** States of a slot's word. `finished` means that the result is on its way, should the thread die before it is posted. */
export const CLAIM = { free: 0, offered: 1, started: 2, finished: 3, takenBack: 4 } as const;

/** A task on its way to a thread. */
export interface TaskOffer {
  readonly job: number;
  readonly slot: number;
  readonly taskId: string;
  readonly task: string;
  /** Module to import if the task is not registered; null if only registered tasks may run. */
  readonly module: string | null;
  readonly attempt: number;
  readonly worker: string;
  readonly rng: RngState;
  readonly input: Uint8Array;
  readonly shared: readonly SharedArrayBuffer[];
  /** The input was already checked in this process. */
  readonly checked: boolean;
  /** The pool must know at once when it starts: it has a time limit. */
  readonly timed: boolean;
}

export type ToThread =
  | { readonly type: 'tasks'; readonly tasks: readonly TaskOffer[] }
  | { readonly type: 'abort'; readonly job: number; readonly error: WireError }
  | { readonly type: 'reply'; readonly call: number; readonly value: unknown }
  | { readonly type: 'reply-error'; readonly call: number; readonly error: WireError }
  | { readonly type: 'watched'; readonly call: number; readonly version: number; readonly value: Uint8Array }
  | { readonly type: 'watch-failed'; readonly call: number; readonly error: WireError }
  | { readonly type: 'rest' };

/** A task's request to a store, answered by the pool's process. */
export type StoreCall =
  | { readonly store: 'parameters'; readonly method: 'publish'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly store: 'parameters'; readonly method: 'latest'; readonly name: string }
  | { readonly store: 'parameters'; readonly method: 'watch'; readonly name: string }
  | { readonly store: 'blobs'; readonly method: 'put'; readonly bytes: Uint8Array }
  | { readonly store: 'blobs'; readonly method: 'get' | 'has'; readonly digest: string }
  | { readonly store: 'streams'; readonly method: 'open'; readonly request: StreamRequest }
  | { readonly store: 'streams'; readonly method: 'close'; readonly id: number };

export type FromThread =
  | { readonly type: 'started'; readonly job: number }
  | { readonly type: 'skipped'; readonly job: number }
  | { readonly type: 'progress'; readonly job: number; readonly report: Uint8Array }
  | {
      readonly type: 'done';
      readonly job: number;
      readonly ms: number;
      readonly output: Uint8Array;
      readonly shared: readonly SharedArrayBuffer[];
    }
  | { readonly type: 'failed'; readonly job: number; readonly ms: number; readonly error: WireError }
  | { readonly type: 'call'; readonly job: number; readonly call: number; readonly request: StoreCall }
  | { readonly type: 'unwatch'; readonly call: number };

/** Bytes from this size on are transferred instead of copied. */
export const TRANSFER_FROM_BYTES = 16_384;

/** True for bytes that own their memory and are worth moving. */
export const isMovable = (bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> =>
  bytes.byteLength >= TRANSFER_FROM_BYTES &&
  bytes.byteLength === bytes.buffer.byteLength &&
  bytes.buffer instanceof ArrayBuffer;
