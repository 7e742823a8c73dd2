/** Metrics as JSON lines, `{"step":100,"episode/return":23.5}`: append-only, readable while a run goes on. */

import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { messageOf, SkeinError } from '../errors.ts';
import { appendAll, writeFileAtomic } from '../files.ts';
import { show } from '../schema.ts';
import type { MetricRow, MetricSink, Metrics } from './metrics.ts';

/** Non-finite numbers have no JSON form: they are written as strings and read back as numbers. */
const encode = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

/** Appends a line a write to `path`, at once, so that a killed run loses no finished row. */
export function jsonLinesSink(path: string): MetricSink {
  let file: number | null;
  try {
    file = openSync(path, 'a');
  } catch (error) {
    throw new SkeinError('IO', `${path}: cannot be opened for appending: ${messageOf(error)}`, { cause: error });
  }
  return {
    write: (step, metrics) => {
      if (file === null) throw new SkeinError('IO', `${path}: written to after it was closed`);
      appendAll(file, path, Buffer.from(`${JSON.stringify({ step, ...metrics }, encode)}\n`));
    },
    close: async () => {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

/** The rows of a metrics file. A half-written last line (of a killed run) is left out; any other bad line throws `INPUT`, a missing file `IO`. */
export function readMetrics(path: string): MetricRow[] {
  const lines = readText(path).split('\n');
  const tail = lines.pop() ?? '';
  return [...lines, ...(tail === '' ? [] : [tail])].flatMap((line, i) => {
    const row = parseRow(line);
    if (row !== null) return [row];
    if (i === lines.length) return [];
    throw new SkeinError('INPUT', `${path}:${i + 1}: expected a JSON object with a step, got ${show(line)}`);
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new SkeinError('IO', `${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function parseRow(line: string): MetricRow | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { step, ...rest } = value as Record<string, unknown>;
  if (typeof step !== 'number') return null;
  return { step, metrics: Object.fromEntries(Object.entries(rest).map(([name, x]) => [name, Number(x)])) as Metrics };
}

/** Cuts a metrics file, if there is one, back to the rows up to `step`: what a resumed run repeats is not kept twice. */
export function truncateMetrics(path: string, step: number): void {
  if (!existsSync(path)) return;
  const kept = readMetrics(path).filter((row) => row.step <= step);
  writeFileAtomic(path, kept.map((row) => `${JSON.stringify({ step: row.step, ...row.metrics }, encode)}\n`).join(''));
}
