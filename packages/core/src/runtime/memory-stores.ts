/** The stores of a run that lives in one process. Bytes lie in shared memory, so threads read them without copies. */

import { blobDigest, missingBlob } from './blob-digest.ts';
import { Latest } from './latest.ts';
import type { ByteStores, ParameterBytes } from './parameter-values.ts';
import type { BlobStore, Versioned } from './stores.ts';
import { LocalStreams } from './stream-hosts.ts';

/** Fresh, empty stores. They live as long as they are referenced. */
export const memoryStores = (): ByteStores & { readonly streams: LocalStreams } => ({
  parameters: new MemoryParameters(),
  blobs: new MemoryBlobs(),
  streams: new LocalStreams(),
});

function toShared(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer && bytes.byteLength === bytes.buffer.byteLength) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

class MemoryParameters implements ParameterBytes {
  readonly #newest = new Map<string, Versioned<Uint8Array>>();
  readonly #watchers = new Map<string, Set<Latest<Versioned<Uint8Array>>>>();

  async publish(name: string, bytes: Uint8Array): Promise<number> {
    const version = (this.#newest.get(name)?.version ?? 0) + 1;
    const stored = { version, value: toShared(bytes) };
    this.#newest.set(name, stored);
    for (const watcher of this.#watchers.get(name) ?? []) watcher.push(stored);
    return version;
  }

  async latest(name: string): Promise<Versioned<Uint8Array> | null> {
    return this.#newest.get(name) ?? null;
  }

  async *watch(name: string, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<Versioned<Uint8Array>> {
    const mailbox = new Latest<Versioned<Uint8Array>>();
    const watchers = this.#watchers.get(name) ?? new Set();
    this.#watchers.set(name, watchers.add(mailbox));
    const now = this.#newest.get(name);
    if (now !== undefined) mailbox.push(now);
    try {
      yield* mailbox.read(signal);
    } finally {
      watchers.delete(mailbox);
    }
  }
}

class MemoryBlobs implements BlobStore {
  readonly #bytes = new Map<string, Uint8Array>();

  async put(bytes: Uint8Array): Promise<string> {
    const digest = blobDigest(bytes);
    if (!this.#bytes.has(digest)) this.#bytes.set(digest, toShared(bytes.slice()));
    return digest;
  }

  async get(digest: string): Promise<Uint8Array> {
    return this.#bytes.get(digest) ?? missingBlob(digest);
  }

  async has(digest: string): Promise<boolean> {
    return this.#bytes.has(digest);
  }
}
