/** A producer's side of a stream on the server: sends what is committed in shared memory, one batch after the other. */

import { JetStreamApiError } from '@nats-io/jetstream';
import type { Subscription } from '@nats-io/transport-node';
import { messageOf, SkeinError } from '../../errors.ts';
import { randomId } from '../ids.ts';
import type { StreamBatch, StreamDefinition } from '../stream.ts';
import { MemoryConsumer } from '../stream-ends.ts';
import { createStreamMemory, type StreamMemory, WORD } from '../stream-memory.ts';
import { listen } from './connection.ts';
import { isNobodyThere, isNotFound, type Link, persistently } from './link.ts';
import { pack, StreamBatchMessage } from './messages.ts';
import { STREAM_NEWS, type StreamSubjects } from './stream-subjects.ts';

/** Batches between a producer and the connection: one is filled while others are on their way. */
const SLOTS = 4;
/** A producer that waits for room looks again after this time at the latest, in milliseconds. */
const ROOM_MS = 200;

/** Why sending ended. */
class Gone extends Error {}

export class StreamSender {
  readonly memory: StreamMemory;
  readonly #link: Link;
  readonly #subjects: StreamSubjects;
  readonly #consumer: MemoryConsumer<StreamDefinition['columns']>;
  readonly #news: Subscription;
  readonly #stopped = new AbortController();
  readonly #sent: Promise<void>;
  readonly #id = randomId();
  #batches = 0;
  #toldWaits = 0;
  #toldWaitedMs = 0;
  #wakeUp: () => void = () => undefined;

  /** Throws `INPUT` if a full batch does not fit into a message. */
  constructor(link: Link, subjects: StreamSubjects, stream: StreamDefinition) {
    this.#link = link;
    this.#subjects = subjects;
    this.memory = createStreamMemory(stream, SLOTS);
    const { signal } = this.#stopped;
    this.#consumer = new MemoryConsumer({ memory: this.memory, signal, onClose: async () => undefined });
    this.#requireFitting(stream);
    this.#news = listen(link.nc, subjects.news, (message) => this.#hear(message.string()));
    this.#sent = this.#send();
  }

  #requireFitting({ name, rows }: StreamDefinition): void {
    const bytes = pack(StreamBatchMessage, this.#message(this.memory.arrays(0), rows, 0)).length;
    if (bytes <= this.#link.maxMessageBytes) return;
    throw new SkeinError(
      'INPUT',
      `stream ${name}: expected batches of at most ${this.#link.maxMessageBytes} bytes, got ${bytes} for ${rows} rows`,
      { advice: "define the stream with fewer rows a batch, or raise the server's max_payload" },
    );
  }

  #hear(news: string): void {
    if (news === STREAM_NEWS.closed) this.memory.close('its consumer closed it');
    this.#wakeUp();
  }

  async #send(): Promise<void> {
    try {
      for (;;) {
        const batch = await this.#consumer.next();
        await this.#publish(batch);
        batch.release();
      }
    } catch (error) {
      if (error instanceof Gone) this.memory.close('its consumer is gone');
      else this.memory.close('its connection failed');
    }
  }

  async #publish({ columns, rows, version }: StreamBatch): Promise<void> {
    const message = this.#message(columns, rows, version);
    this.#toldWaits += message.waits;
    this.#toldWaitedMs += message.waitedMs;
    const bytes = pack(StreamBatchMessage, message);
    // The server knows a message that is sent again.
    const msgID = `${this.#id}-${++this.#batches}`;
    while (!(await this.#tryPublish(bytes, msgID))) {
      if (this.memory.closed !== null) throw new Gone();
      await this.#roomOrTimeout();
    }
  }

  /** True once the server has the batch, false if it has no room. Throws `Gone` if it has no such stream. */
  async #tryPublish(bytes: Uint8Array, msgID: string): Promise<boolean> {
    const { js } = this.#link;
    return persistently(this.#link, async () => {
      try {
        await js.publish(this.#subjects.batch, bytes, { msgID });
        return true;
      } catch (error) {
        if (error instanceof JetStreamApiError && /maximum (messages|bytes)/i.test(messageOf(error))) return false;
        if (this.memory.closed !== null) throw new Gone();
        if (isNobodyThere(error)) await this.#requireStream();
        throw error;
      }
    });
  }

  async #requireStream(): Promise<void> {
    try {
      await this.#link.jsm.streams.info(this.#subjects.stream);
    } catch (error) {
      if (isNotFound(error)) throw new Gone();
    }
  }

  async #roomOrTimeout(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ROOM_MS);
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #message(columns: StreamBatch['columns'], rows: number, version: number) {
    const { words } = this.memory;
    const waits = Atomics.load(words, WORD.waits) - this.#toldWaits;
    const waitedMs = Atomics.load(words, WORD.waitedMs) - this.#toldWaitedMs;
    return { rows, version, waits, waitedMs, columns: { ...columns } };
  }

  /** Ends; what was committed is sent before, unless the stream is closed. */
  async close(): Promise<void> {
    if (this.memory.closed === null) await this.#drained();
    this.#stopped.abort();
    this.memory.close('its consumer is gone');
    this.#wakeUp();
    await this.#sent;
    this.#news.unsubscribe();
  }

  async #drained(): Promise<void> {
    for (;;) {
      const seen = Atomics.load(this.memory.words, WORD.freed);
      const isEmpty = this.memory.oldestReady() < 0 && !this.memory.isHeld();
      if (isEmpty || this.memory.closed !== null || this.#link.nc.isClosed()) return;
      await this.memory.changed(WORD.freed, seen);
    }
  }
}
