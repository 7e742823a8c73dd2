/** A submitted task until it ends: whom to tell what, and that it ends exactly once. */

import { SkeinError } from '../errors.ts';
import type { RngState } from '../rng.ts';
import { parse, Type } from '../schema.ts';
import type { Task } from '../task.ts';
import { decodeValue } from '../wire.ts';
import { checkId } from './ids.ts';
import { defaultRng } from './map.ts';
import { type RuntimeEvent, type SubmitOptions, submitDefaults, type TaskHandle } from './runtime.ts';
import { type EncodedValue, encodeInput, plainWireError } from './task-run.ts';

type EventBody = RuntimeEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never;

/** Where a submission reports to. */
export interface SubmissionOwner {
  /** Arrays over shared memory are passed by reference. */
  readonly sharesMemory: boolean;
  emit(event: EventBody): void;
  /** The submission was cancelled by its submitter and has ended; what runs for it is to be stopped. */
  abandon(submission: Submission, error: SkeinError): void;
}

/** The longest time that a timer of Node.js can wait. */
const LONGEST_MS = 2 ** 31 - 1;

const Policy = Type.Object({
  timeoutMs: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: LONGEST_MS })),
  attempts: Type.Integer({ minimum: 1 }),
  retry: Type.Union([Type.Literal('lost'), Type.Literal('any')]),
  queue: Type.String(),
  keepReports: Type.Boolean(),
});

export class Submission {
  readonly id: string;
  readonly task: Task;
  readonly input: EncodedValue;
  readonly rng: RngState;
  readonly timeoutMs: number | null;
  readonly attempts: number;
  readonly retry: 'lost' | 'any';
  readonly queue: string;
  readonly keepReports: boolean;
  /** Its submitter chose the id, and may submit it again. */
  readonly isNamed: boolean;
  readonly result: Promise<unknown>;
  #settled = false;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: SkeinError) => void;
  readonly #owner: SubmissionOwner;
  readonly #options: SubmitOptions;
  readonly #onAbort = (): void => this.cancel('its signal was aborted');

  /** Throws `TASK_INPUT` if the input does not fit the task's schema, and `INPUT` for options out of range. */
  constructor(owner: SubmissionOwner, id: string, task: Task, input: unknown, options: SubmitOptions) {
    this.id = id;
    this.task = task;
    this.input = encodeInput(task, input, owner.sharesMemory);
    this.rng = (options.rng ?? defaultRng(task)).state();
    const policy = parse(
      Policy,
      { ...submitDefaults, ...options },
      { what: `task '${task.name}' options`, code: 'INPUT' },
    );
    this.timeoutMs = policy.timeoutMs ?? null;
    this.attempts = policy.attempts;
    this.retry = policy.retry;
    this.queue = checkId('queue', policy.queue);
    this.keepReports = policy.keepReports;
    this.isNamed = options.id !== undefined;
    this.#owner = owner;
    this.#options = options;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    // Who only listens to events, or cancels and leaves, need not catch.
    promise.catch(() => undefined);
    this.result = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get settled(): boolean {
    return this.#settled;
  }

  get handle(): TaskHandle<unknown> {
    return { id: this.id, result: this.result, cancel: (reason) => this.cancel(reason) };
  }

  /** Announces the task and starts to follow its signal. */
  queued(): void {
    this.#owner.emit({ type: 'task/queued', taskId: this.id, task: this.task.name });
    const { signal } = this.#options;
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort);
  }

  started(worker: string, attempt: number): void {
    if (!this.#settled) this.#owner.emit({ type: 'task/started', taskId: this.id, worker, attempt });
  }

  progressed(encoded: Uint8Array): void {
    if (this.#settled) return;
    const report = decodeValue(encoded);
    this.#options.onProgress?.(report);
    this.#owner.emit({ type: 'task/progress', taskId: this.id, report });
  }

  retried(attempt: number, reason: string): void {
    if (!this.#settled) this.#owner.emit({ type: 'task/retried', taskId: this.id, attempt, reason });
  }

  /** Ends with a result. One that does not decode or fit ends it with that error instead. */
  succeed(output: EncodedValue, worker: string, attempt: number): void {
    if (this.#settled) return;
    let value: unknown;
    try {
      value = decodeValue(output.bytes, { shared: output.shared });
      parse(this.task.output, value, { what: `task '${this.task.name}' output`, code: 'TASK_OUTPUT' });
    } catch (error) {
      this.fail(error as SkeinError);
      return;
    }
    this.#settle();
    this.#owner.emit({ type: 'task/succeeded', taskId: this.id, worker, attempt });
    this.#resolve(value);
  }

  fail(error: SkeinError): void {
    if (this.#settled) return;
    this.#settle();
    this.#owner.emit({ type: 'task/failed', taskId: this.id, error: plainWireError(error) });
    this.#reject(error);
  }

  cancel(reason = 'it was no longer wanted'): void {
    if (this.#settled) return;
    const error = new SkeinError('TASK_CANCELLED', `task '${this.task.name}' (${this.id}) was cancelled: ${reason}`, {
      details: { task: this.task.name, taskId: this.id, reason },
    });
    this.cancelledBy(error, reason);
    this.#owner.abandon(this, error);
  }

  /** Ends as cancelled, without telling the owner: the owner says so. */
  cancelledBy(error: SkeinError, reason: string): void {
    if (this.#settled) return;
    this.#settle();
    this.#owner.emit({ type: 'task/cancelled', taskId: this.id, reason });
    this.#reject(error);
  }

  #settle(): void {
    this.#settled = true;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }
}
