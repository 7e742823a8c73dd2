import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { jsonLinesSink, readMetrics, truncateMetrics } from './jsonl.ts';
import { memorySink, teeSink } from './metrics.ts';
import { crc32c, tensorBoardSink } from './tensorboard.ts';
import { terminalSink } from './terminal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-metrics-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('JSON lines', () => {
  const path = () => join(folder, 'metrics.jsonl');

  test('come back as they were written, infinities included', async () => {
    const sink = jsonLinesSink(path());
    sink.write(1, { 'episode/return': 20.5, 'loss/value': Infinity });
    sink.write(2, { 'episode/return': -0.1 });
    await sink.close();
    expect(readMetrics(path())).toEqual([
      { step: 1, metrics: { 'episode/return': 20.5, 'loss/value': Infinity } },
      { step: 2, metrics: { 'episode/return': -0.1 } },
    ]);
    expect(() => sink.write(3, {})).toThrow(/after it was closed/);
  });

  test('a half-written last line is left out, a bad line inside is refused by number', () => {
    jsonLinesSink(path()).write(1, { 'episode/return': 1 });
    appendFileSync(path(), '{"step":2,"episo');
    expect(readMetrics(path()).map((row) => row.step)).toEqual([1]);
    appendFileSync(path(), '\n{"step":3}\n');
    expect(() => readMetrics(path())).toThrow(/metrics\.jsonl:2: expected a JSON object with a step/);
  });

  test('truncation keeps the rows up to a step', () => {
    const sink = jsonLinesSink(path());
    for (let step = 1; step <= 5; step++) sink.write(step, { 'train/updates': step });
    truncateMetrics(path(), 3);
    expect(readMetrics(path()).map((row) => row.step)).toEqual([1, 2, 3]);
  });

  test('a folder that does not exist is an error with its path', () => {
    expect(() => jsonLinesSink(join(folder, 'none', 'metrics.jsonl'))).toThrow(
      /none\/metrics\.jsonl: cannot be opened/,
    );
  });
});

test('a tee writes to every sink', () => {
  const [a, b] = [memorySink(), memorySink()];
  teeSink(a, b).write(4, { 'trial/best': 1 });
  expect(a.rows).toEqual([{ step: 4, metrics: { 'trial/best': 1 } }]);
  expect(b.rows).toEqual(a.rows);
});

test('a terminal gets one readable line a row', () => {
  let text = '';
  const stream = { write: (chunk: string) => (text += chunk) };
  const sink = terminalSink({ stream, only: ['episode/return', 'loss/value'] });
  sink.write(12_000, { 'loss/value': 0.012345, 'episode/return': 23.5, 'train/updates': 7 });
  sink.write(13_000, { 'train/updates': 8 });
  terminalSink({ stream }).write(1, { 'train/updates': 1234 });
  expect(text).toBe('step 12,000  episode/return 23.5  loss/value 0.01235\nstep 1  train/updates 1,234\n');
});

describe('TensorBoard events', () => {
  test('crc32c has its check value', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  test('are TFRecord frames of a version and one scalar summary a metric', async () => {
    const sink = tensorBoardSink(folder);
    sink.write(300, { 'episode/return': 2 });
    await sink.close();
    const file = readdirSync(folder)[0] as string;
    const [version, summary] = framesOf(readFileSync(join(folder, file)));
    expect(version?.toString('latin1')).toContain('brain.Event:2');
    // step 300 is field 2: 0x10 then varint 0xac 0x02; the value 2.0 is field 2 of Value: 0x15 then 00 00 00 40.
    expect(summary?.includes(Buffer.from([0x10, 0xac, 0x02]))).toBe(true);
    expect(summary?.includes(Buffer.from([0x15, 0, 0, 0, 0x40]))).toBe(true);
    expect(summary?.includes('episode/return')).toBe(true);
  });
});

/** Splits a file into records, checking lengths and both masked checksums. */
function framesOf(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  const masked = (data: Buffer) => (((crc32c(data) >>> 15) | (crc32c(data) << 17)) + 0xa282ead8) >>> 0;
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(masked(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(masked(data));
    frames.push(data);
    at += 16 + length;
  }
  return frames;
}
