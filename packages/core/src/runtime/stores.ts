/** The two stores that tasks and their submitters share: versioned parameters and content-addressed blobs. */

/** A published value and its version: 1, 2, 3, ... for each name. */
export interface Versioned<T = unknown> {
  readonly version: number;
  readonly value: T;
}

/**
 * Latest-wins values by name: a policy's weights, a schedule, a stop flag. Values are JSON plus typed arrays. Versions of
 * a name grow by one at each publication; a watcher may miss versions in between but never sees them go backwards.
 */
export interface ParameterStore {
  /** Publishes the next version and returns it. */
  publish(name: string, value: unknown): Promise<number>;
  /** The newest version, or null if nothing was published under the name. */
  latest<T = unknown>(name: string): Promise<Versioned<T> | null>;
  /** The newest version now (if any) and each newer one that the watcher is in time for. Ends when the signal aborts. */
  watch<T = unknown>(name: string, options: { readonly signal: AbortSignal }): AsyncIterable<Versioned<T>>;
}

/** Large immutable byte strings, addressed by their content. */
export interface BlobStore {
  /** Stores the bytes and returns their digest, `sha256-...`. Equal bytes are stored once. */
  put(bytes: Uint8Array): Promise<string>;
  /** The bytes of a digest. Throws `BLOB` if it is missing or its content does not match. */
  get(digest: string): Promise<Uint8Array>;
  has(digest: string): Promise<boolean>;
}
