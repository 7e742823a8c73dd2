/** A one-place mailbox: the reader gets the newest value and misses those that it was too slow for. */

/** Values pushed from anywhere, read as an async iterable until the signal aborts or the source ends or fails. */
export class Latest<T> {
  #value: { readonly value: T } | null = null;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  push(value: T): void {
    this.#value = { value };
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Ends the reader with an error. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.end();
  }

  /** Pushes all that an iterable gives, and ends or fails with it. */
  async follow(source: AsyncIterable<T>): Promise<void> {
    try {
      for await (const value of source) this.push(value);
      this.end();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Reads until the signal aborts or the mailbox ends. One reader at a time. */
  async *read(signal: AbortSignal): AsyncGenerator<T, void, undefined> {
    const stop = (): void => this.end();
    signal.addEventListener('abort', stop);
    try {
      while (!this.#ended && !signal.aborted) {
        const next = this.#value;
        this.#value = null;
        if (next !== null) yield next.value;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      if (this.#failure !== null && !signal.aborted) throw this.#failure.error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}
