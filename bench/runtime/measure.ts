/** What is measured of any way to run tasks, local or not. */

import { type Row, significant } from '../harness.ts';

/** Something that runs tasks: many at once, or one. With bytes they go there and back, without the task is empty. */
export interface Runner {
  readonly name: string;
  many(count: number, bytes: Uint8Array<ArrayBuffer> | null): Promise<unknown>;
  one(bytes: Uint8Array<ArrayBuffer> | null): Promise<unknown>;
  /** Milliseconds of single tasks, measured by the runner itself where calling it costs time; by `one` if left out. */
  latencies?(count: number, bytes: number): Promise<number[]>;
}

/** A payload, how many tasks carry it at once, and how many one after another. */
interface Payload {
  readonly label: string;
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  readonly many: number;
  readonly single: number;
}

const payloads: readonly Payload[] = [
  { label: 'empty', bytes: null, many: 10_000, single: 1_000 },
  { label: '64 KiB', bytes: new Uint8Array(64 << 10), many: 600, single: 200 },
  { label: '4 MiB', bytes: new Uint8Array(4 << 20), many: 40, single: 30 },
];

/** Tasks with large payloads that are under way at once. */
export const LARGE_IN_FLIGHT = 8;

interface Best {
  rate: number;
  p50: number;
  p99: number;
}

/** A row for each runner and payload: the best of the rounds, all runners in turns. */
export async function measureRunners(runners: readonly Runner[], quick: boolean): Promise<Row[]> {
  const best = runners.map(() => payloads.map((): Best => ({ rate: 0, p50: Infinity, p99: Infinity })));
  for (const runner of runners) await runner.many(quick ? 20 : 1_000, null);
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    for (const [i, runner] of runners.entries()) {
      for (const [k, payload] of payloads.entries())
        await measure(runner, payload, quick, (best[i] as Best[])[k] as Best);
    }
  }
  return runners.flatMap(({ name }, i) =>
    payloads.map(({ label }, k) => {
      const { rate, p50, p99 } = (best[i] as Best[])[k] as Best;
      return {
        runner: name,
        'there and back': label,
        'tasks/s': significant(rate),
        'one at a time p50 (ms)': significant(p50),
        'p99 (ms)': significant(p99),
      };
    }),
  );
}

async function measure(runner: Runner, { bytes, many, single }: Payload, quick: boolean, best: Best): Promise<void> {
  const scale = quick ? 0.05 : 1;
  const rate = await perSecond(Math.ceil(many * scale), (n) => runner.many(n, bytes));
  const count = Math.ceil(single * scale);
  const times = await (runner.latencies?.(count, bytes?.length ?? 0) ?? latencies(count, () => runner.one(bytes)));
  times.sort((a, b) => a - b);
  best.rate = Math.max(best.rate, rate);
  best.p50 = Math.min(best.p50, times[Math.floor(times.length * 0.5)] as number);
  best.p99 = Math.min(best.p99, times[Math.floor(times.length * 0.99)] as number);
}

/** Runs so many tasks and gives their rate. */
export async function perSecond(count: number, run: (count: number) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run(count);
  return (1000 * count) / (performance.now() - start);
}

async function latencies(count: number, run: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times;
}

/** Tasks a second on one and on two, and how much of the second one arrives. */
export const efficiencyRow = (one: number, two: number): Row => ({
  'CPU-bound tasks/s on one': significant(one),
  'on two': significant(two),
  efficiency: significant(two / (2 * one)),
});
