/** The contract of streams as tests, for every runtime. */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { SkeinError } from '../errors.ts';
import type { Runtime, TaskHandle } from '../runtime/runtime.ts';
import { defineStream, type StreamConsumer, type StreamStats } from '../runtime/stream.ts';
import type { MakeRuntime } from './runtime.ts';
import * as kit from './runtime-stream-tasks.ts';

const { numbers, numberOf } = kit;

/** URL of the module with the tasks of this kit. */
export const streamConformanceTasks: string = kit.produce.module;

const errorOf = async (promise: Promise<unknown>): Promise<SkeinError> =>
  promise.then(
    () => {
      throw new Error('expected an error');
    },
    (error: SkeinError) => error,
  );

/** Waits until the statistics are so. */
const until = (consumer: StreamConsumer<kit.Numbers>, so: (stats: StreamStats) => boolean): Promise<void> =>
  expect.poll(() => so(consumer.stats()), { timeout: 10_000, interval: 5 }).toBe(true);

/** Receives batches and gives, for each producer, which ones came. */
async function receive(consumer: StreamConsumer<kit.Numbers>, count: number): Promise<Record<string, number[]>> {
  const seen: Record<string, number[]> = {};
  for (let i = 0; i < count; i++) {
    using batch = await consumer.next();
    const [who, which] = batch.columns.who as unknown as [number, number];
    expect(batch.version).toBe(which);
    seen[who] = [...(seen[who] ?? []), which];
  }
  return seen;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Declares the contract's tests. The runtime must know `streamConformanceTasks` and have at least two places for tasks. */
export function streamConformance(name: string, makeRuntime: MakeRuntime): void {
  const law = (title: string, body: (runtime: Runtime) => Promise<void>): void =>
    test(title, async () => {
      await using runtime = await makeRuntime();
      await body(runtime);
    });
  const produce = (runtime: Runtime, producer: number, count: number, stream = 'numbers'): TaskHandle<number> =>
    runtime.submit(kit.produce, { stream, producer, count });

  describe(`${name}: streams`, () => {
    law('batches of many producers arrive whole, each producer’s in its order', async (runtime) => {
      await using consumer = await runtime.streams.consume(numbers(), { capacity: 4 });
      const producers = [produce(runtime, 1, 40), produce(runtime, 2, 40)];
      const seen: Record<string, number[]> = {};
      for (let i = 0; i < 80; i++) {
        using batch = await consumer.next();
        const [who, which] = batch.columns.who as unknown as [number, number];
        const expected = upTo(64).flatMap((row) => new Array<number>(3).fill(Math.fround(numberOf(who, which, row))));
        expect([...batch.columns.values]).toEqual(expected);
        expect([...batch.columns.flags]).toEqual(new Array<number>(64).fill(which & 1));
        seen[who] = [...(seen[who] ?? []), which];
      }
      expect(seen).toEqual({ 1: upTo(40), 2: upTo(40) });
      expect(await Promise.all(producers.map(({ result }) => result))).toEqual([40, 40]);
      expect(consumer.stats()).toMatchObject({ capacity: 4, received: 80, dropped: 0, refused: 0 });
    });

    law('a batch has as many rows as its producer says', async (runtime) => {
      await using consumer = await runtime.streams.consume(numbers());
      void runtime.submit(kit.produce, { stream: 'numbers', producer: 3, count: 1, rows: 5 });
      using batch = await consumer.next();
      expect([batch.rows, batch.columns.values.length, batch.columns.flags.length, batch.columns.who.length]).toEqual([
        5, 15, 5, 2,
      ]);
    });

    law('a full stream makes its producers wait, and none of their batches is lost', async (runtime) => {
      await using consumer = await runtime.streams.consume(numbers(), { capacity: 3 });
      const handle = produce(runtime, 1, 30);
      await until(consumer, ({ depth }) => depth >= 3);
      await sleep(50);
      expect(consumer.stats().depth).toBe(3);
      expect(await receive(consumer, 30)).toEqual({ 1: upTo(30) });
      expect(await handle.result).toBe(30);
      await until(consumer, ({ waits, waitedSeconds }) => waits > 0 && waitedSeconds > 0);
      expect(consumer.stats().dropped).toBe(0);
    });

    law('with dropOldest nobody waits: the oldest batches give way and are counted', async (runtime) => {
      await using consumer = await runtime.streams.consume(numbers(), { capacity: 4, whenFull: 'dropOldest' });
      expect(await produce(runtime, 1, 50).result).toBe(50);
      await until(consumer, ({ dropped }) => dropped >= 46);
      expect(await receive(consumer, 4)).toEqual({ 1: [46, 47, 48, 49] });
      expect(consumer.stats()).toMatchObject({ dropped: 46, received: 4, depth: 0 });
    });

    law('held batches keep their place and their content until they are released', async (runtime) => {
      await using consumer = await runtime.streams.consume(numbers(), { capacity: 2 });
      void produce(runtime, 1, 10);
      const held = [await consumer.next(), await consumer.next()];
      await sleep(50);
      expect(consumer.take()).toBeNull();
      expect(held.map(({ columns }) => columns.who[1])).toEqual([0, 1]);
      held[0]!.release();
      held[0]!.release();
      using third = await consumer.next();
      expect(third.columns.who[1]).toBe(2);
      expect(held[1]!.columns.values[0]).toBe(numberOf(1, 1, 0));
      held[1]!.release();
    });

    law('staleness is counted in versions and in time by what the consumer has published', async (runtime) => {
      await using consumer = await runtime.streams.consume(numbers());
      for (const version of [0, 1]) consumer.published(version);
      await sleep(20);
      consumer.published(2);
      await produce(runtime, 1, 3).result;
      const batches = [await consumer.next(), await consumer.next(), await consumer.next()];
      expect(batches.map(({ staleness }) => staleness.versions)).toEqual([2, 1, 0]);
      const [a, b, c] = batches.map(({ staleness }) => staleness.seconds) as [number, number, number];
      expect(a).toBeGreaterThanOrEqual(b);
      expect(b).toBeGreaterThan(0);
      expect(c).toBe(0);
      for (const batch of batches) batch.release();
    });

    law('a producer that dies with a batch half written harms nothing', async (runtime) => {
      await using consumer = await runtime.streams.consume(numbers(), { capacity: 2 });
      const error = await errorOf(runtime.run(kit.dieWriting, { stream: 'numbers' }, { attempts: 1 }));
      expect(error.code).toBe('WORKER_LOST');
      using committed = await consumer.next();
      expect([...committed.columns.who]).toEqual([13, 0]);
      committed.release();
      // Both places can be used again.
      const handle = produce(runtime, 2, 12);
      expect(await receive(consumer, 12)).toEqual({ 2: upTo(12) });
      expect(await handle.result).toBe(12);
    });

    law('a task consumes as the program does, and the program produces as a task does', async (runtime) => {
      const handle = runtime.submit(kit.consume, { stream: 'inward', count: 20, capacity: 2 });
      await using producer = await runtime.streams.produce(numbers('inward'));
      for (let batch = 0; batch < 20; batch++) {
        const slot = await producer.reserve();
        slot.columns.who.set([7, batch]);
        slot.commit({ version: batch });
      }
      expect(await handle.result).toEqual({ 7: upTo(20) });
    });

    law('a batch that was discarded never arrives', async (runtime) => {
      await using consumer = await runtime.streams.consume(numbers(), { capacity: 1 });
      await using producer = await runtime.streams.produce(numbers());
      (await producer.reserve()).discard();
      const slot = await producer.reserve();
      slot.columns.who.set([1, 5]);
      slot.commit({ version: 5, rows: 0 });
      expect(() => slot.commit({ version: 5 })).toThrow(expect.objectContaining({ code: 'STREAM_CLOSED' }));
      using batch = await consumer.next();
      expect([batch.version, batch.rows, batch.columns.values.length]).toEqual([5, 0, 0]);
    });

    law('a producer waits for its consumer, and closing the consumer ends it', async (runtime) => {
      const handle = produce(runtime, 1, 1_000_000);
      const consumer = await runtime.streams.consume(numbers(), { capacity: 2 });
      (await consumer.next()).release();
      await consumer.close();
      expect(await handle.result).toBeGreaterThan(0);
      expect(await errorOf(consumer.next())).toMatchObject({
        code: 'STREAM_CLOSED',
        message: 'stream numbers is closed: its consumer closed it',
      });
    });

    law('after its consumer was closed a stream can be opened again', async (runtime) => {
      await (await runtime.streams.consume(numbers())).close();
      await using consumer = await runtime.streams.consume(numbers());
      void produce(runtime, 4, 3);
      expect(await receive(consumer, 3)).toEqual({ 4: upTo(3) });
    });

    law('when a task that consumes dies, its next attempt takes the stream over', async (runtime) => {
      const input = { stream: 'numbers', count: 5, capacity: 2, dieAfter: 2 };
      const dying = errorOf(runtime.run(kit.consume, input, { attempts: 1 }));
      const first = await runtime.run(kit.produce, { stream: 'numbers', producer: 1, count: 1_000_000 });
      expect(first).toBeGreaterThan(0);
      expect((await dying).code).toBe('WORKER_LOST');
      await using consumer = await runtime.streams.consume(numbers());
      void produce(runtime, 2, 3);
      expect(await receive(consumer, 3)).toEqual({ 2: upTo(3) });
    });

    law('a second consumer is refused', async (runtime) => {
      await using _first = await runtime.streams.consume(numbers());
      expect(await errorOf(runtime.streams.consume(numbers()))).toMatchObject({
        code: 'INPUT',
        message: 'stream numbers: it has a consumer already',
      });
      const inTask = await errorOf(runtime.run(kit.consume, { stream: 'numbers', count: 1, capacity: 1 }));
      expect(inTask.cause).toMatchObject({ code: 'INPUT' });
    });

    law('a producer with other columns is refused', async (runtime) => {
      await using _consumer = await runtime.streams.consume(numbers());
      const other = defineStream({ name: 'numbers', rows: 64, columns: { values: { type: 'f64', size: 3 } } });
      expect(await errorOf(runtime.streams.produce(other))).toMatchObject({ code: 'INPUT' });
    });

    law('waiting ends with a signal, with cancellation and with the runtime', async (runtime) => {
      const consumer = await runtime.streams.consume(numbers(), { capacity: 1 });
      const signal = AbortSignal.timeout(20);
      expect((await errorOf(consumer.next({ signal }))).name).toBe('TimeoutError');
      const lonely = runtime.streams.produce(numbers('nobody'), { signal: AbortSignal.timeout(20) });
      expect((await errorOf(lonely)).name).toBe('TimeoutError');
      const blocked = produce(runtime, 1, 5);
      await until(consumer, ({ depth }) => depth === 1);
      blocked.cancel('enough');
      expect((await errorOf(blocked.result)).code).toBe('TASK_CANCELLED');
      (await consumer.next()).release();
      const waiting = errorOf(consumer.next());
      await runtime.close();
      expect((await waiting).code).toBe('STREAM_CLOSED');
    });

    test('names, sizes and types that cannot be are refused with what was expected', () => {
      const columns = { x: { type: 'f32', size: 1 } } as const;
      expect(() => defineStream({ name: 'a.b', rows: 1, columns })).toThrow(/stream name: expected 1 to 128 letters/);
      expect(() => defineStream({ name: 'a', rows: 0, columns })).toThrow(/rows: expected a positive integer, got 0/);
      const bad = { x: { type: 'f16' as 'f32', size: 1 } };
      expect(() => defineStream({ name: 'a', rows: 1, columns: bad })).toThrow(/x: expected a type of i8, .*got "f16"/);
    });
  });
}
