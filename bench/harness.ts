/**
 * What benchmarks share. A benchmark is a file `bench/AREA/NAME.ts` that exports `benchmark`; `npm run bench` finds it.
 * It runs all sides in one go on the same work, interleaved, and gives rows that keep what it loses.
 */

import { spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { delimiter } from 'node:path';

/** One row of a table; columns in order of first appearance. */
export type Row = Readonly<Record<string, string | number>>;

export interface BenchmarkOptions {
  /** A run of seconds instead of minutes, to see that it works. */
  readonly quick: boolean;
}

export interface Benchmark {
  /** The claim it measures, as a sentence. */
  readonly claim: string;
  run(options: BenchmarkOptions): Promise<readonly Row[]>;
}

/** One side of a comparison: `run` does the work once. */
export interface Side {
  readonly name: string;
  run(): unknown | Promise<unknown>;
}

export interface Timing {
  readonly name: string;
  /** Median milliseconds of one call. */
  readonly ms: number;
  /** Smallest and largest median of the rounds. */
  readonly spread: readonly [number, number];
}

export interface CompareOptions {
  /** How often each side has its turn. */
  readonly rounds?: number;
  /** Milliseconds of one turn. */
  readonly turnMs?: number;
}

/** Times sides in turns (A B A B ...), so that a noisy machine is unfair to none. Each side is warmed up first. */
export async function compareSides(sides: readonly Side[], options: CompareOptions = {}): Promise<Timing[]> {
  const { rounds = 5, turnMs = 400 } = options;
  for (const side of sides) await turn(side, turnMs / 2);
  const medians = sides.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, side] of sides.entries()) medians[i]?.push(await turn(side, turnMs));
  }
  return sides.map((side, i) => {
    const sorted = [...(medians[i] as number[])].sort((a, b) => a - b);
    return { name: side.name, ms: median(sorted), spread: [sorted[0] as number, sorted.at(-1) as number] };
  });
}

/** Median milliseconds a call during one turn; fast functions are timed in groups, so that the clock costs nothing. */
async function turn(side: Side, ms: number): Promise<number> {
  const began = performance.now();
  await side.run();
  const once = performance.now() - began;
  const group = Math.max(1, Math.ceil(0.5 / Math.max(once, 1e-4)));
  const times: number[] = [];
  while (performance.now() - began < ms || times.length < 3) {
    const start = performance.now();
    for (let i = 0; i < group; i++) {
      const result = side.run();
      if (result instanceof Promise) await result;
    }
    times.push((performance.now() - start) / group);
  }
  return median(times.sort((a, b) => a - b));
}

const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] as number;

/** Timings as rows with the ratio to each of the named sides. */
export function timingRows(timings: readonly Timing[], ...references: readonly string[]): Row[] {
  const known = timings.filter(({ name }) => references.includes(name));
  return timings.map((timing) => ({
    side: timing.name,
    'ms per call': significant(timing.ms),
    'calls/s': significant(1000 / timing.ms),
    spread: `${significant(timing.spread[0])} to ${significant(timing.spread[1])}`,
    ...Object.fromEntries(known.map(({ name, ms }) => [`times as fast as ${name}`, significant(ms / timing.ms)])),
  }));
}

/**
 * Keeps this process, its threads and those that it starts from now on, to the first processor cores; says whether the machine has
 * `taskset`, without which nothing is kept.
 */
export function keepToCores(count: number): boolean {
  const cores = `0-${Math.min(count, cpus().length) - 1}`;
  return spawnSync('taskset', ['-acp', cores, String(process.pid)], { stdio: 'ignore' }).status === 0;
}

/** Three significant digits. */
export const significant = (x: number): number => Number(x.toPrecision(3));

/**
 * The Python that a comparison with Python libraries uses: the first of `SKEIN_PYTHON` (several are separated like those of
 * `PATH`; `python3` if it is unset) that has all modules; null if none has.
 */
export function pythonWith(...modules: readonly string[]): string | null {
  const candidates = (process.env['SKEIN_PYTHON'] ?? 'python3').split(delimiter);
  const has = (python: string): boolean =>
    spawnSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' }).status === 0;
  return candidates.find(has) ?? null;
}

/** Runs a Python program that prints one JSON value last; `input` is what it reads. Throws with its error text if it fails. */
export function runPython<T>(python: string, program: string, args: readonly string[] = [], input = ''): T {
  const environment = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
  const result = spawnSync(python, ['-c', program, ...args], {
    encoding: 'utf8',
    input,
    env: environment,
    maxBuffer: 2 ** 28,
  });
  if (result.status !== 0) throw new Error(`python failed: ${result.stderr}`);
  return JSON.parse(result.stdout.trim().split('\n').at(-1) as string) as T;
}

/** Rows as a Markdown table. */
export function markdownTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((c) => row[c] ?? ''))),
  ].join('\n');
}

/** Machine, versions and commit, for the head of a result. */
export function machine(): string {
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout.trim() || 'no commit';
  const cpu = cpus()[0]?.model ?? 'unknown processor';
  return `${cpu}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB; Node.js ${process.version}, V8 ${process.versions.v8}; commit ${commit}`;
}
