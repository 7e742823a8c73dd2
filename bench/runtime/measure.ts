/** What is measured of any way to run tasks, local or not. */

import { type Row, significant } from '../harness.ts';

/** Something that runs tasks: all at once in order, or one. */
export interface Runner {
  readonly name: string;
  /** Runs the empty task so many times, as fast as it can. */
  empties(count: number): Promise<unknown>;
  /** Runs one empty task and waits for it. */
  empty(): Promise<unknown>;
  /** Sends the bytes to so many tasks and back. */
  echoes(count: number, bytes: Uint8Array<ArrayBuffer>): Promise<unknown>;
}

export interface Amounts {
  readonly empties: number;
  readonly latencies: number;
  readonly small: number;
  readonly large: number;
  readonly rounds: number;
}

export const amounts = (quick: boolean): Amounts =>
  quick
    ? { empties: 500, latencies: 50, small: 20, large: 4, rounds: 1 }
    : { empties: 10_000, latencies: 1_000, small: 500, large: 40, rounds: 3 };

const SMALL = new Uint8Array(64 << 10);
const LARGE = new Uint8Array(4 << 20);

/** One row for each runner: the best round of each figure, the rounds of all runners interleaved. */
export async function measureRunners(runners: readonly Runner[], amount: Amounts): Promise<Row[]> {
  const best = runners.map(() => ({ empties: 0, p50: Infinity, p99: Infinity, small: 0, large: 0 }));
  for (const runner of runners) await runner.empties(amount.empties / 10);
  for (let round = 0; round < amount.rounds; round++) {
    for (const [i, runner] of runners.entries()) {
      const row = best[i] as (typeof best)[number];
      row.empties = Math.max(row.empties, await perSecond(amount.empties, (n) => runner.empties(n)));
      row.small = Math.max(row.small, await perSecond(amount.small, (n) => runner.echoes(n, SMALL)));
      row.large = Math.max(row.large, await perSecond(amount.large, (n) => runner.echoes(n, LARGE)));
      const times = await latencies(amount.latencies, () => runner.empty());
      row.p50 = Math.min(row.p50, times[Math.floor(times.length * 0.5)] as number);
      row.p99 = Math.min(row.p99, times[Math.floor(times.length * 0.99)] as number);
    }
  }
  return runners.map(({ name }, i) => {
    const row = best[i] as (typeof best)[number];
    return {
      runner: name,
      'empty tasks/s': significant(row.empties),
      'one at a time p50 (ms)': significant(row.p50),
      'p99 (ms)': significant(row.p99),
      '64 KiB there and back (tasks/s)': significant(row.small),
      '4 MiB there and back (tasks/s)': significant(row.large),
    };
  });
}

/** Runs so many tasks and gives their rate. */
export async function perSecond(count: number, run: (count: number) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run(count);
  return (1000 * count) / (performance.now() - start);
}

/** Sorted milliseconds of single calls. */
async function latencies(count: number, run: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

/** Tasks a second on one and on two, and how much of the second one arrives. */
export const efficiencyRow = (one: number, two: number): Row => ({
  'CPU-bound tasks/s on one': significant(one),
  'on two': significant(two),
  efficiency: significant(two / (2 * one)),
});
