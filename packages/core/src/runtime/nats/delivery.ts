/**
 * One delivery of one task to a worker, from the message to its acknowledgement. The order is what keeps results exact:
 * first the result is stored (the first one stored for a task holds), then the message is acknowledged. A worker that
 * dies in between leaves a message that is delivered again, whose next holder finds the result and only acknowledges.
 */

import type { Msg } from '@nats-io/transport-node';
import { messageOf, SkeinError, toSkeinError, type WireError } from '../../errors.ts';
import { type FailedAttempt, mayRetry } from '../attempts.ts';
import { checkId } from '../ids.ts';
import type { JobHandle, JobOutcome } from '../job.ts';
import type { ByteStores } from '../parameter-values.ts';
import { plainWireError, withoutSharedMemory } from '../task-run.ts';
import type { ThreadPool } from '../thread-pool.ts';
import { isGone, isRefusal, type Link } from './link.ts';
import { LiveMessage, type Payload, pack, TaskMessage, unpack } from './messages.ts';
import type { TaskEnd, WorkerEvent } from './options.ts';
import { ack, deliveryCount, handBack, working } from './pull.ts';
import type { RunStore } from './run-store.ts';

/** What a delivery needs of its worker. */
export interface DeliveryHost {
  readonly name: string;
  readonly link: Link;
  readonly pool: ThreadPool;
  store(run: string): RunStore;
  /** It holds more long tasks than it can run: another worker may be idle. */
  isCrowded(): boolean;
  /** Nothing of the run is kept any more: its tasks are not worth running. */
  isDeleted(run: string): boolean;
  emit(event: WorkerEvent): void;
}

/** First pause before a failed task is tried again, and the longest, in milliseconds; it doubles with each attempt. */
const BACK_OFF_MS = { first: 100, longest: 30_000 } as const;

/** Pause of a task that a crowded worker hands back, in milliseconds: longer than the worker's own requests last. */
const CROWDED_MS = 300;

/** A worker that died cannot say why. */
const SILENT = 'its worker died or fell silent';

type LiveBody = LiveMessage extends infer M ? (M extends unknown ? Omit<M, 'v'> : never) : never;

export class Delivery {
  readonly run: string;
  readonly taskId: string;
  /** Name of the task, once the message was read. */
  task: string | null = null;
  /** True once a thread has started it. */
  running = false;
  readonly #host: DeliveryHost;
  readonly #message: Msg;
  readonly #count: number;
  #input: Payload | null = null;
  /** Live messages are stored. */
  #keepsReports = false;
  #liveCount = 0;
  #job: JobHandle | null = null;
  #end: { readonly type: 'cancelled' | 'handed back'; readonly error: SkeinError; readonly delayMs: number } | null =
    null;
  /** Live messages that take time, for a large report or to be stored, are sent one after another. */
  #live: Promise<void> = Promise.resolve();

  constructor(host: DeliveryHost, message: Msg) {
    this.#host = host;
    this.#message = message;
    this.#count = deliveryCount(message);
    const { run, id } = host.link.names.parseTask(message.subject);
    this.run = run;
    this.taskId = id;
  }

  get #store(): RunStore {
    return this.#host.store(this.run);
  }

  /** Tells the server that the task is still being worked on. */
  working(): void {
    working(this.#message);
  }

  /** Stops the task; its submitter has recorded why. */
  cancel(reason: string): void {
    this.#stop('cancelled', new SkeinError('TASK_CANCELLED', `task ${this.taskId} was cancelled: ${reason}`));
  }

  /** Stops the task so that another worker can run it; that costs no attempt. */
  giveBack(reason: string): void {
    this.#stop('handed back', new SkeinError('TASK_CANCELLED', reason));
  }

  /** Hands the task back if it still waits for a thread: another worker may have one. */
  giveBackIfWaiting(): void {
    const error = this.#crowded();
    if (this.#end === null && this.#job?.withdraw(error) === true) {
      this.#end = { type: 'handed back', error, delayMs: CROWDED_MS };
    }
  }

  #crowded(): SkeinError {
    return new SkeinError('TASK_CANCELLED', `worker ${this.#host.name} has no thread for it`);
  }

  #stop(type: 'cancelled' | 'handed back', error: SkeinError, delayMs = 0): void {
    this.#end ??= { type, error, delayMs };
    this.#job?.abort(error);
  }

  /** Stops the task if it has ended elsewhere: cancelled, or finished by another worker while this one was cut off. */
  async recheck(): Promise<void> {
    if ((await this.#store.result(this.taskId)) !== null) this.cancel('it has ended elsewhere');
  }

  /** Runs the task and settles the message. Throws if the server is gone for good: the message stays unacknowledged. */
  async handle(): Promise<void> {
    const end = await this.#handle().catch((error: unknown): TaskEnd => {
      if (isGone(error)) return 'cancelled';
      if (isRefusal(error)) return this.#unstored(error);
      throw error;
    });
    if (end !== 'retry' && end !== 'handed back') {
      ack(this.#message);
      if (this.#input !== null) this.#store.drop(this.#input);
    }
    this.#host.emit({ type: 'task/ended', run: this.run, taskId: this.taskId, outcome: end });
  }

  /** The task has an end, but nowhere to put it. Its coordinator is told; until there is room, it stays in the queue. */
  #unstored(error: unknown): TaskEnd {
    const { link, name } = this.#host;
    const reason = messageOf(error);
    this.#host.emit({ type: 'worker/problem', message: `task ${this.taskId}: its end cannot be stored: ${reason}` });
    link.nc.publish(
      link.names.live(this.run, this.taskId),
      pack(LiveMessage, { type: 'unstored', worker: name, reason }),
    );
    handBack(this.#message, BACK_OFF_MS.longest);
    return 'retry';
  }

  async #handle(): Promise<TaskEnd> {
    if (this.#host.isDeleted(this.run)) return 'cancelled';
    let task: TaskMessage;
    try {
      checkId('run', this.run);
      checkId('task id', this.taskId);
      task = unpack(TaskMessage, `task ${this.taskId}`, this.#message.data);
      this.task = task.task;
      this.#input = task.input;
      this.#keepsReports = task.keepReports;
    } catch (error) {
      return this.#refuse(toSkeinError(error, 'WIRE'));
    }
    if (this.#host.isCrowded()) this.#stop('handed back', this.#crowded(), CROWDED_MS);
    const earlier = this.#count > 1 ? await this.#earlierAttempts() : [];
    if (earlier === null) return 'known';
    if (earlier.length >= task.attempts) return this.#fail(null, earlier);
    return this.#attempt(task, earlier);
  }

  /** A message that is no task: whoever sent it under a valid id learns why, and it is not delivered again. */
  async #refuse(error: SkeinError): Promise<TaskEnd> {
    const subject = this.#message.subject;
    this.#host.emit({ type: 'worker/problem', message: `message on ${subject} refused: ${error.message}` });
    await this.#fail(plainWireError(error), []);
    return 'refused';
  }

  /** Why earlier deliveries did not end the task; null if one did. */
  async #earlierAttempts(): Promise<FailedAttempt[] | null> {
    if ((await this.#store.result(this.taskId)) !== null) return null;
    const failed: FailedAttempt[] = [];
    for (let delivery = 1; delivery < this.#count; delivery++) {
      const record = await this.#store.attempt(this.taskId, delivery);
      if (record?.type === 'handed back') continue;
      const attempt = failed.length + 1;
      failed.push({ attempt, worker: record?.worker ?? null, reason: record?.reason ?? SILENT });
    }
    return failed;
  }

  async #attempt(task: TaskMessage, earlier: readonly FailedAttempt[]): Promise<TaskEnd> {
    const attempt = earlier.length + 1;
    let input: Uint8Array;
    try {
      input = await this.#store.fromPayload(task.input);
    } catch (error) {
      if (this.#host.link.nc.isClosed()) throw error;
      const { name: worker } = this.#host;
      return this.#settle(task, attempt, earlier, { type: 'lost', worker, reason: `its input: ${messageOf(error)}` });
    }
    if (this.#end !== null) return this.#stopped(attempt);
    const last = earlier.at(-1);
    // A worker that died could not tell.
    if (last?.reason === SILENT) this.#tell({ type: 'retried', worker: '', attempt: attempt - 1, reason: SILENT });
    this.#job = this.#host.pool.execute({
      taskId: this.taskId,
      task: task.task,
      module: null,
      attempt,
      rng: { key: [task.rng.key[0], task.rng.key[1]], counter: task.rng.counter },
      input: { bytes: input, shared: [] },
      checked: false,
      timeoutMs: task.timeoutMs,
      stores: this.#keepsReports ? this.#storesAfterReports() : this.#store,
      worker: this.#host.name,
      onStart: () => this.#started(task.task, attempt),
      onProgress: (report) => this.#progressed(report),
    });
    return this.#settle(task, attempt, earlier, await this.#job.outcome);
  }

  async #settle(
    task: TaskMessage,
    attempt: number,
    earlier: readonly FailedAttempt[],
    outcome: JobOutcome,
  ): Promise<TaskEnd> {
    await this.#live;
    if (this.#end !== null && outcome.type !== 'done') return this.#stopped(attempt);
    const worker = this.#host.name;
    if (outcome.type === 'done') {
      const name = `output/${this.taskId}/${worker}-${this.#count}`;
      const output = await this.#store.toPayload(name, withoutSharedMemory(outcome.output));
      const isFirst = await this.#store.storeResult(this.taskId, { type: 'done', worker, attempt, output });
      if (!isFirst) this.#store.drop(output);
      return isFirst ? 'done' : 'known';
    }
    const reason = outcome.type === 'lost' ? outcome.reason : outcome.error.message;
    if (mayRetry(outcome.type, attempt, task)) return this.#retry(attempt, reason);
    return this.#fail(outcome.type === 'lost' ? null : outcome.error, [...earlier, { attempt, worker, reason }]);
  }

  /** What a task publishes, others know only after what it had reported before: whoever starts from it misses nothing. */
  #storesAfterReports(): ByteStores {
    const { parameters } = this.#store;
    const publish = async (name: string, bytes: Uint8Array): Promise<number> => {
      await this.#live;
      return parameters.publish(name, bytes);
    };
    const latest: typeof parameters.latest = (name) => parameters.latest(name);
    const watch: typeof parameters.watch = (name, options) => parameters.watch(name, options);
    return { ...this.#store, parameters: { publish, latest, watch } };
  }

  async #stopped(attempt: number): Promise<TaskEnd> {
    if (this.#end?.type !== 'handed back') return 'cancelled';
    const { name } = this.#host;
    if (this.running) {
      this.#tell({ type: 'retried', worker: name, attempt, reason: this.#end.error.message });
      await this.#live;
    }
    const record = { type: 'handed back', worker: name, reason: this.#end.error.message } as const;
    await this.#store.storeAttempt(this.taskId, this.#count, record);
    handBack(this.#message, this.#end.delayMs);
    return 'handed back';
  }

  async #retry(attempt: number, reason: string): Promise<TaskEnd> {
    const worker = this.#host.name;
    await this.#store.storeAttempt(this.taskId, this.#count, { type: 'failed', worker, reason });
    this.#tell({ type: 'retried', worker, attempt, reason });
    handBack(this.#message, Math.min(BACK_OFF_MS.longest, BACK_OFF_MS.first * 2 ** (attempt - 1)));
    return 'retry';
  }

  async #fail(error: WireError | null, attempts: readonly FailedAttempt[]): Promise<TaskEnd> {
    const isFirst = await this.#store.storeResult(this.taskId, { type: 'failed', error, attempts: [...attempts] });
    return isFirst ? 'failed' : 'known';
  }

  #started(task: string, attempt: number): void {
    this.running = true;
    this.#tell({ type: 'started', worker: this.#host.name, attempt });
    this.#host.emit({ type: 'task/started', run: this.run, taskId: this.taskId, task, attempt });
  }

  #progressed(bytes: Uint8Array): void {
    this.#inTurn(async () => {
      const name = `report/${this.taskId}/${this.#count}-${this.#liveCount + 1}`;
      await this.#send({ type: 'progress', report: await this.#store.toPayload(name, bytes) });
    });
  }

  /** Says something that is short: at once, unless it has to be stored in its turn. */
  #tell(message: LiveBody): void {
    if (this.#keepsReports) this.#inTurn(() => this.#send(message));
    else void this.#send(message);
  }

  #inTurn(say: () => Promise<void>): void {
    this.#live = this.#live.then(say).catch((error: unknown) => {
      this.#host.emit({ type: 'worker/problem', message: messageOf(error) });
    });
  }

  async #send(message: LiveBody): Promise<void> {
    const { nc, names } = this.#host.link;
    this.#liveCount++;
    if (this.#keepsReports) await this.#store.storeLive(this.taskId, this.#count, this.#liveCount, message);
    else if (!nc.isClosed()) nc.publish(names.live(this.run, this.taskId), pack(LiveMessage, message));
  }
}
