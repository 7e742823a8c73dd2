/** The parameter store that users see, over one that keeps bytes: memory, a thread's port or a key-value bucket. */

import { decodeValue, encodeValue } from '../wire.ts';
import { checkName } from './ids.ts';
import type { BlobStore, ParameterStore, Versioned } from './stores.ts';
import type { StreamHost } from './stream-hosts.ts';

/** A parameter store of encoded values. */
export interface ParameterBytes {
  publish(name: string, bytes: Uint8Array): Promise<number>;
  latest(name: string): Promise<Versioned<Uint8Array> | null>;
  watch(name: string, options: { readonly signal: AbortSignal }): AsyncIterable<Versioned<Uint8Array>>;
}

/** What a task's stores are made of, wherever they live. */
export interface ByteStores {
  readonly parameters: ParameterBytes;
  readonly blobs: BlobStore;
  readonly streams: StreamHost;
}

const inSharedMemory = (bytes: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(bytes));

/**
 * Encodes on publication and decodes on reading. Values are encoded into shared memory, so that every thread of a
 * process reads the same bytes: readers must not write to the arrays they get.
 */
export function parameterValues(bytes: ParameterBytes): ParameterStore {
  const decoded = <T>(stored: Versioned<Uint8Array>): Versioned<T> => ({
    version: stored.version,
    value: decodeValue(stored.value) as T,
  });
  return {
    publish: async (name, value) =>
      bytes.publish(checkName('parameter name', name), encodeValue(value, { allocate: inSharedMemory })),
    latest: async <T>(name: string) => {
      const stored = await bytes.latest(checkName('parameter name', name));
      return stored === null ? null : decoded<T>(stored);
    },
    watch: async function* <T>(name: string, options: { readonly signal: AbortSignal }) {
      for await (const stored of bytes.watch(checkName('parameter name', name), options)) yield decoded<T>(stored);
    },
  };
}
