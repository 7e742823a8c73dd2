/**
 * The streams of a run on a server. Threads and the process itself write and read shared memory as they do without a
 * server; in between, a sender for each producer and a receiver for the consumer carry batches to the server and back.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { SkeinError } from '../../errors.ts';
import { requireSameStream, type StreamDefinition } from '../stream.ts';
import type { StreamGrant, StreamHost, StreamRequest } from '../stream-hosts.ts';
import type { ClosedReason } from '../stream-memory.ts';
import type { Link } from './link.ts';
import { StreamReceiver } from './stream-receiver.ts';
import { StreamSender } from './stream-sender.ts';
import { askForOffer, type StreamSubjects, streamSubjects } from './stream-subjects.ts';

/** A producer asks for its consumer at least this often, in milliseconds. */
const ASK_MS = 500;

export class NatsStreams implements StreamHost {
  readonly #link: Link;
  readonly #run: string;
  readonly #ends = new Map<number, (reason: ClosedReason) => Promise<void>>();
  #lastId = 0;

  constructor(link: Link, run: string) {
    this.#link = link;
    this.#run = run;
  }

  async open(request: StreamRequest, ended: Promise<unknown>): Promise<StreamGrant> {
    const subjects = streamSubjects(this.#link, this.#run, request.stream.name);
    const grant = await (request.end === 'consume'
      ? this.#consume(request, subjects)
      : this.#produce(request.stream, subjects, ended));
    const takeBack = (): Promise<void> => this.#close(grant.id, 'its consumer is gone');
    ended.then(takeBack, takeBack);
    return grant;
  }

  async #consume(
    { stream, capacity, whenFull }: StreamRequest & { end: 'consume' },
    subjects: StreamSubjects,
  ): Promise<StreamGrant> {
    const receiver = new StreamReceiver(this.#link, subjects, { stream, capacity, whenFull });
    await receiver.open();
    const id = ++this.#lastId;
    this.#ends.set(id, (reason) => receiver.close(reason));
    return { id, memory: receiver.memory.memory, slots: receiver.memory.slots, whenFull };
  }

  async #produce(stream: StreamDefinition, subjects: StreamSubjects, ended: Promise<unknown>): Promise<StreamGrant> {
    requireSameStream(stream, await this.#offer(subjects, ended));
    const sender = new StreamSender(this.#link, subjects, stream);
    const id = ++this.#lastId;
    this.#ends.set(id, () => sender.close());
    const { memory, slots } = sender.memory;
    // Memory between a producer and its connection; what is dropped is dropped on the server.
    return { id, memory, slots, whenFull: 'block' };
  }

  /** Waits for the stream's consumer. */
  async #offer(subjects: StreamSubjects, ended: Promise<unknown>): Promise<StreamDefinition> {
    const news = this.#link.nc.subscribe(subjects.news);
    const heard = news[Symbol.asyncIterator]();
    const over = { ended: false };
    const end = (): void => {
      over.ended = true;
      news.unsubscribe();
    };
    ended.then(end, end);
    try {
      while (!over.ended && !this.#link.nc.isClosed()) {
        const offer = await askForOffer(this.#link, subjects);
        if (offer !== null) return offer;
        await Promise.race([heard.next(), sleep(ASK_MS)]);
      }
      throw new SkeinError('TASK_CANCELLED', `stream ${subjects.name}: its producer ended before it had a consumer`);
    } finally {
      news.unsubscribe();
    }
  }

  close(id: number): Promise<void> {
    return this.#close(id, 'its consumer closed it');
  }

  async #close(id: number, reason: ClosedReason): Promise<void> {
    const close = this.#ends.get(id);
    this.#ends.delete(id);
    await close?.(reason);
  }

  /** Closes every end that this process has. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.#ends.keys()].map((id) => this.#close(id, 'the runtime was closed')));
  }

  /** Deletes what is left of the run's streams. */
  async delete(): Promise<void> {
    const { jsm, names } = this.#link;
    for await (const { config } of jsm.streams.list(names.streamBatches(this.#run, '*'))) {
      await jsm.streams.delete(config.name);
    }
  }
}
