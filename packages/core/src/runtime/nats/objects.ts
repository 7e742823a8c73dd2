/**
 * Objects over the message size in a bucket of the object store: chunks, then a description of them, as every client of
 * the store keeps them. All chunks travel at once, and the description says where they lie: an object is written or read
 * in two round trips, whatever its size.
 */

import type { StoredMsg } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { headers, nanos } from '@nats-io/transport-node';
import { SkeinError } from '../../errors.ts';
import { parse, type Static, Type } from '../../schema.ts';
import { blobDigest } from '../blob-digest.ts';
import { randomId } from '../ids.ts';
import { isNotFound, type Link, persistently } from './link.ts';
import { RUN_MAX_AGE_MS } from './names.ts';
import { type Encoding, packBytes, unpackBytes } from './packing.ts';

const Count = Type.Integer({ minimum: 0 });
/** The store's description of an object. What is ours of it stands in `metadata`, whose values are texts. */
const Description = Type.Object({
  name: Type.String(),
  bucket: Type.String(),
  nuid: Type.String(),
  size: Count,
  chunks: Count,
  /** `SHA-256=` and base64 of the bytes as they were given. */
  digest: Type.String(),
  mtime: Type.String(),
  deleted: Type.Optional(Type.Boolean()),
  options: Type.Optional(Type.Object({ max_chunk_size: Count })),
  metadata: Type.Optional(Type.Object({ sequences: Type.String(), bytes: Type.String(), encoding: Type.String() })),
});
type Description = Static<typeof Description>;

/** Chunks on their way at once: enough to keep the server busy. */
const IN_FLIGHT = 16;

export interface StoredObject {
  readonly bytes: Uint8Array;
  /** Address of the bytes, as `blobDigest` gives it. They have been compared with it. */
  readonly digest: string;
}

export class Objects {
  readonly #link: Link;
  readonly #bucket: string;
  #opened: Promise<void> | null = null;

  constructor(link: Link, bucket: string) {
    this.#link = link;
    this.#bucket = bucket;
  }

  get #stream(): string {
    return `OBJ_${this.#bucket}`;
  }

  #chunkSubject(nuid: string): string {
    return `$O.${this.#bucket}.C.${nuid}`;
  }

  #nameSubject(name: string): string {
    return `$O.${this.#bucket}.M.${paddedBase64(Buffer.from(name))}`;
  }

  /** Makes the bucket if it is not there. */
  #open(): Promise<void> {
    this.#opened ??= persistently(this.#link, async () => {
      const ttl = nanos(RUN_MAX_AGE_MS);
      await new Objm(this.#link.js).create(this.#bucket, { replicas: this.#link.replicas, ttl });
    });
    this.#opened.catch(() => {
      this.#opened = null;
    });
    return this.#opened;
  }

  /** Stores bytes under a name that nothing else is stored under. */
  async write(name: string, bytes: Uint8Array, digest = blobDigest(bytes)): Promise<void> {
    this.#checkSize(name, bytes.length);
    await this.#open();
    const { packed, encoding } = await packBytes(bytes, this.#link.compression);
    const nuid = randomId();
    const size = this.#link.maxMessageBytes;
    const starts = Array.from({ length: Math.ceil(packed.length / size) }, (_, i) => i * size);
    const sequences = await inParallel(starts, (start, i) =>
      this.#publish(this.#chunkSubject(nuid), packed.subarray(start, start + size), `${nuid}-${i}`),
    );
    const description: Description = {
      name,
      bucket: this.#bucket,
      nuid,
      size: packed.length,
      chunks: starts.length,
      digest: `SHA-256=${paddedBase64(Buffer.from(digest.replace('sha256-', ''), 'hex'))}`,
      mtime: new Date().toISOString(),
      options: { max_chunk_size: size },
      metadata: { sequences: sequences.join(' '), bytes: `${bytes.length}`, encoding },
    };
    await this.#describe(description);
  }

  async #publish(subject: string, bytes: Uint8Array, msgID: string): Promise<number> {
    return persistently(this.#link, async () => (await this.#link.js.publish(subject, bytes, { msgID })).seq);
  }

  async #describe(description: Description): Promise<void> {
    const rollup = headers();
    rollup.set('Nats-Rollup', 'sub');
    const subject = this.#nameSubject(description.name);
    await persistently(this.#link, () =>
      this.#link.js.publish(subject, JSON.stringify(description), { headers: rollup }),
    );
  }

  /** True if something is stored under the name. */
  async has(name: string): Promise<boolean> {
    return (await this.#find(name)) !== null;
  }

  /** What is stored under a name; null if there is nothing, or no more of it. Throws `BLOB` if it is damaged. */
  async read(name: string): Promise<StoredObject | null> {
    const description = await this.#find(name);
    if (description === null) return null;
    const { metadata, size, nuid } = description;
    if (metadata === undefined) return damaged(name, 'it was not written by Skein');
    this.#checkSize(name, Number(metadata.bytes));
    this.#checkSize(name, size);
    const parts = await inParallel(metadata.sequences.split(' ').filter(Boolean).map(Number), async (seq) => {
      const message = await this.#get({ seq });
      return message?.subject === this.#chunkSubject(nuid) ? message.data : null;
    });
    // It was deleted or overtaken while we read.
    if (parts.includes(null)) return null;
    const stored = Buffer.concat(parts as Uint8Array[]);
    const bytes = await unpackBytes(stored, metadata.encoding as Encoding, Number(metadata.bytes)).catch(
      (error: Error) => damaged(name, error.message),
    );
    const digest = blobDigest(bytes);
    if (stored.length !== size || digest !== addressOf(description)) damaged(name, 'its checksum does not match');
    return { bytes, digest };
  }

  /** Deletes what is stored under a name, if anything is. */
  async remove(name: string): Promise<void> {
    const description = await this.#find(name);
    if (description === null) return;
    const { metadata: _, ...rest } = description;
    const filter = this.#chunkSubject(description.nuid);
    await persistently(this.#link, () => this.#link.jsm.streams.purge(this.#stream, { filter }));
    await this.#describe({ ...rest, size: 0, chunks: 0, digest: '', deleted: true });
  }

  async #find(name: string): Promise<Description | null> {
    await this.#open();
    const message = await this.#get({ last_by_subj: this.#nameSubject(name) });
    if (message === null) return null;
    const description = parse(Description, JSON.parse(message.string()), { what: `object ${name}`, code: 'BLOB' });
    return description.deleted === true ? null : description;
  }

  #get(query: { readonly seq: number } | { readonly last_by_subj: string }): Promise<StoredMsg | null> {
    return persistently(this.#link, async () => {
      try {
        return await this.#link.jsm.direct.getMessage(this.#stream, query);
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    });
  }

  #checkSize(name: string, bytes: number): void {
    const limit = this.#link.maxValueBytes;
    if (bytes <= limit) return;
    throw new SkeinError('BLOB', `object ${name}: expected at most ${limit} bytes, got ${bytes}`, {
      details: { name, bytes, limit },
      advice: 'raise maxValueBytes on both sides, or send less at once',
    });
  }
}

const paddedBase64 = (bytes: Buffer): string =>
  bytes.toString('base64url').padEnd(Math.ceil(bytes.length / 3) * 4, '=');

const addressOf = ({ digest }: Description): string =>
  `sha256-${Buffer.from(digest.replace(/^SHA-256=/, ''), 'base64url').toString('hex')}`;

function damaged(name: string, what: string): never {
  throw new SkeinError('BLOB', `object ${name}: ${what}`, {
    advice: 'try again; if it stays, put the bytes again under a new run',
  });
}

/** Calls the function for every item, so many at a time, and gives the results in order. */
async function inParallel<T, R>(items: readonly T[], call: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await call(items[i] as T, i);
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, items.length) }, lane));
  return results;
}
