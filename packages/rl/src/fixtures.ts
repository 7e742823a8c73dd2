import { readFileSync } from 'node:fs';

/** Reads an oracle's file of fixtures/ (tests only). */
export function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** The float64 numbers of a little-endian base64 text. */
export function float64s(base64: string): Float64Array {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return new Float64Array(bytes.buffer);
}

/** The float32 numbers of a little-endian base64 text. */
export function float32s(base64: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer);
}
