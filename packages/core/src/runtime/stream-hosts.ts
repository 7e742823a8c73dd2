/** Who owns the memory of streams: one host a run and process; threads ask it by message. */

import { SkeinError } from '../errors.ts';
import { parse, Type } from '../schema.ts';
import {
  type ConsumeOptions,
  consumeDefaults,
  defineStream,
  requireSameStream,
  type StreamColumns,
  type StreamDefinition,
  type StreamStore,
  secondConsumer,
  type WhenFull,
} from './stream.ts';
import { MemoryConsumer, MemoryProducer } from './stream-ends.ts';
import { createStreamMemory, StreamMemory } from './stream-memory.ts';

/** A request for one end of a stream. */
export type StreamRequest = { readonly stream: StreamDefinition } & (
  | { readonly end: 'consume'; readonly capacity: number; readonly whenFull: WhenFull }
  | { readonly end: 'produce' }
);

/** One end of a stream as its host gives it out; plain data and shared memory. */
export interface StreamGrant {
  /** Names the end towards its host. */
  readonly id: number;
  readonly memory: SharedArrayBuffer;
  readonly slots: number;
  readonly whenFull: WhenFull;
}

/** Gives out ends of streams. */
export interface StreamHost {
  /** Waits until the end can be given. Whoever asked is gone once `ended` settles: then the end is taken back. */
  open(request: StreamRequest, ended: Promise<unknown>): Promise<StreamGrant>;
  /** Takes an end back. */
  close(id: number): Promise<void>;
}

const Options = Type.Object({
  capacity: Type.Integer({ minimum: 1, maximum: 1 << 20 }),
  whenFull: Type.Union([Type.Literal('block'), Type.Literal('dropOldest')]),
});

/** The streams that users see, over a host. `signal` ends whatever waits. */
export function streamStore(
  open: (request: StreamRequest) => Promise<StreamGrant>,
  close: (id: number) => Promise<void>,
  lifetime?: AbortSignal,
): StreamStore {
  const openEnd = async <C extends StreamColumns>(
    stream: StreamDefinition<C>,
    request: StreamRequest,
    given: AbortSignal | undefined,
  ) => {
    const signals = [lifetime, given].filter((s) => s !== undefined);
    const signal = signals.length === 0 ? undefined : AbortSignal.any(signals);
    const { id, memory, slots, whenFull } = await orAborted(open(request), signal, (grant) => void close(grant.id));
    const onClose = (): Promise<void> => close(id);
    return { id, whenFull, parts: { memory: new StreamMemory(stream, slots, memory), signal, onClose } };
  };
  return {
    consume: async <C extends StreamColumns>(given: StreamDefinition<C>, options: ConsumeOptions = {}) => {
      const stream = defineStream(given);
      const { signal, ...rest } = options;
      const what = `stream ${stream.name}`;
      const { capacity, whenFull } = parse(Options, { ...consumeDefaults, ...rest }, { what, code: 'INPUT' });
      const { parts } = await openEnd(stream, { stream, end: 'consume', capacity, whenFull }, signal);
      return new MemoryConsumer<C>(parts);
    },
    produce: async <C extends StreamColumns>(given: StreamDefinition<C>, options: { signal?: AbortSignal } = {}) => {
      const stream = defineStream(given);
      const { id, whenFull, parts } = await openEnd(stream, { stream, end: 'produce' }, options.signal);
      return new MemoryProducer<C>(parts, id, whenFull);
    },
  };
}

/** The streams of a host as its own process uses them. */
export const streamsOf = (host: StreamHost): StreamStore =>
  streamStore(
    (request) => host.open(request, FOREVER),
    (id) => host.close(id),
  );

/** The process itself does not end before its host. */
const FOREVER = new Promise<never>(() => undefined);

/** The promise's value, or the signal's reason if that aborts first; then `late` gets the value. */
async function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  late: (value: T) => void,
): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    promise.then(late, () => undefined);
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

interface OpenStream {
  readonly memory: StreamMemory;
  readonly whenFull: WhenFull;
  readonly consumer: number;
}

/** The streams of a run that lives in one process: both ends share one memory. */
export class LocalStreams implements StreamHost {
  readonly #open = new Map<string, OpenStream>();
  /** How to take back each end that was given out. */
  readonly #ends = new Map<number, () => void>();
  /** Producers that wait for their stream's consumer. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #lastId = 0;
  #closed = false;

  async open(request: StreamRequest, ended: Promise<unknown>): Promise<StreamGrant> {
    const grant = request.end === 'consume' ? this.#consume(request) : await this.#produce(request.stream, ended);
    const takeBack = (): void => this.#takeBack(grant.id);
    ended.then(takeBack, takeBack);
    return grant;
  }

  #consume({ stream, capacity, whenFull }: StreamRequest & { end: 'consume' }): StreamGrant {
    const { name } = stream;
    this.#requireOpen();
    if (this.#open.has(name)) throw secondConsumer(name);
    const memory = createStreamMemory(stream, capacity);
    const id = ++this.#lastId;
    this.#open.set(name, { memory, whenFull, consumer: id });
    this.#ends.set(id, () => {
      memory.close('its consumer is gone');
      this.#open.delete(name);
    });
    for (const wake of this.#waiting.get(name) ?? []) wake();
    return { id, memory: memory.memory, slots: memory.slots, whenFull };
  }

  async #produce(stream: StreamDefinition, ended: Promise<unknown>): Promise<StreamGrant> {
    const { memory, whenFull } = await this.#opened(stream.name, ended);
    requireSameStream(stream, memory.definition);
    const id = ++this.#lastId;
    this.#ends.set(id, () => memory.reclaim(id));
    return { id, memory: memory.memory, slots: memory.slots, whenFull };
  }

  async #opened(name: string, ended: Promise<unknown>): Promise<OpenStream> {
    let gone = false;
    for (;;) {
      this.#requireOpen();
      const open = this.#open.get(name);
      if (open !== undefined) return open;
      if (gone) throw new SkeinError('TASK_CANCELLED', `stream ${name}: its producer ended before it had a consumer`);
      await new Promise<void>((resolve) => {
        const waiting = this.#waiting.get(name) ?? new Set();
        const wake = (): void => {
          waiting.delete(wake);
          if (waiting.size === 0) this.#waiting.delete(name);
          resolve();
        };
        this.#waiting.set(name, waiting.add(wake));
        const leave = (): void => {
          gone = true;
          wake();
        };
        ended.then(leave, leave);
      });
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new SkeinError('RUNTIME_CLOSED', 'the runtime was closed; it opens no more streams');
  }

  #takeBack(id: number): void {
    this.#ends.get(id)?.();
    this.#ends.delete(id);
  }

  async close(id: number): Promise<void> {
    this.#takeBack(id);
  }

  /** Closes every stream. */
  closeAll(): void {
    this.#closed = true;
    for (const { memory } of this.#open.values()) memory.close('the runtime was closed');
    for (const waiting of this.#waiting.values()) for (const wake of [...waiting]) wake();
  }
}
