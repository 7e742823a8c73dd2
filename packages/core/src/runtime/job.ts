/** One attempt of a task as the pool sees it. */

import type { SkeinError, WireError } from '../errors.ts';
import type { RngState } from '../rng.ts';
import type { ByteStores } from './parameter-values.ts';
import type { EncodedValue } from './task-run.ts';

/** What a pool needs to run one attempt. */
export interface JobRequest {
  readonly taskId: string;
  readonly task: string;
  /** Module to import for an unknown task; null if only registered tasks may run. */
  readonly module: string | null;
  readonly attempt: number;
  readonly rng: RngState;
  readonly input: EncodedValue;
  /** The input was already checked against the task's schema in this process. */
  readonly checked: boolean;
  readonly timeoutMs: number | null;
  readonly stores: ByteStores;
  /** What the task is told as its worker's name; by default the thread's. */
  readonly worker?: string;
  onStart?(worker: string): void;
  onProgress?(report: Uint8Array): void;
}

/** How an attempt ended. `lost` means that its thread died: the task itself said nothing. */
export type JobOutcome =
  | { readonly type: 'done'; readonly worker: string; readonly output: EncodedValue }
  | { readonly type: 'failed'; readonly worker: string; readonly error: WireError }
  | { readonly type: 'lost'; readonly worker: string; readonly reason: string };

/** An attempt under way. */
export interface JobHandle {
  /** Never rejects. Settles when the attempt's thread is free again or gone. */
  readonly outcome: Promise<JobOutcome>;
  /** Ends the attempt with this error: its signal aborts, and after the grace period its thread is terminated. */
  abort(error: SkeinError): void;
  /** Ends the attempt with this error if it has not started; false, and nothing happens, if it has. */
  withdraw(error: SkeinError): boolean;
}
