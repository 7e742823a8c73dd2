/** The two ends of a stream over its shared memory, for threads and for the process itself. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { SkeinError } from '../errors.ts';
import { show } from '../schema.ts';
import {
  type Staleness,
  type StreamBatch,
  type StreamColumns,
  type StreamConsumer,
  type StreamProducer,
  type StreamSlot,
  type StreamStats,
  streamClosed,
  type WhenFull,
} from './stream.ts';
import { SLOT, STATE, type StreamMemory, WORD, writingBy } from './stream-memory.ts';

/** Publications whose time is remembered. */
const REMEMBERED_VERSIONS = 1_000;

/** What an end needs beside the memory. */
export interface StreamEndParts<C extends StreamColumns> {
  readonly memory: StreamMemory<C>;
  /** Ends waiting. */
  readonly signal: AbortSignal | undefined;
  /** Tells the owner of the memory that this end is closed. */
  onClose(): Promise<void>;
}

/** Timers, signals and messages are let through at least this often, also where nobody ever has to wait. In milliseconds. */
const TURN_MS = 10;

/** Keeps loops over a stream from starving everything else. */
class Turns {
  #at = performance.now();

  get isDue(): boolean {
    return performance.now() - this.#at > TURN_MS;
  }

  async take(): Promise<void> {
    await nextTurn();
    this.#at = performance.now();
  }
}

const anyOf = (...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined => {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
};

/** A sending end. */
export class MemoryProducer<C extends StreamColumns> implements StreamProducer<C> {
  readonly #parts: StreamEndParts<C>;
  readonly #whenFull: WhenFull;
  readonly #writing: number;
  readonly #turns = new Turns();
  #closed: Promise<void> | null = null;

  constructor(parts: StreamEndParts<C>, producer: number, whenFull: WhenFull) {
    this.#parts = parts;
    this.#whenFull = whenFull;
    this.#writing = writingBy(producer);
  }

  async reserve(options: { readonly signal?: AbortSignal } = {}): Promise<StreamSlot<C>> {
    const { memory } = this.#parts;
    if (this.#turns.isDue) await this.#turns.take();
    const found = this.tryReserve();
    if (found !== null) return found;
    const signal = anyOf(this.#parts.signal, options.signal);
    const startedAt = performance.now();
    Atomics.add(memory.words, WORD.waits, 1);
    try {
      for (;;) {
        const seen = Atomics.load(memory.words, WORD.freed);
        const slot = this.tryReserve();
        if (slot !== null) return slot;
        await memory.changed(WORD.freed, seen, signal);
      }
    } finally {
      Atomics.add(memory.words, WORD.waitedMs, Math.round(performance.now() - startedAt));
    }
  }

  /** A place if there is one now. Throws `STREAM_CLOSED`, and the signal's reason. */
  tryReserve(): (StreamSlot<C> & { readonly slot: number }) | null {
    this.#parts.signal?.throwIfAborted();
    this.#requireOpen();
    const slot = this.#claim();
    return slot < 0 ? null : this.#slot(slot);
  }

  #requireOpen(): void {
    const { memory } = this.#parts;
    const why = memory.closed ?? (this.#closed === null ? null : 'this producer was closed');
    if (why !== null) throw streamClosed(memory.definition.name, why);
  }

  #claim(): number {
    const { memory } = this.#parts;
    for (let slot = 0; slot < memory.slots; slot++) {
      if (memory.turn(slot, STATE.free, this.#writing)) return slot;
    }
    if (this.#whenFull === 'block') return -1;
    for (let oldest = memory.oldestReady(); oldest >= 0; oldest = memory.oldestReady()) {
      if (!memory.turn(oldest, STATE.ready, this.#writing)) continue;
      Atomics.add(memory.words, WORD.dropped, 1);
      return oldest;
    }
    return -1;
  }

  #slot(slot: number): StreamSlot<C> & { readonly slot: number } {
    const { memory } = this.#parts;
    return {
      slot,
      columns: memory.arrays(slot),
      commit: ({ version, rows = memory.definition.rows }) => this.#commit(slot, version, rows),
      discard: () => void memory.free(slot, this.#writing),
    };
  }

  #commit(slot: number, version: number, rows: number): void {
    const { memory } = this.#parts;
    const { name, rows: most } = memory.definition;
    if (!Number.isInteger(rows) || rows < 0 || rows > most) {
      throw new SkeinError('INPUT', `stream ${name}: rows: expected an integer in [0, ${most}], got ${show(rows)}`);
    }
    const { words } = memory;
    if (memory.state(slot) !== this.#writing) throw streamClosed(name, 'the batch was committed or discarded before');
    words[memory.at(slot, SLOT.rows)] = rows;
    words[memory.at(slot, SLOT.version)] = version;
    Atomics.store(words, memory.at(slot, SLOT.order), Atomics.add(words, WORD.committed, 1));
    memory.turn(slot, this.#writing, STATE.ready);
    memory.bump(WORD.ready);
  }

  close(): Promise<void> {
    this.#closed ??= this.#parts.onClose();
    // Whoever waits in `reserve` learns it.
    Atomics.notify(this.#parts.memory.words, WORD.freed);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The receiving end. */
export class MemoryConsumer<C extends StreamColumns> implements StreamConsumer<C> {
  readonly #parts: StreamEndParts<C>;
  /** When each of the newest versions was published, oldest first. */
  readonly #publishedAt = new Map<number, number>();
  readonly #turns = new Turns();
  #newest = 0;
  #received = 0;
  #closed: Promise<void> | null = null;

  constructor(parts: StreamEndParts<C>) {
    this.#parts = parts;
  }

  async next(options: { readonly signal?: AbortSignal } = {}): Promise<StreamBatch<C>> {
    const { memory } = this.#parts;
    if (this.#turns.isDue) await this.#turns.take();
    const signal = anyOf(this.#parts.signal, options.signal);
    for (;;) {
      signal?.throwIfAborted();
      const seen = Atomics.load(memory.words, WORD.ready);
      const batch = this.take();
      if (batch !== null) return batch;
      if (memory.closed !== null) throw streamClosed(memory.definition.name, memory.closed);
      await memory.changed(WORD.ready, seen, signal);
    }
  }

  take(): StreamBatch<C> | null {
    const { memory } = this.#parts;
    if (this.#closed !== null) return null;
    for (let slot = memory.oldestReady(); slot >= 0; slot = memory.oldestReady()) {
      if (!memory.turn(slot, STATE.ready, STATE.reading)) continue;
      this.#received++;
      return this.#batch(slot);
    }
    return null;
  }

  #batch(slot: number): StreamBatch<C> {
    const { memory } = this.#parts;
    const rows = memory.words[memory.at(slot, SLOT.rows)] as number;
    const version = memory.words[memory.at(slot, SLOT.version)] as number;
    let held = true;
    const release = (): void => {
      // Later the slot may be another batch's.
      if (held) memory.free(slot, STATE.reading);
      held = false;
    };
    const columns = memory.arraysOf(slot, rows);
    return { columns, rows, version, staleness: this.#staleness(version), release, [Symbol.dispose]: release };
  }

  published(version: number): void {
    this.#newest = Math.max(this.#newest, version);
    this.#publishedAt.set(version, performance.now());
    if (this.#publishedAt.size > REMEMBERED_VERSIONS) {
      this.#publishedAt.delete(this.#publishedAt.keys().next().value as number);
    }
  }

  #staleness(version: number): Staleness {
    const versions = Math.max(0, this.#newest - version);
    if (versions === 0) return { versions, seconds: 0 };
    const oldest = this.#publishedAt.values().next().value as number;
    const since = this.#publishedAt.get(version + 1) ?? oldest;
    return { versions, seconds: (performance.now() - since) / 1000 };
  }

  stats(): StreamStats {
    const { memory } = this.#parts;
    const word = (at: number): number => Atomics.load(memory.words, at);
    let ready = 0;
    for (let slot = 0; slot < memory.slots; slot++) if (memory.state(slot) === STATE.ready) ready++;
    return {
      capacity: word(WORD.capacity),
      depth: ready + word(WORD.remote),
      received: this.#received,
      dropped: word(WORD.dropped),
      refused: word(WORD.refused),
      waits: word(WORD.waits),
      waitedSeconds: word(WORD.waitedMs) / 1000,
    };
  }

  close(): Promise<void> {
    if (this.#closed === null) {
      this.#parts.memory.close('its consumer closed it');
      this.#closed = this.#parts.onClose();
    }
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
