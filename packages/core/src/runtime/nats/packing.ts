/**
 * Optional compression. Zstandard: it packs as well as deflate at ten times its speed, and needs nothing but Node.js.
 * Weights of networks hardly shrink; frames and sparse observations do.
 */

import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

/** How stored bytes are encoded. */
export type Encoding = 'none' | 'zstd';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Less is not worth the time to unpack. */
const WORTHWHILE = 0.95;

/** The bytes as they are to be stored: packed if that is wanted and makes them smaller. */
export async function packBytes(
  bytes: Uint8Array,
  wanted: Encoding,
): Promise<{ readonly packed: Uint8Array; readonly encoding: Encoding }> {
  if (wanted === 'none') return { packed: bytes, encoding: 'none' };
  const packed = await compress(bytes, FASTEST);
  return packed.length < WORTHWHILE * bytes.length ? { packed, encoding: 'zstd' } : { packed: bytes, encoding: 'none' };
}

/** The bytes that were packed. Rejects if they are more than was said, or damaged. */
export async function unpackBytes(packed: Uint8Array, encoding: Encoding, length: number): Promise<Uint8Array> {
  const bytes = encoding === 'zstd' ? await decompress(packed, { maxOutputLength: Math.max(1, length) }) : packed;
  if (bytes.length !== length) throw new Error(`expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}
