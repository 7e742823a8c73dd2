/**
 * A NATS connection that is asked synchronously: environments step in the middle of a learner's loop, which does not wait
 * for promises. A thread holds the connection; the asking thread sleeps until the answer is there.
 */

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { moduleBeside, type NatsConnectionOptions, type RequestOptions, SkeinError, type WireError } from '@skein/core';

/** What the thread is started with. */
export interface BridgeData {
  readonly port: MessagePort;
  /** Counts answers; the asker sleeps on it. */
  readonly answers: Int32Array;
  readonly connection: NatsConnectionOptions;
}

/** What the asker sends. */
export interface Question {
  readonly subject: string;
  readonly question: unknown;
  readonly options: RequestOptions;
}

/** What comes back. */
export type Answer = { readonly value: unknown } | { readonly error: WireError };

/** Asks and waits. */
export type Ask = (subject: string, question: unknown, options?: RequestOptions) => unknown;

const THREAD = new URL(moduleBeside('bridge-thread', import.meta.url));

/** Milliseconds after which a thread that does not answer at all counts as dead; its own limits are shorter. */
const DEAD_MS = 120_000;

/** Starts the thread. Each call of the function throws what asking threw: `CONNECTION`, `WIRE`. */
export function openBridge(connection: NatsConnectionOptions): Ask {
  const { port1, port2 } = new MessageChannel();
  const answers = new Int32Array(new SharedArrayBuffer(4));
  const workerData: BridgeData = { port: port2, answers, connection };
  const worker = new Worker(THREAD, { workerData, transferList: [port2] });
  // The process may end while the thread waits for questions.
  worker.unref();
  port1.unref();
  return (subject, question, options = {}) => {
    const before = Atomics.load(answers, 0);
    port1.postMessage({ subject, question, options } satisfies Question);
    if (Atomics.wait(answers, 0, before, DEAD_MS) === 'timed-out') {
      throw new SkeinError('CONNECTION', `${subject}: the thread that holds the connection does not answer`);
    }
    const answer = receiveMessageOnPort(port1)?.message as Answer;
    if ('error' in answer) throw SkeinError.fromWire(answer.error);
    return answer.value;
  };
}
