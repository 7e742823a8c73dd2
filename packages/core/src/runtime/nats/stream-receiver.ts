/**
 * The consumer's side of a stream on the server: takes batches from the server into shared memory, and acknowledges each
 * when it is released there. The server keeps a batch until then, so that the next consumer gets what one that died left.
 */

import {
  AckPolicy,
  type ConsumerMessages,
  DiscardPolicy,
  type JsMsg,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { type Msg, nanos, type Subscription } from '@nats-io/transport-node';
import { messageOf, toSkeinError } from '../../errors.ts';
import { ARRAY_TYPES } from '../../wire.ts';
import { randomId } from '../ids.ts';
import { columnLength, type StreamArrays, type StreamDefinition, secondConsumer, type WhenFull } from '../stream.ts';
import { MemoryProducer } from '../stream-ends.ts';
import { type ClosedReason, createStreamMemory, STATE, type StreamMemory, WORD } from '../stream-memory.ts';
import { listen } from './connection.ts';
import { isNotFound, type Link, persistently } from './link.ts';
import { pack, StreamBatchMessage, StreamOfferMessage, unpack } from './messages.ts';
import { RUN_MAX_AGE_MS } from './names.ts';
import { askForOffer, STREAM_NEWS, type StreamSubjects } from './stream-subjects.ts';

/** How long an acknowledgement may be on its way before the server sends a batch again, in milliseconds. */
const ACK_WAIT_MS = 30_000;
const HEARTBEAT_MS = 1_000;
/** The bridge is the only producer of its memory. */
const BRIDGE = 1;

/** How the stream is to be. */
export interface ReceiverOptions {
  readonly stream: StreamDefinition;
  readonly capacity: number;
  readonly whenFull: WhenFull;
}

export class StreamReceiver {
  readonly memory: StreamMemory;
  readonly #link: Link;
  readonly #subjects: StreamSubjects;
  readonly #options: ReceiverOptions;
  readonly #bridge: MemoryProducer<StreamDefinition['columns']>;
  readonly #stopped = new AbortController();
  /** The messages whose batches lie in memory, by slot. */
  readonly #held = new Map<number, JsMsg>();
  #newest = 0;
  #messages: ConsumerMessages | null = null;
  #offers: Subscription | null = null;

  constructor(link: Link, subjects: StreamSubjects, options: ReceiverOptions) {
    this.#link = link;
    this.#subjects = subjects;
    this.#options = options;
    this.memory = createStreamMemory(options.stream, options.capacity);
    const parts = { memory: this.memory, signal: this.#stopped.signal, onClose: async () => undefined };
    this.#bridge = new MemoryProducer(parts, BRIDGE, options.whenFull);
  }

  /** Takes the stream over from a consumer that is gone, or makes it. Throws `INPUT` if one is there. */
  async open(): Promise<void> {
    const { js, nc } = this.#link;
    const { name } = this.#options.stream;
    const { stream, offer, news } = this.#subjects;
    if ((await askForOffer(this.#link, this.#subjects)) !== null) throw secondConsumer(name);
    await this.#ensureStream();
    const consumer = await js.consumers.get(stream, await this.#becomeConsumer());
    this.#messages = await consumer.consume({
      max_messages: Math.max(2, this.#options.capacity),
      idle_heartbeat: HEARTBEAT_MS,
      expires: 5 * HEARTBEAT_MS,
    });
    void this.#pump(this.#messages);
    void this.#followStatus(this.#messages);
    void this.#followReleases();
    this.#offers = listen(nc, offer, (message) => this.#answer(message));
    nc.publish(news, STREAM_NEWS.opened);
  }

  async #ensureStream(): Promise<void> {
    const { jsm, replicas } = this.#link;
    const { capacity, whenFull } = this.#options;
    const { stream, batch } = this.#subjects;
    const config = {
      name: stream,
      subjects: [batch],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      num_replicas: replicas,
      max_msgs: capacity,
      discard: whenFull === 'block' ? DiscardPolicy.New : DiscardPolicy.Old,
      max_age: nanos(RUN_MAX_AGE_MS),
    };
    await persistently(this.#link, async () => {
      try {
        const left = (await jsm.streams.info(stream)).config;
        if (left.max_msgs !== config.max_msgs || left.discard !== config.discard)
          await jsm.streams.update(stream, config);
      } catch (error) {
        if (!isNotFound(error)) throw error;
        await jsm.streams.add(config);
      }
    });
  }

  /** The server lets a work queue have one consumer: of two that come at once, one is refused. */
  async #becomeConsumer(): Promise<string> {
    const { jsm } = this.#link;
    const { stream } = this.#subjects;
    const name = `consumer-${randomId()}`;
    for await (const left of jsm.consumers.list(stream)) await jsm.consumers.delete(stream, left.name);
    try {
      await jsm.consumers.add(stream, {
        durable_name: name,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ACK_WAIT_MS),
        max_ack_pending: -1,
      });
    } catch (error) {
      if (/consumer not unique|multiple non-filtered/i.test(messageOf(error))) {
        throw secondConsumer(this.#options.stream.name);
      }
      throw toSkeinError(error, 'CONNECTION');
    }
    return name;
  }

  #answer(message: Msg): void {
    const { stream } = this.#options;
    message.respond(pack(StreamOfferMessage, { rows: stream.rows, columns: { ...stream.columns } }));
  }

  async #pump(messages: ConsumerMessages): Promise<void> {
    try {
      for await (const message of messages) await this.#take(message);
    } catch {
      if (!this.#stopped.signal.aborted) this.memory.close('its connection failed');
    }
  }

  async #take(message: JsMsg): Promise<void> {
    if (message.seq <= this.#newest) return this.#again(message);
    const { words } = this.memory;
    // Without a gap nothing was dropped; what comes first may follow batches of an earlier consumer.
    if (this.#newest > 0) Atomics.add(words, WORD.dropped, message.seq - this.#newest - 1);
    this.#newest = message.seq;
    Atomics.store(words, WORD.remote, message.info.pending);
    let batch: StreamBatchMessage;
    try {
      batch = readBatch(this.#options.stream, message.data);
    } catch {
      Atomics.add(words, WORD.refused, 1);
      message.ack();
      return;
    }
    Atomics.add(words, WORD.waits, batch.waits);
    Atomics.add(words, WORD.waitedMs, batch.waitedMs);
    const place = this.#bridge.tryReserve() ?? (await this.#bridge.reserve());
    const { slot } = place as typeof place & { readonly slot: number };
    // Its former batch was released just now, or gave way.
    this.#held.get(slot)?.ack();
    this.#held.set(slot, message);
    for (const [name, array] of Object.entries(batch.columns)) place.columns[name]!.set(array as never);
    place.commit(batch);
  }

  /** The server has not heard of the acknowledgement, or the batch is held for long. */
  #again(message: JsMsg): void {
    const held = [...this.#held.values()].some(({ seq }) => seq === message.seq);
    if (held) message.working();
    else message.ack();
  }

  /** Acknowledges what is released, and tells producers that there is room. */
  async #followReleases(): Promise<void> {
    const { signal } = this.#stopped;
    for (;;) {
      const seen = Atomics.load(this.memory.words, WORD.freed);
      if (this.#acknowledgeFreed()) this.#link.nc.publish(this.#subjects.news, STREAM_NEWS.room);
      if (signal.aborted || this.memory.closed !== null) return;
      await this.memory.changed(WORD.freed, seen, signal).catch(() => undefined);
    }
  }

  #acknowledgeFreed(): boolean {
    let any = false;
    for (const [slot, message] of this.#held) {
      if (this.memory.state(slot) !== STATE.free) continue;
      this.#held.delete(slot);
      message.ack();
      any = true;
    }
    return any;
  }

  async #followStatus(messages: ConsumerMessages): Promise<void> {
    for await (const { type } of messages.status()) {
      if (type !== 'consumer_deleted' && type !== 'consumer_not_found' && type !== 'stream_not_found') continue;
      if (!this.#stopped.signal.aborted) {
        this.memory.close('the server no longer has it, or another consumer took it over');
      }
      return;
    }
  }

  /** Closes the stream: nothing of it stays on the server. */
  async close(reason: ClosedReason): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    const taken = this.memory.closed === 'the server no longer has it, or another consumer took it over';
    this.memory.close(reason);
    this.#stopped.abort();
    this.#offers?.unsubscribe();
    if (this.#link.nc.isClosed()) return;
    await this.#messages?.close();
    if (taken) return;
    await this.#link.jsm.streams.delete(this.#subjects.stream).catch(() => {
      // It is gone, or goes with its run.
    });
    this.#link.nc.publish(this.#subjects.news, STREAM_NEWS.closed);
  }
}

/** A batch from the server, checked against its definition. Throws `WIRE`. */
function readBatch({ name, rows, columns }: StreamDefinition, bytes: Uint8Array): StreamBatchMessage {
  const batch = unpack(StreamBatchMessage, `batch of stream ${name}`, bytes);
  const arrays = batch.columns as StreamArrays<StreamDefinition['columns']>;
  const fits = Object.entries(columns).every(([column, spec]) => {
    const array: unknown = arrays[column];
    const expected = columnLength(spec, batch.rows);
    return array instanceof ARRAY_TYPES[spec.type] && array.length === expected;
  });
  const known = Object.keys(arrays).every((column) => Object.hasOwn(columns, column));
  if (fits && known && batch.rows <= rows) return batch;
  throw toSkeinError(new Error(`batch of stream ${name}: its columns are not the stream's`), 'WIRE');
}
