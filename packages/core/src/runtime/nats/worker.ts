/** A worker: takes tasks from its queues, runs them on threads, stores how they ended, and only then acknowledges. */

import { hostname } from 'node:os';
import { AckPolicy } from '@nats-io/jetstream';
import { type Msg, nanos } from '@nats-io/transport-node';
import { messageOf, SkeinError, toSkeinError } from '../../errors.ts';
import { checkId } from '../ids.ts';
import { moduleUrl, TaskRegistry } from '../task-registry.ts';
import { ThreadPool } from '../thread-pool.ts';
import { listen } from './connection.ts';
import { Delivery, type DeliveryHost } from './delivery.ts';
import { isNotFound, type Link, openLink, persistently } from './link.ts';
import { ControlMessage, pack, unpack, WorkerInfoMessage } from './messages.ts';
import { lastWord } from './names.ts';
import { type Worker, type WorkerEvent, type WorkerOptions, workerDefaults } from './options.ts';
import { Puller, type PullOwner } from './pull.ts';
import { rollCall } from './roll-call.ts';
import { RunStore } from './run-store.ts';
import { ensureTaskStream } from './task-stream.ts';

/** Tasks that may be held at once, over the whole cluster. */
const MAX_HELD = 100_000;
/** Workers that may wait for tasks at once, over the whole cluster. */
const MAX_WAITING = 10_000;
/** Signs of life within the time after which a silent worker is given up. */
const SIGNS_OF_LIFE = 3;
/** How long handing tasks back may take once they have stopped, in milliseconds. */
const HAND_BACK_MS = 5_000;
/** Runs whose stores stay open. */
const OPEN_RUNS = 64;
/** Deleted runs that are remembered, so that tasks which were still on their way are not run. */
const KNOWN_DELETED_RUNS = 1_000;

/** Loads the tasks, connects and starts to serve. Throws `INPUT` or `CONNECTION` if one of these fails. */
export async function openWorker(options: WorkerOptions): Promise<Worker> {
  const name = checkId(
    'worker name',
    options.name ?? `${hostname().replaceAll(/[^A-Za-z0-9_-]/g, '-')}-${process.pid}`,
  );
  const modules = options.tasks.map(moduleUrl);
  const registry = new TaskRegistry();
  for (const module of modules) await registry.load(module);
  const link = await openLink(options, `skein worker ${name}`);
  const { silenceMs: _, ...defaults } = workerDefaults;
  const worker = new NatsWorker(link, name, modules, registry.names, { ...defaults, ...options });
  try {
    await worker.open();
    return worker;
  } catch (error) {
    await worker.stop();
    throw toSkeinError(error, 'CONNECTION');
  }
}

type ResolvedOptions = WorkerOptions & Required<Pick<WorkerOptions, Exclude<keyof typeof workerDefaults, 'silenceMs'>>>;

class NatsWorker implements Worker, PullOwner, DeliveryHost {
  readonly name: string;
  readonly tasks: readonly string[];
  readonly stopped: Promise<void>;
  readonly link: Link;
  readonly pool: ThreadPool;
  readonly #options: ResolvedOptions;
  readonly #held = new Set<Delivery>();
  readonly #runs = new Map<string, RunStore>();
  readonly #deletedRuns = new Set<string>();
  readonly #pullers: Puller[] = [];
  readonly #startedAt = Date.now();
  readonly #resolveStopped: () => void;
  #signs: NodeJS.Timeout | null = null;
  #heldBefore: ReadonlySet<Delivery> = new Set();
  #stopping: Promise<void> | null = null;
  #whenEmpty: (() => void) | null = null;
  /** The task of the last delivery: tells how many more of its kind there is room for. */
  #lastTask = '';

  constructor(
    link: Link,
    name: string,
    modules: readonly string[],
    tasks: readonly string[],
    options: ResolvedOptions,
  ) {
    this.link = link;
    this.name = name;
    this.tasks = tasks;
    this.#options = options;
    this.pool = new ThreadPool({
      threads: options.concurrency,
      graceMs: options.graceMs,
      modules,
      ...(options.memoryMb === undefined ? {} : { memoryMb: options.memoryMb }),
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.stopped = promise;
    this.#resolveStopped = resolve;
  }

  async open(): Promise<void> {
    const { nc, names } = this.link;
    const { queues, signal } = this.#options;
    const stop = (): void => void this.stop();
    if (signal?.aborted === true) return stop();
    signal?.addEventListener('abort', stop);
    await ensureTaskStream(this.link);
    const silences = await Promise.all(queues.map((queue) => this.#ensureQueue(checkId('queue', queue))));
    const silenceMs = Math.min(...silences);
    this.#signs = setInterval(() => this.#giveSigns(), silenceMs / SIGNS_OF_LIFE);
    listen(nc, names.control('*'), (message) => this.#onControl(message));
    listen(nc, names.workers, (message) => void message.respond(this.#describe()));
    void this.#followConnection();
    for (const queue of queues) this.#pullers.push(new Puller(this.link, names.taskStream, queue, silenceMs, this));
    await nc.flush();
    for (const puller of this.#pullers) puller.refill();
    this.emit({ type: 'worker/ready', worker: this.name, tasks: this.tasks });
  }

  /** Makes the queue's consumer if it is the first worker's; gives the silence after which the server gives a worker up. */
  async #ensureQueue(queue: string): Promise<number> {
    const { jsm, names } = this.link;
    const asked = this.#options.silenceMs;
    try {
      const known = (await jsm.consumers.info(names.taskStream, queue)).config.ack_wait ?? 0;
      if (asked === undefined || nanos(asked) === known) return known / 1e6;
      await this.#requireUnserved(queue, known / 1e6, asked);
      await jsm.consumers.update(names.taskStream, queue, { ack_wait: nanos(asked) });
      return asked;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    await jsm.consumers.add(names.taskStream, {
      durable_name: queue,
      filter_subject: names.tasksOfQueue(queue),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(asked ?? workerDefaults.silenceMs),
      max_ack_pending: MAX_HELD,
      max_waiting: MAX_WAITING,
      // The server would leave a message that it gave up in the queue: workers count, and end such a task themselves.
      max_deliver: -1,
    });
    return asked ?? workerDefaults.silenceMs;
  }

  /** Workers give signs of life as often as their queue needs: it does not change under them. */
  async #requireUnserved(queue: string, silenceMs: number, asked: number): Promise<void> {
    const others = (await rollCall(this.link)).filter(({ queues }) => queues.includes(queue));
    if (others.length === 0) return;
    throw new SkeinError(
      'INPUT',
      `silenceMs: expected ${silenceMs} as for the other workers of queue '${queue}', got ${asked}`,
      {
        details: { queue, silenceMs, workers: others.map(({ name }) => name) },
        advice: "leave it out, or stop the queue's workers first: it belongs to the queue",
      },
    );
  }

  consumerMissing(): void {
    for (const queue of this.#options.queues) {
      persistently(this.link, () => this.#ensureQueue(queue)).catch((error: unknown) => this.problem(error));
    }
  }

  idle(): number {
    return this.#stopping === null ? Math.max(0, this.#options.concurrency - this.#held.size) : 0;
  }

  room(): number {
    if (this.#stopping !== null) return 0;
    const depths = [...this.#held].map((delivery) => this.pool.capacityFor(delivery.task ?? this.#lastTask));
    const capacity = depths.length > 0 ? Math.min(...depths) : this.pool.capacityFor(this.#lastTask);
    return capacity - this.#held.size;
  }

  isCrowded(): boolean {
    const { concurrency } = this.#options;
    const long = [...this.#held].filter(({ task }) => task !== null && this.pool.capacityFor(task) === concurrency);
    return long.length > concurrency;
  }

  take(message: Msg): void {
    const delivery = new Delivery(this, message);
    this.#held.add(delivery);
    delivery
      .handle()
      .catch((error: unknown) => this.problem(error))
      .finally(() => {
        this.#held.delete(delivery);
        this.#lastTask = delivery.task ?? this.#lastTask;
        if (this.#held.size === 0) this.#whenEmpty?.();
        for (const puller of this.#pullers) puller.refill();
      });
  }

  store(run: string): RunStore {
    const known = this.#runs.get(run);
    if (known !== undefined) return known;
    const store = new RunStore(this.link, run);
    this.#runs.set(run, store);
    const oldest = this.#runs.keys().next().value as string;
    if (this.#runs.size > OPEN_RUNS) this.#runs.delete(oldest);
    return store;
  }

  emit(event: WorkerEvent): void {
    this.#options.onEvent?.(event);
  }

  problem(error: unknown): void {
    this.emit({ type: 'worker/problem', message: messageOf(error) });
  }

  #giveSigns(): void {
    // With every thread busy since the last sign, what waited here since then waits behind something slow.
    const running = [...this.#held].filter((delivery) => delivery.running && this.#heldBefore.has(delivery));
    const isBusy = running.length >= this.#options.concurrency;
    for (const delivery of this.#held) {
      if (isBusy && this.#heldBefore.has(delivery)) delivery.giveBackIfWaiting();
      delivery.working();
    }
    this.#heldBefore = new Set(this.#held);
  }

  #onControl(message: Msg): void {
    const run = lastWord(message.subject);
    try {
      const control = unpack(ControlMessage, 'control message', message.data);
      const all = control.type === 'cancel-run';
      if (all && control.deleted) this.#noteDeleted(run);
      for (const delivery of this.#held) {
        if (delivery.run !== run || !(all || delivery.taskId === control.taskId)) continue;
        delivery.cancel(all ? 'its run was closed' : control.reason);
      }
    } catch (error) {
      this.problem(error);
    }
  }

  #noteDeleted(run: string): void {
    this.#runs.delete(run);
    this.#deletedRuns.add(run);
    if (this.#deletedRuns.size > KNOWN_DELETED_RUNS)
      this.#deletedRuns.delete(this.#deletedRuns.keys().next().value as string);
  }

  isDeleted(run: string): boolean {
    return this.#deletedRuns.has(run);
  }

  #describe(): Uint8Array {
    return pack(WorkerInfoMessage, {
      name: this.name,
      host: hostname(),
      pid: process.pid,
      concurrency: this.#options.concurrency,
      queues: [...this.#options.queues],
      tasks: [...this.tasks],
      held: this.#held.size,
      startedAt: this.#startedAt,
    });
  }

  async #followConnection(): Promise<void> {
    for await (const status of this.link.nc.status()) {
      if (status.type === 'disconnect') this.emit({ type: 'worker/disconnected' });
      if (status.type === 'error') this.problem(status.error);
      if (status.type !== 'reconnect') continue;
      this.emit({ type: 'worker/reconnected', server: status.server });
      for (const puller of this.#pullers) puller.reconnected();
      // A cancellation may have passed while nobody listened.
      for (const delivery of this.#held) delivery.recheck().catch((error: unknown) => this.problem(error));
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.emit({ type: 'worker/draining', held: this.#held.size });
    for (const puller of this.#pullers) puller.stop();
    if (!(await this.#emptyWithin(this.#options.drainMs))) {
      for (const delivery of this.#held) delivery.giveBack(`worker ${this.name} is stopping`);
      await this.#emptyWithin(this.#options.graceMs + HAND_BACK_MS);
    }
    await this.pool.close(new SkeinError('TASK_CANCELLED', 'the worker was stopped'));
    if (this.#signs !== null) clearInterval(this.#signs);
    if (!this.link.nc.isClosed()) await this.link.nc.flush().catch(() => undefined);
    await this.link.nc.close();
    this.#resolveStopped();
  }

  async #emptyWithin(ms: number): Promise<boolean> {
    if (this.#held.size === 0) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#whenEmpty = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
