/** The thread's side of the stores: each call is a message to the pool's process and an answer from there. */

import { SkeinError } from '../errors.ts';
import { Latest } from './latest.ts';
import { type ByteStores, type ParameterBytes, parameterValues } from './parameter-values.ts';
import type { BlobStore, ParameterStore, Versioned } from './stores.ts';
import type { StreamStore } from './stream.ts';
import { streamStore } from './stream-hosts.ts';
import type { FromThread, StoreCall, ToThread } from './thread-messages.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: SkeinError): void;
}

/** Sends store calls and matches the answers. */
export class ThreadCalls {
  readonly #post: (message: FromThread) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #watches = new Map<number, Latest<Versioned<Uint8Array>>>();
  #lastCall = 0;

  constructor(post: (message: FromThread) => void) {
    this.#post = post;
  }

  /** Handles an answer; false if the message is something else. */
  receive(message: ToThread): boolean {
    switch (message.type) {
      case 'reply':
        this.#take(message.call)?.resolve(message.value);
        return true;
      case 'reply-error': {
        const error = SkeinError.fromWire(message.error);
        this.#take(message.call)?.reject(error);
        return true;
      }
      case 'watched':
        this.#watches.get(message.call)?.push({ version: message.version, value: message.value });
        return true;
      case 'watch-failed':
        this.#watches.get(message.call)?.fail(SkeinError.fromWire(message.error));
        return true;
      default:
        return false;
    }
  }

  #take(call: number): Waiting | undefined {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    return waiting;
  }

  #call<T>(job: number, request: StoreCall, call = ++this.#lastCall): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(call, { resolve: resolve as (value: unknown) => void, reject });
      this.#post({ type: 'call', job, call, request });
    });
  }

  async *#watch(job: number, name: string, signal: AbortSignal): AsyncGenerator<Versioned<Uint8Array>> {
    const call = ++this.#lastCall;
    const mailbox = new Latest<Versioned<Uint8Array>>();
    this.#watches.set(call, mailbox);
    try {
      await this.#call(job, { store: 'parameters', method: 'watch', name }, call);
      yield* mailbox.read(signal);
    } finally {
      this.#watches.delete(call);
      this.#post({ type: 'unwatch', call });
    }
  }

  /** The stores of one task. Its watches end with any of the signals; calls after its end are refused by the pool. */
  storesOf(
    job: number,
    signals: readonly AbortSignal[],
  ): { parameters: ParameterStore; blobs: BlobStore; streams: StreamStore } {
    const parameters: ParameterBytes = {
      publish: (name, bytes) => this.#call(job, { store: 'parameters', method: 'publish', name, bytes }),
      latest: (name) => this.#call(job, { store: 'parameters', method: 'latest', name }),
      watch: (name, options) => this.#watch(job, name, AbortSignal.any([...signals, options.signal])),
    };
    const blobs: BlobStore = {
      put: (bytes) => this.#call(job, { store: 'blobs', method: 'put', bytes: bytes.slice() }),
      get: (digest) => this.#call(job, { store: 'blobs', method: 'get', digest }),
      has: (digest) => this.#call(job, { store: 'blobs', method: 'has', digest }),
    };
    const streams = streamStore(
      (request) => this.#call(job, { store: 'streams', method: 'open', request }),
      (id) => this.#call(job, { store: 'streams', method: 'close', id }),
      AbortSignal.any([...signals]),
    );
    return { parameters: parameterValues(parameters), blobs, streams };
  }
}

/** The pool's side: carries a call out on the stores of a task, whose end settles `ended`. `watch` is the caller's business. */
export function answerCall(
  stores: ByteStores,
  request: Exclude<StoreCall, { method: 'watch' }>,
  ended: Promise<unknown>,
): Promise<unknown> {
  switch (request.method) {
    case 'publish':
      return stores.parameters.publish(request.name, request.bytes);
    case 'latest':
      return stores.parameters.latest(request.name);
    case 'put':
      return stores.blobs.put(request.bytes);
    case 'get':
      return stores.blobs.get(request.digest);
    case 'has':
      return stores.blobs.has(request.digest);
    case 'open':
      return stores.streams.open(request.request, ended);
    case 'close':
      return stores.streams.close(request.id);
  }
}
