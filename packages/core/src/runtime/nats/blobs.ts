/** Blobs of a run, and whatever else of it is too large for a message: its bucket is made when it is first used. */

import { blobDigest, foreignBlob, missingBlob } from '../blob-digest.ts';
import type { BlobStore } from '../stores.ts';
import { isDenied, type Link } from './link.ts';
import { Objects } from './objects.ts';

export class NatsBlobs implements BlobStore {
  readonly #objects: Objects;
  /** False once the server has refused it: workers of a locked-down server may not. */
  #mayRemove = true;

  constructor(link: Link, run: string) {
    this.#objects = new Objects(link, link.names.blobs(run));
  }

  async put(bytes: Uint8Array): Promise<string> {
    const digest = blobDigest(bytes);
    if (!(await this.has(digest))) await this.#objects.write(digest, bytes, digest);
    return digest;
  }

  async get(digest: string): Promise<Uint8Array> {
    const stored = (await this.#objects.read(digest)) ?? missingBlob(digest);
    if (digest !== stored.digest) foreignBlob(digest, stored.digest);
    return stored.bytes;
  }

  has(digest: string): Promise<boolean> {
    return this.#objects.has(digest);
  }

  /** Stores bytes under a name of their own. */
  write(name: string, bytes: Uint8Array): Promise<void> {
    return this.#objects.write(name, bytes);
  }

  /** The bytes of a name; null if there are none. Throws `BLOB` if they are damaged. */
  async read(name: string): Promise<Uint8Array | null> {
    return (await this.#objects.read(name))?.bytes ?? null;
  }

  /** Deletes what is stored under a name, if anything is, as soon as that is possible; nobody waits for it. */
  drop(name: string): void {
    if (!this.#mayRemove) return;
    this.#objects.remove(name).catch((error: unknown) => {
      // It goes with its run at the latest.
      if (isDenied(error)) this.#mayRemove = false;
    });
  }
}
