/** One leased thread, seen from the pool: what it holds, what it reports, and how it ends. */

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type SkeinError, toSkeinError, type WireError } from '../errors.ts';
import type { JobOutcome, JobRequest } from './job.ts';
import type { ByteStores } from './parameter-values.ts';
import { plainWireError } from './task-run.ts';
import { answerCall } from './thread-calls.ts';
import {
  CLAIM,
  type FromThread,
  isMovable,
  SLOTS,
  type StoreCall,
  type TaskOffer,
  type ToThread,
} from './thread-messages.ts';

/** A job inside the pool. */
export interface Job {
  readonly number: number;
  readonly request: JobRequest;
  readonly outcome: Promise<JobOutcome>;
  readonly settle: (outcome: JobOutcome) => void;
  /** Where it is: queued (null) or held by a lease in a slot. */
  held: { readonly lease: Lease; readonly slot: number } | null;
  aborted: SkeinError | null;
  /** Its time limit, or once it is aborted the grace period. */
  timer: NodeJS.Timeout | null;
}

/** What a lease tells its pool. */
export interface LeaseOwner {
  /** The job has ended; the lease has room. */
  ended(lease: Lease, job: Job, outcome: JobOutcome, ms: number): void;
  started(lease: Lease, job: Job): void;
  /** A slot became free without a job ending. */
  hasRoom(): void;
}

/** What the pool sets up before a thread serves: the lease's port, its claims, and how to end the thread. */
export interface LeaseParts {
  readonly worker: string;
  readonly port: MessagePort;
  readonly claims: Int32Array<SharedArrayBuffer>;
  readonly terminate: () => void;
  readonly owner: LeaseOwner;
}

export class Lease {
  readonly worker: string;
  readonly jobs = new Map<number, Job>();
  /** True once the thread has said anything. */
  heard = false;
  idleTimer: NodeJS.Timeout | null = null;
  readonly #parts: LeaseParts;
  readonly #freeSlots: number[] = Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i);
  /** Slots of jobs that were taken back before the thread saw them. */
  readonly #returning = new Map<number, number>();
  readonly #watches = new Map<number, AbortController>();
  #offers: TaskOffer[] = [];
  #moves: ArrayBuffer[] = [];

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.worker = parts.worker;
    parts.port.on('message', (batch: FromThread[]) => this.#receive(batch));
  }

  /** Puts a job into a slot; `send` posts it. Call only while `jobs.size` and the returning slots leave room. */
  offer(job: Job): void {
    const slot = this.#freeSlots.pop() as number;
    const { request } = job;
    job.held = { lease: this, slot };
    this.jobs.set(job.number, job);
    Atomics.store(this.#parts.claims, slot, CLAIM.offered);
    // The original stays here, for another attempt.
    const input = isMovable(request.input.bytes) ? request.input.bytes.slice() : request.input.bytes;
    if (isMovable(input)) this.#moves.push(input.buffer);
    this.#offers.push({
      job: job.number,
      slot,
      taskId: request.taskId,
      task: request.task,
      module: request.module,
      attempt: request.attempt,
      worker: request.worker ?? this.worker,
      rng: request.rng,
      input,
      shared: request.input.shared,
      checked: request.checked,
      timed: request.timeoutMs !== null,
    });
  }

  get hasFreeSlot(): boolean {
    return this.#freeSlots.length > 0;
  }

  /** Posts what was offered. */
  send(): void {
    if (this.#offers.length === 0) return;
    this.#post({ type: 'tasks', tasks: this.#offers }, this.#moves);
    this.#offers = [];
    this.#moves = [];
  }

  /** Takes a job back if its thread has not started it. */
  takeBack(job: Job): boolean {
    const slot = job.held?.slot as number;
    const before = Atomics.compareExchange(this.#parts.claims, slot, CLAIM.offered, CLAIM.takenBack);
    if (before !== CLAIM.offered) return false;
    this.jobs.delete(job.number);
    job.held = null;
    this.#returning.set(job.number, slot);
    return true;
  }

  /** The newest job that the thread has not started, taken back; null if there is none. */
  takeBackNewest(): Job | null {
    const waiting = [...this.jobs.values()].slice(1).reverse();
    return waiting.find((job) => this.takeBack(job)) ?? null;
  }

  abort(job: Job, error: SkeinError): void {
    this.#post({ type: 'abort', job: job.number, error: plainWireError(error) });
  }

  terminate(): void {
    this.#parts.terminate();
  }

  /** Lets the thread go; it holds no job. */
  rest(): void {
    this.#post({ type: 'rest' });
    this.#close();
  }

  /** The thread is gone: reads its last words and gives the jobs that it held, and which of them it had started. */
  bury(): { readonly job: Job; readonly started: boolean }[] {
    for (let last = receiveMessageOnPort(this.#parts.port); last !== undefined; ) {
      this.#receive(last.message as FromThread[]);
      last = receiveMessageOnPort(this.#parts.port);
    }
    this.#close();
    const left = [...this.jobs.values()].map((job) => ({ job, started: !this.#reclaim(job) }));
    this.jobs.clear();
    return left;
  }

  /** True if the job can simply be offered again: it was not started, or it finished and only its result was lost. */
  #reclaim(job: Job): boolean {
    const slot = job.held?.slot as number;
    const before = Atomics.compareExchange(this.#parts.claims, slot, CLAIM.offered, CLAIM.takenBack);
    return before === CLAIM.offered || before === CLAIM.finished;
  }

  #close(): void {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    for (const watch of this.#watches.values()) watch.abort();
    this.#parts.port.close();
  }

  #post(message: ToThread, moves: readonly ArrayBuffer[] = []): void {
    this.#parts.port.postMessage(message, moves);
  }

  #receive(batch: readonly FromThread[]): void {
    this.heard = true;
    for (const message of batch) this.#handle(message);
    this.#parts.owner.hasRoom();
  }

  #handle(message: FromThread): void {
    switch (message.type) {
      case 'started':
        this.#with(message.job, (job) => this.#parts.owner.started(this, job));
        break;
      case 'progress':
        this.#with(message.job, (job) => job.request.onProgress?.(message.report));
        break;
      case 'done':
        this.#end(message.job, message.ms, {
          type: 'done',
          worker: this.worker,
          output: { bytes: message.output, shared: message.shared },
        });
        break;
      case 'failed':
        this.#end(message.job, message.ms, { type: 'failed', worker: this.worker, error: message.error });
        break;
      case 'skipped':
        this.#freeSlots.push(this.#returning.get(message.job) as number);
        this.#returning.delete(message.job);
        break;
      case 'call':
        this.#answer(message.job, message.call, message.request);
        break;
      case 'unwatch':
        this.#watches.get(message.call)?.abort();
        this.#watches.delete(message.call);
        break;
      default:
        message satisfies never;
    }
  }

  #with(number: number, use: (job: Job) => void): void {
    const job = this.jobs.get(number);
    if (job !== undefined) use(job);
  }

  #end(number: number, ms: number, outcome: JobOutcome): void {
    this.#with(number, (job) => {
      this.jobs.delete(number);
      this.#freeSlots.push(job.held?.slot as number);
      job.held = null;
      this.#parts.owner.ended(this, job, outcome, ms);
    });
  }

  #answer(number: number, call: number, request: StoreCall): void {
    this.#with(number, (job) => {
      const { stores } = job.request;
      if (request.method === 'watch') this.#watch(stores, call, request.name);
      else this.#reply(call, answerCall(stores, request, job.outcome));
    });
  }

  #reply(call: number, answer: Promise<unknown>): void {
    answer.then(
      (value) => this.#post({ type: 'reply', call, value }),
      (thrown) => this.#post({ type: 'reply-error', call, error: storeError(thrown) }),
    );
  }

  #watch(stores: ByteStores, call: number, name: string): void {
    const controller = new AbortController();
    this.#watches.set(call, controller);
    this.#reply(call, Promise.resolve(null));
    void this.#forward(stores, call, name, controller.signal);
  }

  async #forward(stores: ByteStores, call: number, name: string, signal: AbortSignal): Promise<void> {
    try {
      for await (const { version, value } of stores.parameters.watch(name, { signal })) {
        this.#post({ type: 'watched', call, version, value });
      }
    } catch (thrown) {
      this.#post({ type: 'watch-failed', call, error: storeError(thrown) });
    }
  }
}

const storeError = (thrown: unknown): WireError => plainWireError(toSkeinError(thrown, 'CONNECTION'));
