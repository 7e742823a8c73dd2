/** A one-place mailbox: the reader gets the newest value and misses those that it was too slow for. */

/** Values pushed from anywhere, read as an async iterable that ends when the signal aborts or `end` is called. */
export class Latest<T> {
  #value: { readonly value: T } | null = null;
  #ended = false;
  #wake: (() => void) | null = null;

  push(value: T): void {
    this.#value = { value };
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
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
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}
