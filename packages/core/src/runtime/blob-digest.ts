/** How blobs are addressed, and how their errors read. */

import { createHash } from 'node:crypto';
import { SkeinError } from '../errors.ts';

/** The address of a blob: `sha256-` and 64 hexadecimal digits. */
export const blobDigest = (bytes: Uint8Array): string => `sha256-${createHash('sha256').update(bytes).digest('hex')}`;

/** Throws `BLOB` for a digest that nothing is stored under. */
export function missingBlob(digest: string): never {
  throw new SkeinError('BLOB', `blob ${digest}: nothing is stored under this digest`, {
    details: { digest },
    advice: 'put the bytes again; blobs live as long as their run',
  });
}

/** Throws `BLOB` for a digest under which other bytes are stored. */
export function foreignBlob(digest: string, actual: string): never {
  throw new SkeinError('BLOB', `blob ${digest}: the stored bytes have the digest ${actual}`, {
    details: { digest, actual },
    advice: 'the store is damaged: put the bytes again under a new run',
  });
}
