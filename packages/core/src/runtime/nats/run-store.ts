/** What the server keeps for one run: results, attempts, large payloads, parameters and blobs. */

import { RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { missingBlob } from '../blob-digest.ts';
import type { ByteStores } from '../parameter-values.ts';
import { NatsBlobs } from './blobs.ts';
import { isNotFound, type Link, lastMessage, messagesThere, publishFirst } from './link.ts';
import { AttemptMessage, LiveMessage, type Payload, pack, ResultMessage, unpack } from './messages.ts';
import { RUN_MAX_AGE_MS } from './names.ts';
import { NatsParameters } from './parameters.ts';
import { NatsStreams } from './streams.ts';

type Unversioned<M> = M extends unknown ? Omit<M, 'v'> : never;

export class RunStore implements ByteStores {
  readonly run: string;
  readonly parameters: NatsParameters;
  readonly blobs: NatsBlobs;
  readonly streams: NatsStreams;
  readonly #link: Link;

  constructor(link: Link, run: string) {
    this.#link = link;
    this.run = run;
    this.blobs = new NatsBlobs(link, run);
    this.parameters = new NatsParameters(link, run, this.blobs);
    this.streams = new NatsStreams(link, run);
  }

  get #stream(): string {
    return this.#link.names.runStream(this.run);
  }

  /** Creates the run's stream if it is not there; gives the sequence of its last message. */
  async open(): Promise<number> {
    const { jsm, names, replicas } = this.#link;
    try {
      return (await jsm.streams.info(this.#stream)).state.last_seq;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const created = await jsm.streams.add({
      name: this.#stream,
      subjects: [names.everythingOfRun(this.run)],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      num_replicas: replicas,
      max_age: nanos(RUN_MAX_AGE_MS),
    });
    return created.state.last_seq;
  }

  /** Stores how a task ended; false if that was known already. */
  async storeResult(taskId: string, message: Unversioned<ResultMessage>): Promise<boolean> {
    const subject = this.#link.names.result(this.run, taskId);
    return (await publishFirst(this.#link, this.#stream, subject, pack(ResultMessage, message))) !== null;
  }

  /** How a task ended; null if it has not. */
  async result(taskId: string): Promise<ResultMessage | null> {
    const bytes = await this.#last(this.#link.names.result(this.run, taskId));
    return bytes === null ? null : unpack(ResultMessage, `result of task ${taskId}`, bytes);
  }

  /** Stores the n-th thing that a delivery says. */
  async storeLive(taskId: string, delivery: number, n: number, message: Unversioned<LiveMessage>): Promise<void> {
    const subject = this.#link.names.kept(this.run, taskId, delivery, n);
    await publishFirst(this.#link, this.#stream, subject, pack(LiveMessage, message));
  }

  /** What is kept of a task's live messages, in order. */
  async *keptLive(
    taskId: string,
  ): AsyncGenerator<{ readonly seq: number; readonly subject: string; readonly data: Uint8Array }> {
    yield* messagesThere(this.#link, this.#stream, this.#link.names.kept(this.run, taskId, '*'));
  }

  /** Stores why a delivery did not end its task. */
  async storeAttempt(taskId: string, delivery: number, message: Unversioned<AttemptMessage>): Promise<void> {
    const subject = this.#link.names.attempt(this.run, taskId, delivery);
    await publishFirst(this.#link, this.#stream, subject, pack(AttemptMessage, message));
  }

  /** Why a delivery did not end its task; null if its worker left no word. */
  async attempt(taskId: string, delivery: number): Promise<AttemptMessage | null> {
    const bytes = await this.#last(this.#link.names.attempt(this.run, taskId, delivery));
    return bytes === null ? null : unpack(AttemptMessage, `attempt ${delivery} of task ${taskId}`, bytes);
  }

  async #last(subject: string): Promise<Uint8Array | null> {
    return (await lastMessage(this.#link, this.#stream, subject))?.data ?? null;
  }

  /** The bytes as part of a message, or stored as an object of that name if they are too many for one. */
  async toPayload(name: string, bytes: Uint8Array): Promise<Payload> {
    if (bytes.length <= this.#link.maxMessageBytes) return { bytes };
    await this.blobs.write(name, bytes);
    return { object: name };
  }

  /** A copy of the payload's bytes. Throws `BLOB` if its object is gone. */
  async fromPayload(payload: Payload): Promise<Uint8Array> {
    if ('bytes' in payload) return payload.bytes.slice();
    return (await this.blobs.read(payload.object)) ?? missingBlob(payload.object);
  }

  /** Deletes the payload's object, if it has one, as soon as that is possible; nobody waits for it. */
  drop(payload: Payload): void {
    if ('object' in payload) this.blobs.drop(payload.object);
  }

  /** Deletes everything that is kept of the run itself. */
  async delete(): Promise<void> {
    const { jsm, names } = this.#link;
    await ignoreMissing(jsm.streams.delete(this.#stream));
    await ignoreMissing(jsm.streams.delete(`KV_${names.parameters(this.run)}`));
    await ignoreMissing(jsm.streams.delete(`OBJ_${names.blobs(this.run)}`));
    await ignoreMissing(this.streams.delete());
  }
}

async function ignoreMissing(operation: Promise<unknown>): Promise<void> {
  try {
    await operation;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
