/**
 * Runs attempts on worker threads. piscina starts, keeps and ends the threads; each is leased while there is work, and
 * the lease carries tasks, results, progress and store calls (thread-messages.ts). Tasks that were measured to be short
 * are handed out several at a time, so that they need no round trip each; a thread that runs dry takes waiting ones
 * back from the others.
 */

import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { messageOf, SkeinError } from '../errors.ts';
import { moduleBeside } from '../module-url.ts';
import { Fifo } from './fifo.ts';
import type { JobHandle, JobOutcome, JobRequest } from './job.ts';
import { type Job, Lease, type LeaseOwner } from './lease.ts';
import { plainWireError } from './task-run.ts';
import { CLAIM, SLOTS, type ThreadLease } from './thread-messages.ts';

export interface ThreadPoolOptions {
  /** Most threads at a time. */
  readonly threads?: number;
  /** Most memory of one thread's heap in MiB; Node.js decides if left out. */
  readonly memoryMb?: number;
  /** How long an aborted task may take to stop before its thread is terminated, in milliseconds. */
  readonly graceMs?: number;
  /** Modules whose exported tasks may run. */
  readonly modules?: readonly string[];
  /** Threads are called `${name}-1`, `${name}-2`, ... */
  readonly name?: string;
}

export const threadPoolDefaults = {
  threads: availableParallelism(),
  graceMs: 1_000,
  modules: [],
  name: 'thread',
} as const satisfies ThreadPoolOptions;

/** A thread that has nothing to do is kept this long, in milliseconds. */
const IDLE_THREAD_MS = 30_000;
/** A lease outlives its last task by this long, so that tasks in sequence share it. */
const IDLE_LEASE_MS = 50;
/** Short tasks are handed out for about this much work at a time, in milliseconds. */
const BATCH_MS = 2;

/**
 * V8 compiles calls from WebAssembly to JavaScript that are frequent (Node.js makes such calls to load TypeScript), shares
 * that code between threads and, rarely, loses track of it when it frees it. That ends the whole process: "Check failed:
 * jit_page.has_value()" on V8 13.6. Calls that never count as frequent are not compiled.
 */
const NO_SHARED_CALLS = '--wasm-wrapper-tiering-budget=2147483647';

const THREAD_FILE = moduleBeside('thread', import.meta.url);

export class ThreadPool implements LeaseOwner {
  readonly #options: Required<Omit<ThreadPoolOptions, 'memoryMb'>>;
  readonly #piscina: Piscina;
  readonly #queue = new Fifo<Job>();
  readonly #jobs = new Set<Job>();
  readonly #leases = new Map<Lease, number>();
  /** Smoothed run time of each task in milliseconds. */
  readonly #meanMs = new Map<string, number>();
  #lastNumber = 0;
  #pumpPlanned = false;

  constructor(options: ThreadPoolOptions = {}) {
    this.#options = { ...threadPoolDefaults, ...options };
    setFlagsFromString(NO_SHARED_CALLS);
    this.#piscina = new Piscina({
      filename: THREAD_FILE,
      minThreads: 0,
      maxThreads: this.#options.threads,
      idleTimeout: IDLE_THREAD_MS,
      // Blocking waits between tasks would keep a thread from answering messages.
      atomics: 'disabled',
      recordTiming: false,
      ...(options.memoryMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: options.memoryMb } }),
    });
    this.#piscina.on('error', (error: Error) => this.#threadFailedToStart(error));
  }

  /** How many attempts the pool can take now without any of them waiting for a slow one. */
  capacityFor(task: string): number {
    return this.#options.threads * this.#depth(task);
  }

  /** Runs one attempt. */
  execute(request: JobRequest): JobHandle {
    const { promise, resolve } = Promise.withResolvers<JobOutcome>();
    const number = ++this.#lastNumber;
    const job: Job = { number, request, outcome: promise, settle: resolve, held: null, aborted: null, timer: null };
    this.#jobs.add(job);
    this.#queue.push(job);
    this.hasRoom();
    return {
      outcome: promise,
      abort: (error) => this.#abort(job, error),
      withdraw: (error) => this.#withdraw(job, error),
    };
  }

  /** Aborts what runs, waits until it stops or its grace period ends, and ends every thread. */
  async close(error = new SkeinError('TASK_CANCELLED', 'the runtime was closed')): Promise<void> {
    const unfinished = [...this.#jobs];
    for (const job of unfinished) this.#abort(job, error);
    await Promise.all(unfinished.map((job) => job.outcome));
    for (const lease of [...this.#leases.keys()]) this.#rest(lease);
    await this.#piscina.destroy();
  }

  #abort(job: Job, error: SkeinError): void {
    if (!this.#jobs.has(job) || job.aborted !== null || this.#withdraw(job, error)) return;
    const lease = (job.held as NonNullable<Job['held']>).lease;
    job.aborted = error;
    lease.abort(job, error);
    if (job.timer !== null) clearTimeout(job.timer);
    job.timer = setTimeout(() => lease.terminate(), this.#options.graceMs);
  }

  #withdraw(job: Job, error: SkeinError): boolean {
    const lease = job.held?.lease ?? null;
    if (!this.#jobs.has(job) || (lease !== null && !lease.takeBack(job))) return false;
    if (lease === null) this.#queue.remove(job);
    this.#settle(job, { type: 'failed', worker: lease?.worker ?? this.#options.name, error: plainWireError(error) });
    return true;
  }

  #settle(job: Job, outcome: JobOutcome): void {
    if (job.timer !== null) clearTimeout(job.timer);
    this.#jobs.delete(job);
    job.settle(outcome);
  }

  started(lease: Lease, job: Job): void {
    const { timeoutMs, taskId, task } = job.request;
    job.request.onStart?.(lease.worker);
    if (timeoutMs === null) return;
    const error = new SkeinError('TASK_TIMEOUT', `task '${task}' (${taskId}) ran past its limit of ${timeoutMs} ms`, {
      details: { task, taskId, timeoutMs, worker: lease.worker },
      advice: 'raise timeoutMs, or make the task smaller',
    });
    job.timer = setTimeout(() => this.#abort(job, error), timeoutMs);
  }

  ended(lease: Lease, job: Job, outcome: JobOutcome, ms: number): void {
    const { task } = job.request;
    const mean = this.#meanMs.get(task);
    this.#meanMs.set(task, mean === undefined ? ms : 0.8 * mean + 0.2 * ms);
    this.#settle(job, overruledByAbort(lease.worker, job, outcome));
  }

  /** Hands out queued jobs at the end of the current turn, so that jobs of one turn travel together. */
  hasRoom(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    queueMicrotask(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (let job = this.#queue.peek() ?? this.#reclaimOne(); job !== null && job !== undefined; ) {
      const lease = this.#leaseFor(job);
      if (lease === null) break;
      this.#queue.shift();
      lease.offer(job);
      job = this.#queue.peek() ?? this.#reclaimOne();
    }
    for (const lease of this.#leases.keys()) {
      lease.send();
      this.#planRest(lease);
    }
  }

  /** With a thread to spare and nothing queued: a job that waits behind another one, back in the queue. */
  #reclaimOne(): Job | null {
    const spare = this.#leases.size < this.#options.threads || [...this.#leases.keys()].some((l) => l.jobs.size === 0);
    if (!spare) return null;
    for (const lease of this.#leases.keys()) {
      const job = lease.jobs.size > 1 ? lease.takeBackNewest() : null;
      if (job === null) continue;
      this.#queue.unshift(job);
      return job;
    }
    return null;
  }

  #leaseFor(job: Job): Lease | null {
    const open = [...this.#leases.keys()].filter((lease) => lease.hasFreeSlot);
    const idle = open.find((lease) => lease.jobs.size === 0);
    if (idle !== undefined) return idle;
    if (this.#leases.size < this.#options.threads) return this.#open();
    const depth = this.#depth(job.request.task);
    const roomy = open.filter((lease) => lease.jobs.size < Math.min(depth, this.#depthOf(lease)));
    return roomy.reduce<Lease | null>((best, l) => (best === null || l.jobs.size < best.jobs.size ? l : best), null);
  }

  /** How many tasks of this name one thread may hold: 1 until it is known to be short. */
  #depth(task: string): number {
    const mean = this.#meanMs.get(task);
    return mean === undefined ? 1 : Math.max(1, Math.min(SLOTS, Math.floor(BATCH_MS / mean)));
  }

  #depthOf(lease: Lease): number {
    const first = lease.jobs.values().next().value;
    return first === undefined ? SLOTS : this.#depth(first.request.task);
  }

  #open(): Lease {
    const { port1, port2 } = new MessageChannel();
    const claims = new Int32Array(new SharedArrayBuffer(4 * SLOTS)).fill(CLAIM.free);
    const ending = new AbortController();
    const number = this.#freeNumber();
    const worker = `${this.#options.name}-${number}`;
    const lease = new Lease({ worker, port: port1, claims, terminate: () => ending.abort(), owner: this });
    this.#leases.set(lease, number);
    const payload: ThreadLease = { port: port2, claims, modules: this.#options.modules };
    this.#piscina.run(payload, { transferList: [port2], signal: ending.signal }).then(
      () => undefined,
      (error: unknown) => this.#lost(lease, deathReason(error)),
    );
    return lease;
  }

  #freeNumber(): number {
    const taken = new Set(this.#leases.values());
    let number = 1;
    while (taken.has(number)) number++;
    return number;
  }

  #planRest(lease: Lease): void {
    if (lease.idleTimer !== null) clearTimeout(lease.idleTimer);
    lease.idleTimer = lease.jobs.size > 0 ? null : setTimeout(() => this.#rest(lease), IDLE_LEASE_MS);
  }

  #rest(lease: Lease): void {
    this.#leases.delete(lease);
    lease.rest();
  }

  /** A thread died: what it had started is lost, the rest is offered again. */
  #lost(lease: Lease, reason: string): void {
    if (!this.#leases.delete(lease)) return;
    for (const { job, started } of lease.bury()) {
      job.held = null;
      if (started) {
        this.#settle(job, overruledByAbort(lease.worker, job, { type: 'lost', worker: lease.worker, reason }));
      } else {
        this.#queue.unshift(job);
      }
    }
    this.hasRoom();
  }

  /** piscina reports a thread that died before it could serve; its lease would wait for ever. */
  #threadFailedToStart(error: Error): void {
    const reason = deathReason(error);
    for (const lease of [...this.#leases.keys()].filter((l) => !l.heard)) {
      for (const { job } of this.#leases.delete(lease) ? lease.bury() : []) {
        this.#settle(job, overruledByAbort(lease.worker, job, { type: 'lost', worker: lease.worker, reason }));
      }
    }
  }
}

/** An aborted attempt ends with the reason for the abort, whatever it did afterwards. */
function overruledByAbort(worker: string, job: Job, outcome: JobOutcome): JobOutcome {
  return job.aborted === null ? outcome : { type: 'failed', worker, error: plainWireError(job.aborted) };
}

function deathReason(error: unknown): string {
  const code = (error as { code?: string } | null)?.code;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'its thread ran out of memory';
  const exit = /exited with code: (-?\d+)/.exec(messageOf(error));
  return exit === null ? `its thread died: ${messageOf(error)}` : `its thread exited with code ${exit[1]}`;
}
