/**
 * A stream's memory: a fixed number of slots in shared memory, each a batch. Every word that both sides change is changed
 * by one atomic operation, so that an end that dies between any two instructions leaves a slot that can be taken back.
 *
 *   head    words: see `WORD`
 *   slots   four words each: see `SLOT`. The state's low bits say whose turn it is (`STATE`), the rest which producer's.
 *   arrays  each column of each slot, aligned to 16 bytes
 *
 * A slot goes free -> writing -> ready -> reading -> free; a dropped one ready -> writing. Batches have a number in the
 * order of their commits, and the consumer takes the smallest.
 */

import { ARRAY_TYPES, type WireArrayType } from '../wire.ts';
import { columnLength, type StreamArrays, type StreamColumns, type StreamDefinition } from './stream.ts';

/** The words of the head. */
export const WORD = {
  /** 0, or why the stream is closed: an index of `CLOSED`, plus 1. */
  closed: 0,
  /** Grows when a slot becomes free, and wakes producers. */
  freed: 1,
  /** Grows when a batch becomes ready, and wakes the consumer. */
  ready: 2,
  /** Batches committed so far. */
  committed: 3,
  dropped: 4,
  refused: 5,
  /** How often a producer waited, and how long in all, in milliseconds. */
  waits: 6,
  waitedMs: 7,
  /** Batches that wait elsewhere: on the server. */
  remote: 8,
  /** Slots and batches that the stream holds in all; more than slots where a server holds the rest. */
  capacity: 9,
} as const;
const HEAD_WORDS = 16;

/** The words of a slot. */
export const SLOT = { state: 0, order: 1, rows: 2, version: 3 } as const;
const SLOT_WORDS = 4;

/** Low bits of a slot's state. */
export const STATE = { free: 0, writing: 1, ready: 2, reading: 3 } as const;
const STATE_BITS = 2;

/** Why a stream is closed. */
export const CLOSED = [
  'its consumer closed it',
  'its consumer is gone',
  'the runtime was closed',
  'the server no longer has it, or another consumer took it over',
  'its connection failed',
] as const;
export type ClosedReason = (typeof CLOSED)[number];

const align = (bytes: number): number => (bytes + 15) & ~15;

/** The state of a slot that a producer writes to. */
export const writingBy = (producer: number): number => (producer << STATE_BITS) | STATE.writing;

/** Views of a stream's shared memory. */
export class StreamMemory<C extends StreamColumns = StreamColumns> {
  readonly definition: StreamDefinition<C>;
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly slots: number;
  readonly #arrays: StreamArrays<C>[];

  /** Views memory that `createStreamMemory` made for the same definition. */
  constructor(definition: StreamDefinition<C>, slots: number, memory: SharedArrayBuffer) {
    this.definition = definition;
    this.slots = slots;
    this.memory = memory;
    this.words = new Int32Array(memory, 0, HEAD_WORDS + slots * SLOT_WORDS);
    this.#arrays = Array.from({ length: slots }, (_, slot) => slotArrays(definition, slots, slot, memory));
  }

  /** All rows of a slot's arrays. */
  arrays(slot: number): StreamArrays<C> {
    return this.#arrays[slot] as StreamArrays<C>;
  }

  /** The first rows of a slot's arrays. */
  arraysOf(slot: number, rows: number): StreamArrays<C> {
    const whole = this.arrays(slot);
    if (rows === this.definition.rows) return whole;
    const columns = Object.entries(this.definition.columns);
    return Object.fromEntries(
      columns.map(([name, column]) => [name, whole[name]!.subarray(0, columnLength(column, rows))]),
    ) as StreamArrays<C>;
  }

  /** Index of a slot's word. */
  at(slot: number, word: (typeof SLOT)[keyof typeof SLOT]): number {
    return HEAD_WORDS + slot * SLOT_WORDS + word;
  }

  state(slot: number): number {
    return Atomics.load(this.words, this.at(slot, SLOT.state));
  }

  /** Changes a slot's state from one to another; false if it was neither. */
  turn(slot: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.words, this.at(slot, SLOT.state), from, to) === from;
  }

  /** The ready slot with the oldest batch; -1 if there is none. */
  oldestReady(): number {
    let oldest = -1;
    let order = 0;
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.state(slot) !== STATE.ready) continue;
      const candidate = Atomics.load(this.words, this.at(slot, SLOT.order));
      // Orders wrap around.
      if (oldest >= 0 && ((candidate - order) | 0) > 0) continue;
      oldest = slot;
      order = candidate;
    }
    return oldest;
  }

  /** Counts up and wakes who waits for it. */
  bump(word: number): void {
    Atomics.add(this.words, word, 1);
    Atomics.notify(this.words, word);
  }

  /** True while the consumer has batches. */
  isHeld(): boolean {
    for (let slot = 0; slot < this.slots; slot++) if (this.state(slot) === STATE.reading) return true;
    return false;
  }

  /** Makes a slot free if it is in this state. */
  free(slot: number, from: number): boolean {
    const freed = this.turn(slot, from, STATE.free);
    if (freed) this.bump(WORD.freed);
    return freed;
  }

  /** Takes back what a producer that is gone was writing. */
  reclaim(producer: number): void {
    for (let slot = 0; slot < this.slots; slot++) this.free(slot, writingBy(producer));
  }

  /** Why it is closed; null if it is not. */
  get closed(): ClosedReason | null {
    return CLOSED[Atomics.load(this.words, WORD.closed) - 1] ?? null;
  }

  /** Closes it, for the first reason given, and wakes everybody. */
  close(reason: ClosedReason): void {
    Atomics.compareExchange(this.words, WORD.closed, 0, CLOSED.indexOf(reason) + 1);
    this.bump(WORD.freed);
    this.bump(WORD.ready);
  }

  /** Waits until a word is no longer `seen`. May return early. Throws the signal's reason. */
  async changed(word: number, seen: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const wait = Atomics.waitAsync(this.words, word, seen);
    if (!wait.async) return;
    // The others that wait look again, and wait on.
    const wake = (): void => void Atomics.notify(this.words, word);
    signal?.addEventListener('abort', wake);
    await wait.value;
    signal?.removeEventListener('abort', wake);
    signal?.throwIfAborted();
  }
}

/** Fresh memory for a stream of `slots` batches. */
export function createStreamMemory<C extends StreamColumns>(
  definition: StreamDefinition<C>,
  slots: number,
  capacity = slots,
): StreamMemory<C> {
  const bytes = headBytes(slots) + slots * slotBytes(definition);
  const made = new StreamMemory(definition, slots, new SharedArrayBuffer(bytes));
  made.words[WORD.capacity] = capacity;
  return made;
}

const headBytes = (slots: number): number => align(4 * (HEAD_WORDS + slots * SLOT_WORDS));

const slotBytes = ({ columns, rows }: StreamDefinition): number =>
  Object.values(columns).reduce((sum, column) => sum + columnBytes(column, rows), 0);

const columnBytes = (column: StreamColumns[string], rows: number): number =>
  align(columnLength(column, rows) * ARRAY_TYPES[column.type].BYTES_PER_ELEMENT);

function slotArrays<C extends StreamColumns>(
  definition: StreamDefinition<C>,
  slots: number,
  slot: number,
  memory: SharedArrayBuffer,
): StreamArrays<C> {
  let offset = headBytes(slots) + slot * slotBytes(definition);
  const arrays: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(definition.columns)) {
    const ArrayType: WireArrayType = ARRAY_TYPES[column.type];
    arrays[name] = new ArrayType(memory, offset, columnLength(column, definition.rows));
    offset += columnBytes(column, definition.rows);
  }
  return arrays as StreamArrays<C>;
}
