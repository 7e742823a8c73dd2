/**
 * Streams of batches: many producers, one consumer, a bounded number of batches in between. What actors send to a learner
 * goes this way. A batch is a fixed set of typed arrays (columns); where producer and consumer share memory, the producer
 * writes into the place where the consumer reads.
 *
 * Guarantees. The batches of one producer arrive in their order. With `block` none is lost while its consumer lives: a
 * producer that finds the stream full waits. With `dropOldest` the oldest waiting batch gives way, and is counted. A
 * batch that was reserved and not committed never arrives, whatever became of its producer. A stream has one consumer at
 * a time; a second one is refused. Closing the consumer, or the end of its task, ends the producers with `STREAM_CLOSED`;
 * where a server keeps the stream, producers of a consumer whose whole machine is lost wait for the next one.
 */

import { SkeinError } from '../errors.ts';
import { show } from '../schema.ts';
import { ARRAY_TYPES, type ArrayTag } from '../wire.ts';
import { checkId } from './ids.ts';

/** One array of a batch. */
export interface StreamColumn {
  readonly type: ArrayTag;
  /** Numbers of one row; of the whole batch with `per: 'batch'`. */
  readonly size: number;
  /** `row` if left out: a batch that is committed with fewer rows has so many fewer numbers. */
  readonly per?: 'row' | 'batch';
}

export type StreamColumns = Readonly<Record<string, StreamColumn>>;

/** What both ends of a stream must agree on. Make it with `defineStream`. */
export interface StreamDefinition<C extends StreamColumns = StreamColumns> {
  /** Letters, digits, `-`, `_`; unique within the run. */
  readonly name: string;
  /** Most rows of one batch. */
  readonly rows: number;
  readonly columns: C;
}

/** The arrays of a batch. */
export type StreamArrays<C extends StreamColumns> = {
  readonly [K in keyof C]: InstanceType<(typeof ARRAY_TYPES)[C[K]['type']]>;
};

/** What a full stream does: its producers wait, or the oldest waiting batch gives way. */
export type WhenFull = 'block' | 'dropOldest';

/** How a stream is consumed. */
export interface ConsumeOptions {
  /** Batches that may lie in the stream, those that the consumer holds included. */
  readonly capacity?: number;
  readonly whenFull?: WhenFull;
  /** Aborting it ends waiting, with the signal's reason. */
  readonly signal?: AbortSignal;
}

export const consumeDefaults = { capacity: 64, whenFull: 'block' } as const satisfies ConsumeOptions;

/** How old the parameters are that a batch was made with. */
export interface Staleness {
  /** Versions that were published since. */
  readonly versions: number;
  /** Time since the first of those was published; 0 if there is none. By the consumer's clock alone. */
  readonly seconds: number;
}

/** A received batch. Its arrays are valid, and the consumer's own, until it is released. */
export interface StreamBatch<C extends StreamColumns = StreamColumns> extends Disposable {
  readonly columns: StreamArrays<C>;
  readonly rows: number;
  /** The version of the parameters that it was made with, as its producer said. */
  readonly version: number;
  readonly staleness: Staleness;
  /** Gives the place back. Over NATS this acknowledges the batch: one that was not released goes to the next consumer. */
  release(): void;
}

/** Counts since the stream was opened. */
export interface StreamStats {
  readonly capacity: number;
  /** Batches that wait to be received. */
  readonly depth: number;
  readonly received: number;
  /** Batches that gave way to newer ones. */
  readonly dropped: number;
  /** Batches that no producer of this stream can have made; only over NATS. */
  readonly refused: number;
  /** How often a producer found the stream full, and how long they waited in all. */
  readonly waits: number;
  readonly waitedSeconds: number;
}

/** The receiving end. */
export interface StreamConsumer<C extends StreamColumns = StreamColumns> extends AsyncDisposable {
  /** The next batch; waits for one. Throws `STREAM_CLOSED` once the stream is closed, and the signal's reason. */
  next(options?: { readonly signal?: AbortSignal }): Promise<StreamBatch<C>>;
  /** The next batch if there is one. */
  take(): StreamBatch<C> | null;
  /** Tells that parameters of this version were published now: what staleness is measured against. */
  published(version: number): void;
  stats(): StreamStats;
  /** Closes the stream; its producers learn it at once. Held batches stay valid. */
  close(): Promise<void>;
}

/** A place in the stream that a producer fills. */
export interface StreamSlot<C extends StreamColumns = StreamColumns> {
  /** Arrays for all rows; what they hold at first is undefined. */
  readonly columns: StreamArrays<C>;
  /** Sends the first `rows` rows (all if left out), made with parameters of this version. */
  commit(batch: { readonly version: number; readonly rows?: number }): void;
  /** Gives the place back without sending. */
  discard(): void;
}

/** A sending end. */
export interface StreamProducer<C extends StreamColumns = StreamColumns> extends AsyncDisposable {
  /** A place for the next batch; waits for one if the stream is full. Throws `STREAM_CLOSED`, and the signal's reason. */
  reserve(options?: { readonly signal?: AbortSignal }): Promise<StreamSlot<C>>;
  /** Ends this producer once what it committed is on its way; the stream goes on. */
  close(): Promise<void>;
}

/** The streams of a run. */
export interface StreamStore {
  /** Opens a stream for receiving. Throws `INPUT` if it has a consumer. */
  consume<C extends StreamColumns>(stream: StreamDefinition<C>, options?: ConsumeOptions): Promise<StreamConsumer<C>>;
  /** Opens a stream for sending; waits until it has a consumer. Throws `INPUT` if the consumer defines it otherwise. */
  produce<C extends StreamColumns>(
    stream: StreamDefinition<C>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<StreamProducer<C>>;
}

/** Defines a stream. Throws `INPUT` for names and sizes that cannot be. */
export function defineStream<const C extends StreamColumns>(definition: StreamDefinition<C>): StreamDefinition<C> {
  const { name, rows, columns } = definition;
  checkId('stream name', name);
  checkSize(`stream ${name}: rows`, rows);
  for (const [column, { type, size, per = 'row' }] of Object.entries<StreamColumn>(columns)) {
    checkSize(`stream ${name}: size of ${column}`, size);
    if (Object.hasOwn(ARRAY_TYPES, type) && (per === 'row' || per === 'batch')) continue;
    throw new SkeinError(
      'INPUT',
      `stream ${name}: ${column}: expected a type of ${Object.keys(ARRAY_TYPES).join(', ')}, per row or batch, got ${show(type)}, ${show(per)}`,
    );
  }
  return definition;
}

function checkSize(what: string, size: number): void {
  if (Number.isSafeInteger(size) && size >= 1) return;
  throw new SkeinError('INPUT', `${what}: expected a positive integer, got ${show(size)}`);
}

/** Numbers in a column of a batch with `rows` rows. */
export const columnLength = ({ size, per }: StreamColumn, rows: number): number =>
  per === 'batch' ? size : rows * size;

/** True if two definitions mean the same batches. */
export function sameStream(a: StreamDefinition, b: StreamDefinition): boolean {
  const plain = ({ rows, columns }: StreamDefinition): string =>
    JSON.stringify([
      rows,
      Object.entries(columns).map(([name, { type, size, per = 'row' }]) => [name, type, size, per]),
    ]);
  return plain(a) === plain(b);
}

/** Throws `INPUT` unless a producer's definition is its consumer's. */
export function requireSameStream(producer: StreamDefinition, consumer: StreamDefinition): void {
  if (sameStream(producer, consumer)) return;
  throw new SkeinError(
    'INPUT',
    `stream ${producer.name}: its consumer defines other columns or another number of rows`,
    {
      details: { producer, consumer },
      advice: 'define the stream once and import it on both sides',
    },
  );
}

/** The error of a second consumer. */
export const secondConsumer = (name: string): SkeinError =>
  new SkeinError('INPUT', `stream ${name}: it has a consumer already`, {
    advice: 'close the first consumer, or choose another name',
  });

/** The error of an end whose stream is closed. */
export const streamClosed = (name: string, why: string): SkeinError =>
  new SkeinError('STREAM_CLOSED', `stream ${name} is closed: ${why}`);
