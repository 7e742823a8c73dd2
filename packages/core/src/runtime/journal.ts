/**
 * A run's truth as a list of events that only grows. Whoever starts a run again reads it and is where the run was.
 *
 * Guarantees. There is one total order. What was acknowledged survives a crash. Nobody reads half an entry. Appending
 * under a key that is there stores nothing and gives the index of the entry that is.
 */
export interface Journal<E = unknown> extends AsyncDisposable {
  /** Appends an entry (JSON plus typed arrays) under a key: letters, digits, `-`, `_`. Resolves once it is durable. */
  append(key: string, entry: E): Promise<Appended>;
  /** The entry of a key; null if there is none. */
  get(key: string): Promise<E | null>;
  /** The entries after the given index that are there now, in order. Throws if one does not fit the journal's schema. */
  read(after?: number): AsyncIterable<JournalEntry<E>>;
  close(): Promise<void>;
}

/** Where an entry stands. Indices grow from 1, perhaps with gaps. */
export interface Appended {
  readonly index: number;
  /** False if the key was there before. */
  readonly isNew: boolean;
}

export interface JournalEntry<E> {
  readonly index: number;
  readonly key: string;
  readonly entry: E;
}
