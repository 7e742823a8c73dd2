/**
 * Parameters of a run in a key-value bucket. Each entry carries its own version, because the bucket's revisions count
 * over all names. A value over the message size lies in the run's object store; the one before the last is deleted.
 */

import { type KV, type KvEntry, Kvm } from '@nats-io/kv';
import { Latest } from '../latest.ts';
import type { ParameterBytes } from '../parameter-values.ts';
import type { Versioned } from '../stores.ts';
import type { NatsBlobs } from './blobs.ts';
import { isAlreadyThere, type Link, persistently } from './link.ts';
import { ParameterMessage, pack, unpack } from './messages.ts';
import { RUN_MAX_AGE_MS } from './names.ts';

/** Large values are kept for readers that have just read their entry. */
const KEPT_VERSIONS = 2;

/** How often a watcher asks for itself whether there is a newer value, in milliseconds. */
const DOUBT_MS = 10_000;

export class NatsParameters implements ParameterBytes {
  readonly #link: Link;
  readonly #bucket: string;
  readonly #blobs: NatsBlobs;
  #kv: Promise<KV> | null = null;

  constructor(link: Link, run: string, blobs: NatsBlobs) {
    this.#link = link;
    this.#bucket = link.names.parameters(run);
    this.#blobs = blobs;
  }

  #open(): Promise<KV> {
    this.#kv ??= persistently(this.#link, () =>
      new Kvm(this.#link.js).create(this.#bucket, { history: 1, replicas: this.#link.replicas, ttl: RUN_MAX_AGE_MS }),
    );
    this.#kv.catch(() => {
      this.#kv = null;
    });
    return this.#kv;
  }

  async publish(name: string, bytes: Uint8Array): Promise<number> {
    const kv = await this.#open();
    for (;;) {
      const entry = await persistently(this.#link, () => kv.get(name));
      const version = (entry === null ? 0 : messageOf(entry).version) + 1;
      const message = { version, value: await this.#toValue(name, version, bytes) };
      try {
        await kv.put(name, pack(ParameterMessage, message), { previousSeq: entry?.revision ?? 0 });
        return version;
      } catch (error) {
        // Someone else published in between: take the version after theirs.
        if (!isAlreadyThere(error)) throw error;
      }
    }
  }

  async #toValue(name: string, version: number, bytes: Uint8Array): Promise<ParameterMessage['value']> {
    if (bytes.length <= this.#link.maxMessageBytes) return { bytes };
    const object = objectName(name, version);
    await this.#blobs.write(object, bytes);
    if (version > KEPT_VERSIONS) this.#blobs.drop(objectName(name, version - KEPT_VERSIONS));
    return { object };
  }

  async latest(name: string): Promise<Versioned<Uint8Array> | null> {
    const kv = await this.#open();
    for (;;) {
      const entry = await persistently(this.#link, () => kv.get(name));
      if (entry === null) return null;
      const value = await this.#fromEntry(entry);
      // A large value that was overtaken while we read its entry: there is a newer one.
      if (value !== null) return value;
    }
  }

  async #fromEntry(entry: KvEntry): Promise<Versioned<Uint8Array> | null> {
    const { version, value } = messageOf(entry);
    const bytes = 'bytes' in value ? value.bytes : await this.#blobs.read(value.object);
    return bytes === null ? null : { version, value: bytes };
  }

  async *watch(name: string, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<Versioned<Uint8Array>> {
    const kv = await this.#open();
    const entries = await persistently(this.#link, () => kv.watch({ key: name }));
    const newest = new Latest<KvEntry>();
    void newest.follow(entries);
    // What tells of changes lives on one server of a cluster and may be lost with it.
    const doubt = setInterval(() => void this.#lookAgain(kv, name, newest), DOUBT_MS);
    let seen = 0;
    try {
      for await (const entry of newest.read(signal)) {
        if (entry.revision <= seen) continue;
        seen = entry.revision;
        const value = await this.#fromEntry(entry);
        if (value !== null) yield value;
      }
    } finally {
      clearInterval(doubt);
      entries.stop();
    }
  }

  async #lookAgain(kv: KV, name: string, newest: Latest<KvEntry>): Promise<void> {
    const entry = await kv.get(name).catch(() => null);
    if (entry !== null) newest.push(entry);
  }
}

const objectName = (name: string, version: number): string => `parameter/${name}/${version}`;

const messageOf = (entry: KvEntry): ParameterMessage => unpack(ParameterMessage, `parameter ${entry.key}`, entry.value);
