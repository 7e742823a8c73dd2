/**
 * TensorBoard event files, written without TensorFlow: TFRecord frames (length, masked crc32c, data, masked crc32c)
 * around hand-encoded `Event` protocol buffers with scalar summaries.
 */

import { closeSync, mkdirSync, openSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf, SkeinError } from '../errors.ts';
import { appendAll } from '../files.ts';
import type { MetricSink } from './metrics.ts';

/** Writes scalars that TensorBoard reads to `folder/events.out.tfevents.*`. */
export function tensorBoardSink(folder: string): MetricSink {
  const seconds = Date.now() / 1000;
  const path = join(folder, `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}`);
  let file: number | null;
  try {
    mkdirSync(folder, { recursive: true });
    file = openSync(path, 'a');
  } catch (error) {
    throw new SkeinError('IO', `${path}: cannot be opened for appending: ${messageOf(error)}`, { cause: error });
  }
  const append = (event: Uint8Array): void => {
    if (file === null) throw new SkeinError('IO', `${path}: written to after it was closed`);
    appendAll(file, path, frame(event));
  };
  append(concat([fixed64(1, seconds), text(3, 'brain.Event:2')]));
  return {
    write: (step, metrics) => {
      const values = Object.entries(metrics).map(([tag, value]) => bytes(1, concat([text(1, tag), fixed32(2, value)])));
      append(concat([fixed64(1, Date.now() / 1000), varintField(2, step), bytes(5, concat(values))]));
    },
    close: async () => {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

// Protocol buffer fields: a key (field number << 3 | wire type), then the value.

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
  return out;
}

const key = (field: number, type: number): number[] => varint(field * 8 + type);
const varintField = (field: number, value: number): Uint8Array => Uint8Array.from([...key(field, 0), ...varint(value)]);
const bytes = (field: number, value: Uint8Array): Uint8Array =>
  concat([Uint8Array.from([...key(field, 2), ...varint(value.length)]), value]);
const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value));

function fixed64(field: number, value: number): Uint8Array {
  const out = new DataView(new ArrayBuffer(8));
  out.setFloat64(0, value, true);
  return concat([Uint8Array.from(key(field, 1)), new Uint8Array(out.buffer)]);
}

function fixed32(field: number, value: number): Uint8Array {
  const out = new DataView(new ArrayBuffer(4));
  out.setFloat32(0, value, true);
  return concat([Uint8Array.from(key(field, 5)), new Uint8Array(out.buffer)]);
}

const concat = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

function frame(data: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(12));
  head.setBigUint64(0, BigInt(data.length), true);
  head.setUint32(8, maskedCrc(new Uint8Array(head.buffer, 0, 8)), true);
  const tail = new DataView(new ArrayBuffer(4));
  tail.setUint32(0, maskedCrc(data), true);
  return concat([new Uint8Array(head.buffer), data, new Uint8Array(tail.buffer)]);
}

/** Castagnoli's polynomial, reflected. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c >>> 0;
});

/** CRC-32C of the data: 0xe3069283 for "123456789". */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 255] as number);
  return (crc ^ 0xffffffff) >>> 0;
}

function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
