/**
 * Takes messages from a work queue, never more than there is room for: requests are made for as many messages as could
 * start now, so that none waits in a worker's memory while another worker is idle. Nothing is lost if a request is:
 * each has a deadline, and all are made anew after the connection was.
 */

import type { Msg, Subscription } from '@nats-io/transport-node';
import { createInbox, nanos } from '@nats-io/transport-node';
import { listen } from './connection.ts';
import type { Link } from './link.ts';

/** A request waits on the server for no longer than this, in milliseconds. */
const LONGEST_WAIT_MS = 10_000;
/** A request that is neither filled nor answered so long after its expiry is forgotten, in milliseconds. */
const LATE_MS = 2_000;
/** While messages follow each other, requests are for all the room there is, but do not wait long for it to be filled. */
const BURST_MS = 200;
/** Pause after the server refused a request, in milliseconds. */
const REFUSED_MS = 500;

/** What a puller works for. */
export interface PullOwner {
  /** How many messages could be started now. */
  idle(): number;
  /** How many more messages could be held, if they are like those before: short tasks come in batches. */
  room(): number;
  take(message: Msg): void;
  /** The server has no such consumer (any more). */
  consumerMissing(): void;
}

export class Puller {
  readonly #link: Link;
  readonly #api: string;
  readonly #owner: PullOwner;
  readonly #waitMs: number;
  readonly #inbox = createInbox();
  readonly #subscription: Subscription;
  readonly #timer: NodeJS.Timeout;
  /** Messages asked for that neither came nor were refused. The server serves requests in turn: only the sum is known. */
  #asked = 0;
  /** When every request has expired, whether the server said so or not. */
  #allExpiredAt = 0;
  #pausedUntil = 0;
  #receivedAt = 0;
  #stopped = false;

  /** `silenceMs`: when the server gives a worker up. Its requests end before, so that its own tasks are not given back to it. */
  constructor(link: Link, stream: string, consumer: string, silenceMs: number, owner: PullOwner) {
    this.#link = link;
    this.#waitMs = Math.min(LONGEST_WAIT_MS, silenceMs / 2);
    this.#api = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.#owner = owner;
    this.#subscription = listen(link.nc, this.#inbox, (message) => this.#receive(message));
    this.#timer = setInterval(() => this.refill(), REFUSED_MS);
  }

  /** Asks for as many messages as there is room for. Call it whenever room appears. */
  refill(): void {
    if (this.#stopped || this.#link.nc.isClosed()) return;
    const now = performance.now();
    if (now < this.#pausedUntil) return;
    if (now > this.#allExpiredAt) this.#asked = 0;
    const inBurst = now - this.#receivedAt < BURST_MS;
    const batch = (inBurst ? this.#owner.room() : this.#owner.idle()) - this.#asked;
    // Small top-ups of a large window wait until they are worth a request.
    if (batch <= 0 || batch < this.#asked / 2) return;
    const waitMs = inBurst && batch > this.#owner.idle() ? BURST_MS : this.#waitMs;
    this.#asked += batch;
    this.#allExpiredAt = Math.max(this.#allExpiredAt, now + waitMs + LATE_MS);
    this.#link.nc.publish(this.#api, JSON.stringify({ batch, expires: nanos(waitMs) }), { reply: this.#inbox });
  }

  /** The connection is new: the server knows nothing of earlier requests. */
  reconnected(): void {
    this.#asked = 0;
    this.refill();
  }

  #receive(message: Msg): void {
    if (message.reply?.startsWith('$JS.ACK') === true) {
      this.#asked = Math.max(0, this.#asked - 1);
      this.#receivedAt = performance.now();
      this.#owner.take(message);
    } else {
      this.#refused(message);
    }
  }

  /** A request has expired (408), or the consumer, the stream or the server is not there (404, 409, 503). */
  #refused(message: Msg): void {
    const unfilled = Number(message.headers?.get('Nats-Pending-Messages') || Number.NaN);
    this.#asked = Number.isFinite(unfilled) ? Math.max(0, this.#asked - unfilled) : 0;
    if (message.headers?.code === 408) {
      this.refill();
    } else {
      this.#pausedUntil = performance.now() + REFUSED_MS;
      this.#owner.consumerMissing();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#subscription.unsubscribe();
  }
}

/** How often a message was delivered, this delivery included; from the reply subject that the server gave it. */
export function deliveryCount(message: Msg): number {
  const words = message.reply?.split('.') ?? [];
  // $JS.ACK.stream.consumer.delivered...; newer servers put domain and account before the stream.
  return Number(words[words.length >= 11 ? 6 : 4] ?? 1);
}

/** Done with: the server deletes the message. */
export const ack = (message: Msg): boolean => message.respond('+ACK');
/** Still at it: the server waits on. */
export const working = (message: Msg): boolean => message.respond('+WPI');
/** Not done: the server delivers it again after the delay. */
export const handBack = (message: Msg, delayMs: number): boolean =>
  message.respond(`-NAK ${JSON.stringify({ delay: nanos(Math.max(1, delayMs)) })}`);
