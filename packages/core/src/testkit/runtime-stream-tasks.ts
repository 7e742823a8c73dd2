/** The tasks that the streams' conformance kit runs. */

import { setTimeout as sleep } from 'node:timers/promises';
import { defineStream, type StreamDefinition } from '../runtime/stream.ts';
import { Type } from '../schema.ts';
import { defineTask } from '../task.ts';

const module = import.meta.url;

/** Batches of numbers, with who made them and which one it is. */
export const numbers = (name = 'numbers') =>
  defineStream({
    name,
    rows: 64,
    columns: {
      values: { type: 'f32', size: 3 },
      flags: { type: 'u8', size: 1 },
      who: { type: 'f64', size: 2, per: 'batch' },
    },
  });
export type Numbers = ReturnType<typeof numbers> extends StreamDefinition<infer C> ? C : never;

/** What row `row` of a producer's batch holds. */
export const numberOf = (producer: number, batch: number, row: number): number => producer * 1000 + batch + row / 64;

const Batches = Type.Object({
  stream: Type.String(),
  producer: Type.Integer(),
  count: Type.Integer(),
  rows: Type.Optional(Type.Integer()),
});

/** Sends batches, and gives how many it sent before the stream was closed. */
export const produce = defineTask({
  name: 'kit/produce',
  module,
  input: Batches,
  output: Type.Integer(),
  run: async ({ streams, progress }, { stream, producer: number, count, rows = 64 }) => {
    await using producer = await streams.produce(numbers(stream));
    progress('open');
    for (let batch = 0; batch < count; batch++) {
      try {
        const { columns, commit } = await producer.reserve();
        for (let row = 0; row < rows; row++) columns.values.fill(numberOf(number, batch, row), 3 * row, 3 * row + 3);
        columns.flags.fill(batch & 1);
        columns.who.set([number, batch]);
        commit({ rows, version: batch });
      } catch (error) {
        if ((error as { code?: string }).code !== 'STREAM_CLOSED') throw error;
        return batch;
      }
    }
    return count;
  },
});

/** Sends one batch, then dies with another half written. */
export const dieWriting = defineTask({
  name: 'kit/die-writing',
  module,
  input: Type.Object({ stream: Type.String() }),
  output: Type.Null(),
  run: async ({ streams }, { stream }) => {
    const producer = await streams.produce(numbers(stream));
    const { columns, commit } = await producer.reserve();
    columns.who.set([13, 0]);
    commit({ rows: 1, version: 0 });
    const half = await producer.reserve();
    half.columns.values.fill(-1);
    // What was committed is on its way before the end.
    await sleep(200);
    process.exit(9);
  },
});

/** Receives batches and gives their sums by producer; sleeps after each if asked to. */
export const consume = defineTask({
  name: 'kit/consume',
  module,
  input: Type.Object({
    stream: Type.String(),
    count: Type.Integer(),
    capacity: Type.Integer(),
    dieAfter: Type.Optional(Type.Integer()),
  }),
  output: Type.Record(Type.String(), Type.Array(Type.Number())),
  run: async ({ streams, progress }, { stream, count, capacity, dieAfter }) => {
    await using consumer = await streams.consume(numbers(stream), { capacity });
    progress('open');
    const seen: Record<string, number[]> = {};
    for (let i = 0; i < count; i++) {
      if (i === dieAfter) process.exit(8);
      using batch = await consumer.next();
      const [who, which] = batch.columns.who;
      seen[`${who}`] = [...(seen[`${who}`] ?? []), which as number];
    }
    return seen;
  },
});
