/** The coordinator's side of NATS: submits tasks, follows their progress, and takes their results as they are stored. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { JsMsg } from '@nats-io/jetstream';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { SkeinError, toSkeinError } from '../../errors.ts';
import type { Static, TSchema } from '../../schema.ts';
import { failureOf } from '../attempts.ts';
import { BaseRuntime } from '../base.ts';
import { checkId, randomId } from '../ids.ts';
import type { Journal } from '../journal.ts';
import { parameterValues } from '../parameter-values.ts';
import type { NatsRuntime } from '../runtime.ts';
import type { BlobStore, ParameterStore } from '../stores.ts';
import type { StreamStore } from '../stream.ts';
import { streamsOf } from '../stream-hosts.ts';
import type { Submission } from '../submission.ts';
import { listen } from './connection.ts';
import { NatsJournal } from './journal.ts';
import { deleteMessage, type Link, lastMessage, openLink, publishFirst, serverError } from './link.ts';
import { ControlMessage, LiveMessage, type Payload, pack, ResultMessage, TaskMessage, unpack } from './messages.ts';
import { lastWord } from './names.ts';
import type { NatsRuntimeOptions, WorkerInfo } from './options.ts';
import { ResultFeed } from './result-feed.ts';
import { rollCall } from './roll-call.ts';
import { RunStore } from './run-store.ts';
import { ensureTaskStream } from './task-stream.ts';

/** How often a coordinator looks whether a task that another one submitted is still there, in milliseconds. */
const JOINED_MS = 2_000;
/** Results of a run without a name that stay on the server, for workers whose acknowledgement was lost. */
const KEPT_RESULTS = 20_000;
/** How many results are taken between two times that older ones are deleted. */
const TAKEN_AT_ONCE = 10_000;
/** How long `close` may take to tidy up on the server, in milliseconds. */
const TIDY_MS = 3_000;

/** Connects and opens the run. */
export async function openNatsRuntime(options: NatsRuntimeOptions): Promise<NatsRuntime> {
  const run = checkId('run', options.run ?? `run-${randomId()}`);
  const link = await openLink(options, `skein coordinator of ${run}`);
  try {
    await ensureTaskStream(link);
    const store = new RunStore(link, run);
    const lastSequence = await store.open();
    const runtime = new CoordinatorRuntime(link, store, options.run === undefined);
    await runtime.listen(lastSequence);
    return runtime;
  } catch (error) {
    await link.nc.close();
    throw toSkeinError(error, 'CONNECTION');
  }
}

/** What is known of a task that was sent and has not ended. */
interface Sent {
  input: Payload | null;
  /** Its message's sequence in the queue; null until the server has confirmed it, or if it was there before. */
  sequence: number | null;
  /** Why it was cancelled, if it was. */
  cancelled: string | null;
  /** Which worker reported to have started which attempt: names workers that are lost. */
  readonly startedBy: Map<number, string>;
  /** Settles when the live messages so far have been told. */
  live: Promise<void>;
  /** Sequence and delivery of the last kept message that was told. */
  told: { readonly sequence: number; readonly delivery: number };
}

const unstored = (taskId: string, worker: string, reason: string): SkeinError =>
  new SkeinError('IO', `task ${taskId} ended on worker ${worker}, but the server did not store how: ${reason}`, {
    details: { taskId, worker, reason },
    advice: 'free space on the server or raise its limits (max_file_store), then submit the task again',
  });

class CoordinatorRuntime extends BaseRuntime implements NatsRuntime {
  readonly kind = 'nats';
  readonly sharesMemory = false;
  readonly runId: string;
  readonly parameters: ParameterStore;
  readonly blobs: BlobStore;
  readonly streams: StreamStore;
  protected readonly mapInFlight = 512;
  protected readonly isDurable: boolean;
  readonly #link: Link;
  readonly #store: RunStore;
  /** Nobody else knows the run's name: nothing of it was there before, and nothing stays. */
  readonly #ephemeral: boolean;
  /** The tasks on their way, by id. */
  readonly #sent = new Map<string, Sent>();
  #live: Subscription | null = null;
  #control: Subscription | null = null;
  #results: ResultFeed | null = null;
  /** Results so far. */
  #taken = 0;

  constructor(link: Link, store: RunStore, ephemeral: boolean) {
    super();
    this.#link = link;
    this.#store = store;
    this.#ephemeral = ephemeral;
    this.isDurable = !ephemeral;
    this.runId = store.run;
    this.parameters = parameterValues(store.parameters);
    this.blobs = store.blobs;
    this.streams = streamsOf(store.streams);
  }

  async #followConnection(): Promise<void> {
    for await (const status of this.#link.nc.status()) {
      if (status.type === 'disconnect') this.emit({ type: 'runtime/disconnected' });
      if (status.type === 'reconnect') this.emit({ type: 'runtime/reconnected', server: status.server });
    }
  }

  /** Starts to receive live messages, and results after the given sequence. */
  async listen(lastSequence: number): Promise<void> {
    const { nc, names } = this.#link;
    void this.#followConnection();
    this.#live = listen(nc, names.live(this.runId, '*'), (message) => this.#onLive(message));
    this.#control = listen(nc, names.control(this.runId), (message) => this.#onControl(message));
    const stream = names.runStream(this.runId);
    this.#results = new ResultFeed(this.#link, stream, names.told(this.runId), lastSequence, (message) =>
      this.#onTold(message),
    );
    await this.#results.open();
  }

  protected start(submission: Submission): void {
    const sent: Sent = {
      input: null,
      sequence: null,
      cancelled: null,
      startedBy: new Map(),
      live: Promise.resolve(),
      told: { sequence: 0, delivery: 0 },
    };
    if (submission.keepReports && !this.#ephemeral)
      this.#inTurn(submission, sent, () => this.#tellKept(submission, sent));
    this.#sent.set(submission.id, sent);
    this.#send(submission, sent).catch((error: unknown) => submission.fail(serverError(error)));
    const forget = (): boolean => sent.cancelled === null && this.#sent.delete(submission.id);
    submission.result.then(forget, forget);
  }

  async #send(submission: Submission, sent: Sent): Promise<void> {
    // Only a named run can have results from before; the server knows them by the ids that their submitter chose.
    if (!this.#ephemeral && (await this.#takeKnownResult(submission))) return;
    const { names } = this.#link;
    const { id, queue, task, rng, timeoutMs, attempts, retry, keepReports } = submission;
    const input = await this.#store.toPayload(`input/${id}/${randomId()}`, submission.input.bytes);
    sent.input = input;
    if (sent.cancelled !== null) return;
    const message = pack(TaskMessage, {
      task: task.name,
      input,
      rng: { key: [...rng.key], counter: rng.counter },
      timeoutMs,
      attempts,
      retry,
      keepReports,
    });
    const subject = names.task(queue, this.runId, id);
    sent.sequence = await publishFirst(this.#link, names.taskStream, subject, message);
    if (sent.sequence === null) await this.#join(submission, sent, subject, message);
    if (sent.cancelled !== null) await this.#withdraw(submission, sent, sent.cancelled);
  }

  /** Waits for a task that someone else submitted; submits it itself if it was withdrawn, then or later. */
  async #join(submission: Submission, sent: Sent, subject: string, message: Uint8Array): Promise<void> {
    const { taskStream } = this.#link.names;
    while (!submission.settled && !this.#link.nc.isClosed()) {
      // In this order: a message goes only after its result is stored.
      const isThere = (await lastMessage(this.#link, taskStream, subject)) !== null;
      if (await this.#takeKnownResult(submission)) break;
      if (!isThere) {
        sent.sequence = await publishFirst(this.#link, taskStream, subject, message, randomId());
        if (sent.sequence !== null) return;
      }
      await Promise.race([submission.result.catch(() => undefined), sleep(JOINED_MS, undefined, { ref: false })]);
    }
    if (sent.input !== null) this.#store.drop(sent.input);
  }

  async find(id: string, queue = 'default'): Promise<'unfinished' | 'done' | 'failed' | 'cancelled' | null> {
    const { names } = this.#link;
    const subject = names.task(checkId('queue', queue), this.runId, checkId('task id', id));
    const waits = (await lastMessage(this.#link, names.taskStream, subject)) !== null;
    const result = await this.#store.result(id);
    return result?.type ?? (waits ? 'unfinished' : null);
  }

  async #takeKnownResult(submission: Submission): Promise<boolean> {
    const result = await this.#store.result(submission.id);
    if (result !== null) await this.#finish(submission, result);
    return result !== null;
  }

  /** A result, or a message of a task that keeps them. */
  #onTold(message: JsMsg): void {
    const { id, delivery } = this.#link.names.parseTold(message.subject);
    const submission = this.unfinished.get(id);
    if (submission === undefined) return;
    const sent = this.#sent.get(id);
    if (delivery !== null) {
      const bytes = message.data.slice();
      if (sent !== undefined) {
        this.#inTurn(submission, sent, () => this.#tellOnce(submission, sent, message.seq, delivery, bytes));
      }
      return;
    }
    if (this.#ephemeral && ++this.#taken % TAKEN_AT_ONCE === 0) this.#forgetBefore(message.seq - KEPT_RESULTS);
    this.#guard(submission, async () =>
      this.#finish(submission, unpack(ResultMessage, `result of task ${submission.id}`, message.data)),
    );
  }

  /** Nobody asks again for the results of a run without a name: old ones would only fill the server's memory. */
  #forgetBefore(sequence: number): void {
    if (sequence <= 0) return;
    const { jsm, names } = this.#link;
    jsm.streams.purge(names.runStream(this.runId), { filter: names.results(this.runId), seq: sequence }).catch(() => {
      // They go with the run at the latest.
    });
  }

  async #finish(submission: Submission, result: ResultMessage): Promise<void> {
    const sent = this.#sent.get(submission.id);
    await sent?.live;
    switch (result.type) {
      case 'done': {
        const bytes = await this.#store.fromPayload(result.output);
        if (this.#ephemeral) this.#store.drop(result.output);
        submission.succeed({ bytes, shared: [] }, result.worker, result.attempt);
        break;
      }
      case 'failed': {
        const attempts = result.attempts.map((a) => ({
          ...a,
          worker: a.worker ?? sent?.startedBy.get(a.attempt) ?? null,
        }));
        submission.fail(failureOf(submission, result.error, attempts));
        break;
      }
      case 'cancelled':
        submission.cancelledBy(
          new SkeinError('TASK_CANCELLED', `task ${submission.id} was cancelled: ${result.reason}`),
          result.reason,
        );
        break;
      default:
        result satisfies never;
    }
  }

  /** Somebody cancelled the whole run from outside. */
  #onControl(message: Msg): void {
    try {
      const control = unpack(ControlMessage, 'control message', message.data);
      if (control.type === 'cancel-run') this.endUnfinished('its run was cancelled');
    } catch {
      // Not a message of ours: workers report it, and no task depends on it.
    }
  }

  #onLive(message: Msg): void {
    const submission = this.unfinished.get(lastWord(message.subject));
    const sent = submission === undefined ? undefined : this.#sent.get(submission.id);
    if (submission === undefined || sent === undefined) return;
    this.#inTurn(submission, sent, () => this.#tell(submission, sent, message.data));
  }

  /** One after another: a large report has to be fetched, and what follows it waits. */
  #inTurn(submission: Submission, sent: Sent, tell: () => Promise<void>): void {
    sent.live = sent.live.then(tell).catch((error: unknown) => submission.fail(toSkeinError(error, 'WIRE')));
  }

  /** What the task said before this coordinator was there. */
  async #tellKept(submission: Submission, sent: Sent): Promise<void> {
    for await (const { seq, subject, data } of this.#store.keptLive(submission.id)) {
      const { delivery } = this.#link.names.parseTold(subject);
      await this.#tellOnce(submission, sent, seq, delivery ?? 0, data.slice());
    }
  }

  /** Tells a kept message, unless it was told or comes late from a worker that the task was taken from. */
  async #tellOnce(
    submission: Submission,
    sent: Sent,
    sequence: number,
    delivery: number,
    bytes: Uint8Array,
  ): Promise<void> {
    if (sequence <= sent.told.sequence || delivery < sent.told.delivery) return;
    sent.told = { sequence, delivery };
    await this.#tell(submission, sent, bytes);
  }

  async #tell(submission: Submission, sent: Sent, bytes: Uint8Array): Promise<void> {
    const live = unpack(LiveMessage, `live message of task ${submission.id}`, bytes);
    if (live.type === 'started') {
      sent.startedBy.set(live.attempt, live.worker);
      submission.started(live.worker, live.attempt);
    } else if (live.type === 'retried') {
      submission.retried(live.attempt, live.reason);
    } else if (live.type === 'unstored') {
      const { worker, reason } = live;
      submission.fail(unstored(submission.id, worker, reason));
      await this.#withdraw(submission, sent, reason);
    } else {
      const { report } = live;
      submission.progressed('bytes' in report ? report.bytes : await this.#store.fromPayload(report));
      if (!submission.keepReports) this.#store.drop(report);
    }
  }

  /** A message that cannot be read fails its task, and only that. */
  #guard(submission: Submission, handle: () => Promise<void>): void {
    handle().catch((error: unknown) => submission.fail(toSkeinError(error, 'WIRE')));
  }

  abandon(submission: Submission, error: SkeinError): void {
    const sent = this.#sent.get(submission.id);
    if (sent === undefined) return;
    sent.cancelled = String(error.details['reason'] ?? error.message);
    this.#cancel(submission, sent, sent.cancelled)
      .catch(() => {
        // The server is gone for good: nobody is left who could run the task.
      })
      .finally(() => this.#sent.delete(submission.id));
  }

  async #cancel(submission: Submission, sent: Sent, reason: string): Promise<void> {
    await this.#withdraw(submission, sent, reason);
    await this.#store.storeResult(submission.id, { type: 'cancelled', reason });
  }

  /** Takes the task out of its queue, then from the worker that has it: in the other order it could start in between. */
  async #withdraw(submission: Submission, sent: Sent, reason: string): Promise<void> {
    const { nc, names } = this.#link;
    const subject = names.task(submission.queue, this.runId, submission.id);
    const waiting = sent.sequence ?? (await lastMessage(this.#link, names.taskStream, subject))?.seq;
    if (waiting !== undefined) await deleteMessage(this.#link, names.taskStream, waiting);
    nc.publish(names.control(this.runId), pack(ControlMessage, { type: 'cancel', taskId: submission.id, reason }));
    if (sent.input !== null) this.#store.drop(sent.input);
  }

  journal<S extends TSchema>(schema: S): Journal<Static<S>> {
    return new NatsJournal(this.#link, this.runId, schema);
  }

  workers(): Promise<WorkerInfo[]> {
    return rollCall(this.#link);
  }

  protected async release(): Promise<void> {
    const unfinished = [...this.#sent];
    const tooLong = new AbortController();
    await Promise.race([
      this.#tidy(unfinished).catch(() => undefined),
      sleep(TIDY_MS, undefined, { signal: tooLong.signal }).catch(() => undefined),
    ]);
    tooLong.abort();
    await this.#link.nc.close();
  }

  /** Withdraws what is unfinished; of a run without a name, deletes everything. */
  async #tidy(unfinished: readonly (readonly [id: string, sent: Sent])[]): Promise<void> {
    const { nc, names } = this.#link;
    this.#live?.unsubscribe();
    this.#control?.unsubscribe();
    await this.#results?.close();
    await this.#store.streams.closeAll();
    const waiting = unfinished.flatMap(([, { sequence }]) => sequence ?? []);
    await Promise.all(waiting.map((sequence) => deleteMessage(this.#link, names.taskStream, sequence)));
    const tell = (message: Parameters<typeof pack<typeof ControlMessage>>[1]): void =>
      nc.publish(names.control(this.runId), pack(ControlMessage, message));
    if (!this.#ephemeral) {
      // Only its own tasks: a run with a name may have other coordinators.
      for (const [taskId] of unfinished) tell({ type: 'cancel', taskId, reason: 'its run was closed' });
      return;
    }
    tell({ type: 'cancel-run', deleted: true });
    await this.#store.delete();
  }
}
