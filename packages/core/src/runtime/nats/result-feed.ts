/**
 * Messages of a run's stream as they are stored, each one at least once and in order, until closed. The client's ordered
 * consumer lives on one server: where it is lost with it, and the client does not notice, a new one goes on behind the last
 * message that came.
 */

import { type ConsumerMessages, DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import { type Link, lastMessage, persistently } from './link.ts';

/** How often the server says that there is no message, in milliseconds. */
const HEARTBEAT_MS = 1_000;
/** How often it is asked whether there are messages that did not come, in milliseconds. */
const DOUBT_MS = 3_000;

export class ResultFeed {
  readonly #link: Link;
  readonly #stream: string;
  readonly #subjects: string;
  readonly #hear: (message: JsMsg) => void;
  #seen: number;
  #seenBefore: number;
  #messages: ConsumerMessages | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isChecking = false;

  /** `after`: sequence of the last message that is known. */
  constructor(link: Link, stream: string, subjects: string, after: number, hear: (message: JsMsg) => void) {
    this.#link = link;
    this.#stream = stream;
    this.#subjects = subjects;
    this.#seen = after;
    this.#seenBefore = after;
    this.#hear = hear;
  }

  async open(): Promise<void> {
    await this.#consume();
    this.#timer = setInterval(() => void this.#check(), DOUBT_MS);
  }

  async #consume(): Promise<void> {
    const consumer = await persistently(this.#link, () =>
      this.#link.js.consumers.get(this.#stream, {
        filter_subjects: this.#subjects,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: this.#seen + 1,
      }),
    );
    this.#messages = await consumer.consume({
      max_messages: 1000,
      // A server that started again has forgotten the consumer: two beats missed, and the client makes it anew.
      idle_heartbeat: HEARTBEAT_MS,
      expires: 5 * HEARTBEAT_MS,
      callback: (message) => {
        this.#seen = Math.max(this.#seen, message.seq);
        this.#hear(message);
      },
    });
  }

  /** Nothing came since the last look, but something is there: consumes anew. */
  async #check(): Promise<void> {
    const isQuiet = this.#seen === this.#seenBefore;
    this.#seenBefore = this.#seen;
    if (!isQuiet || this.#isChecking) return;
    this.#isChecking = true;
    try {
      const last = await lastMessage(this.#link, this.#stream, this.#subjects);
      if (last === null || last.seq <= this.#seen || this.#timer === null) return;
      void this.#messages?.close();
      await this.#consume();
    } catch {
      // The connection was closed, or the server refuses: the next look, if there is one, tells.
    } finally {
      this.#isChecking = false;
    }
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#messages?.close();
  }
}
