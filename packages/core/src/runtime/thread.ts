/**
 * What runs on a worker thread. The default export serves one lease: it claims the offered tasks one after another, runs
 * them, and posts what happened. Messages are gathered and posted together while tasks are short.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { SkeinError, toSkeinError } from '../errors.ts';
import { restoreRng } from '../rng.ts';
import type { TaskContext } from '../task.ts';
import { encodeValue } from '../wire.ts';
import { TaskRegistry } from './task-registry.ts';
import { plainWireError, runTask } from './task-run.ts';
import { ThreadCalls } from './thread-calls.ts';
import {
  CLAIM,
  type FromThread,
  isMovable,
  type TaskOffer,
  type ThreadLease,
  type ToThread,
} from './thread-messages.ts';

/** Messages are held back no longer than this while tasks follow each other. */
const GATHER_MS = 1;
/** Incoming messages (an abort) are read at least this often between tasks. */
const TURN_MS = 5;

/** One registry for all leases of this thread: modules are imported once. */
const registry = new TaskRegistry();

/** Serves a lease until the pool says `rest`. */
export default function serve(lease: ThreadLease): Promise<void> {
  return new Promise((resolve) => new LeasedThread(lease, resolve));
}

class LeasedThread {
  readonly #port: MessagePort;
  readonly #claims: Int32Array<SharedArrayBuffer>;
  readonly #modules: readonly string[];
  readonly #calls: ThreadCalls;
  readonly #end: () => void;
  readonly #offers: TaskOffer[] = [];
  #current: { readonly job: number; readonly controller: AbortController } | null = null;
  #busy = false;
  #outbox: FromThread[] = [];
  #movable: ArrayBuffer[] = [];
  #flushedAt = 0;
  #flushPlanned = false;

  constructor(lease: ThreadLease, end: () => void) {
    this.#port = lease.port;
    this.#claims = lease.claims;
    this.#modules = lease.modules;
    this.#end = end;
    this.#calls = new ThreadCalls((message) => {
      this.#post(message);
      this.#flush();
    });
    this.#port.on('message', (message: ToThread) => this.#receive(message));
  }

  #receive(message: ToThread): void {
    if (this.#calls.receive(message)) return;
    if (message.type === 'tasks') {
      this.#offers.push(...message.tasks);
      if (!this.#busy) void this.#work();
    } else if (message.type === 'abort') {
      if (this.#current?.job === message.job) this.#current.controller.abort(SkeinError.fromWire(message.error));
    } else if (message.type === 'rest') {
      this.#flush();
      this.#port.close();
      this.#end();
    }
  }

  async #work(): Promise<void> {
    this.#busy = true;
    let turnAt = performance.now();
    for (let offer = this.#offers.shift(); offer !== undefined; offer = this.#offers.shift()) {
      if (Atomics.compareExchange(this.#claims, offer.slot, CLAIM.offered, CLAIM.started) === CLAIM.offered) {
        await this.#run(offer);
      } else {
        this.#post({ type: 'skipped', job: offer.job });
      }
      if (performance.now() - turnAt < TURN_MS) continue;
      await nextTurn();
      turnAt = performance.now();
    }
    this.#busy = false;
    this.#flush();
  }

  async #run(offer: TaskOffer): Promise<void> {
    const controller = new AbortController();
    const ended = new AbortController();
    this.#current = { job: offer.job, controller };
    this.#post({ type: 'started', job: offer.job });
    if (offer.timed) this.#flush();
    let startedAt = performance.now();
    const elapsed = (): number => performance.now() - startedAt;
    try {
      for (const module of this.#modules) await registry.load(module);
      const task = await registry.find(offer.task, offer.module);
      // Importing modules says nothing about how long the task takes.
      startedAt = performance.now();
      const input = { bytes: offer.input, shared: offer.shared, checked: offer.checked };
      const { bytes, shared } = await runTask(task, this.#context(offer, controller.signal, ended.signal), input);
      if (isMovable(bytes)) this.#movable.push(bytes.buffer);
      this.#finished(offer);
      this.#post({ type: 'done', job: offer.job, ms: elapsed(), output: bytes, shared });
    } catch (thrown) {
      const error = plainWireError(toSkeinError(thrown, 'TASK_FAILED'));
      this.#finished(offer);
      this.#post({ type: 'failed', job: offer.job, ms: elapsed(), error });
    } finally {
      // With a reason, because the default one is an error whose stack has to be taken.
      ended.abort('ended');
    }
  }

  /** Before the result is posted: from then on the slot may hold another task. */
  #finished(offer: TaskOffer): void {
    Atomics.store(this.#claims, offer.slot, CLAIM.finished);
    this.#current = null;
  }

  #context(offer: TaskOffer, signal: AbortSignal, ended: AbortSignal): TaskContext {
    return {
      taskId: offer.taskId,
      attempt: offer.attempt,
      worker: offer.worker,
      signal,
      rng: restoreRng(offer.rng),
      progress: (report) => {
        if (this.#current?.job !== offer.job) return;
        this.#post({ type: 'progress', job: offer.job, report: encodeValue(report) });
        this.#flush();
      },
      ...this.#calls.storesOf(offer.job, [signal, ended]),
    };
  }

  #post(message: FromThread): void {
    this.#outbox.push(message);
    if (performance.now() - this.#flushedAt > GATHER_MS) this.#flush();
    else if (!this.#flushPlanned) {
      this.#flushPlanned = true;
      setImmediate(() => this.#flush());
    }
  }

  #flush(): void {
    this.#flushPlanned = false;
    this.#flushedAt = performance.now();
    if (this.#outbox.length === 0) return;
    this.#port.postMessage(this.#outbox, this.#movable);
    this.#outbox = [];
    this.#movable = [];
  }
}
