/** Blobs of a run in an object store: its bucket is made when the first blob is put. */

import { type ObjectInfo, type ObjectStore, Objm } from '@nats-io/obj';
import { nanos } from '@nats-io/transport-node';
import { SkeinError } from '../../errors.ts';
import { blobDigest, foreignBlob, missingBlob } from '../blob-digest.ts';
import type { BlobStore } from '../stores.ts';
import { type Link, persistently } from './link.ts';
import { RUN_MAX_AGE_MS } from './names.ts';

export class NatsBlobs implements BlobStore {
  readonly #link: Link;
  readonly #bucket: string;
  #store: Promise<ObjectStore> | null = null;

  constructor(link: Link, run: string) {
    this.#link = link;
    this.#bucket = link.names.blobs(run);
  }

  #open(): Promise<ObjectStore> {
    this.#store ??= persistently(this.#link, () =>
      new Objm(this.#link.js).create(this.#bucket, { replicas: this.#link.replicas, ttl: nanos(RUN_MAX_AGE_MS) }),
    );
    this.#store.catch(() => {
      this.#store = null;
    });
    return this.#store;
  }

  async put(bytes: Uint8Array): Promise<string> {
    const digest = blobDigest(bytes);
    if (!(await this.has(digest))) await this.write(digest, bytes);
    return digest;
  }

  async get(digest: string): Promise<Uint8Array> {
    const { bytes, sha256 } = (await this.#fetch(digest)) ?? missingBlob(digest);
    if (digest !== sha256) foreignBlob(digest, sha256);
    return bytes;
  }

  async has(digest: string): Promise<boolean> {
    const store = await this.#open();
    const info = await persistently(this.#link, () => store.info(digest));
    return info !== null && !info.deleted;
  }

  /** Stores bytes under any name. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const store = await this.#open();
    const options = { max_chunk_size: this.#link.maxMessageBytes };
    await persistently(this.#link, () => store.putBlob({ name, options }, bytes));
  }

  /** The bytes of a name; null if there are none. Throws `BLOB` if they cannot be read whole. */
  async read(name: string): Promise<Uint8Array | null> {
    return (await this.#fetch(name))?.bytes ?? null;
  }

  async #fetch(name: string): Promise<{ readonly bytes: Uint8Array; readonly sha256: string } | null> {
    const store = await this.#open();
    const found = await persistently(this.#link, () => store.get(name));
    if (found === null) return null;
    const bytes = new Uint8Array(found.info.size);
    let offset = 0;
    for await (const chunk of found.data) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    // The client has compared the bytes with the digest that the store keeps.
    const error = (await found.error) ?? null;
    if (error === null && offset === bytes.length) return { bytes, sha256: digestOf(found.info) };
    throw new SkeinError('BLOB', `blob ${name}: ${error?.message ?? `${offset} of ${bytes.length} bytes came`}`, {
      advice: 'try again; if it stays, put the bytes again under a new run',
    });
  }

  /** Deletes what is stored under a name, if anything is. */
  async remove(name: string): Promise<void> {
    const store = await this.#open();
    const info = await persistently(this.#link, () => store.info(name));
    if (info === null || info.deleted) return;
    await persistently(this.#link, () => store.delete(name));
  }
}

/** The store's own digest (`SHA-256=` and base64) the way blobs are addressed. */
const digestOf = (info: ObjectInfo): string =>
  `sha256-${Buffer.from(info.digest.replace(/^SHA-256=/, ''), 'base64url').toString('hex')}`;
