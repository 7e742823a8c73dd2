/** What both runtimes share: the public methods, events, submissions by id and closing. */

import { SkeinError, toSkeinError } from '../errors.ts';
import type { Static, TSchema } from '../schema.ts';
import type { Task } from '../task.ts';
import { checkId, randomId } from './ids.ts';
import { mapTasks } from './map.ts';
import type { MapOptions, Runtime, RuntimeEvent, SubmitOptions, TaskHandle } from './runtime.ts';
import type { BlobStore, ParameterStore } from './stores.ts';
import type { StreamStore } from './stream.ts';
import { Submission, type SubmissionOwner } from './submission.ts';

/** A runtime without the part that runs tasks. */
export abstract class BaseRuntime implements Runtime, SubmissionOwner {
  abstract readonly kind: 'local' | 'nats';
  abstract readonly parameters: ParameterStore;
  abstract readonly blobs: BlobStore;
  abstract readonly streams: StreamStore;
  abstract readonly sharesMemory: boolean;
  protected readonly unfinished = new Map<string, Submission>();
  /** How tasks with an id of their submitter ended is stored, and found by `start`. */
  protected abstract readonly isDurable: boolean;
  /** Tasks by the id that their submitter chose, finished ones too unless they are stored: an id gives one result. */
  readonly #named = new Map<string, TaskHandle<unknown>>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #idPrefix = randomId();
  #lastId = 0;
  #closing: Promise<void> | null = null;

  /** Has the task run, and sees to it that the submission ends. */
  protected abstract start(submission: Submission): void;
  /** Stops whatever runs for a cancelled submission. */
  abstract abandon(submission: Submission, error: SkeinError): void;
  /** Ends everything; nothing is submitted any more and every submission has ended. */
  protected abstract release(): Promise<void>;
  /** How many unfinished tasks `map` keeps by default. */
  protected abstract readonly mapInFlight: number;

  submit<I extends TSchema, O extends TSchema>(
    task: Task<I, O>,
    input: Static<I>,
    options: SubmitOptions = {},
  ): TaskHandle<Static<O>> {
    try {
      return this.#submit(task as unknown as Task, input, options) as TaskHandle<Static<O>>;
    } catch (thrown) {
      const result = Promise.reject(toSkeinError(thrown, 'INPUT'));
      result.catch(() => undefined);
      return { id: options.id ?? '', result, cancel: () => undefined };
    }
  }

  #submit(task: Task, input: unknown, options: SubmitOptions): TaskHandle<unknown> {
    if (this.#closing !== null) throw closedError();
    const named = options.id === undefined ? undefined : this.#named.get(checkId('task id', options.id));
    if (named !== undefined) return named;
    const id = options.id ?? `${this.#idPrefix}-${++this.#lastId}`;
    const submission = new Submission(this, id, task, input, options);
    this.unfinished.set(id, submission);
    if (options.id !== undefined) this.#named.set(id, submission.handle);
    submission.result.then(
      () => this.#ended(submission, this.isDurable),
      () => this.#ended(submission, false),
    );
    submission.queued();
    try {
      if (!submission.settled) this.start(submission);
    } catch (thrown) {
      submission.fail(toSkeinError(thrown, 'INPUT'));
    }
    return submission.handle;
  }

  #ended({ id, result, isNamed }: Submission, isStored: boolean): void {
    this.unfinished.delete(id);
    if (!isNamed) return;
    if (isStored) this.#named.delete(id);
    // Keeps the result, lets the input go.
    else this.#named.set(id, { id, result, cancel: () => undefined });
  }

  async run<I extends TSchema, O extends TSchema>(
    task: Task<I, O>,
    input: Static<I>,
    options: SubmitOptions = {},
  ): Promise<Static<O>> {
    return this.submit(task, input, options).result;
  }

  async map<I extends TSchema, O extends TSchema>(
    task: Task<I, O>,
    inputs: Iterable<Static<I>> | AsyncIterable<Static<I>>,
    options: MapOptions = {},
  ): Promise<Static<O>[]> {
    return mapTasks(this.submit.bind(this), options.inFlight ?? this.mapInFlight, task, inputs, options);
  }

  onEvent(listener: (event: RuntimeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: Parameters<SubmissionOwner['emit']>[0]): void {
    if (this.#listeners.size === 0) return;
    const dated = { at: Date.now(), ...event } as RuntimeEvent;
    for (const listener of this.#listeners) listener(dated);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.endUnfinished('the runtime was closed');
    await this.release();
  }

  /** Ends every unfinished submission as cancelled. */
  protected endUnfinished(reason: string): void {
    for (const submission of this.unfinished.values()) {
      const message = `task ${submission.id} was cancelled: ${reason}`;
      submission.cancelledBy(new SkeinError('TASK_CANCELLED', message), reason);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const closedError = (): SkeinError =>
  new SkeinError('RUNTIME_CLOSED', 'the runtime was closed; it takes no more tasks', {
    advice: 'close the runtime after the last task has ended',
  });
