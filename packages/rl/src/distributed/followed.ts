/** What a learner has published last, seen from an actor. */

import { type ParameterStore, parse, type Versioned } from '@skein/core';
import { actorParameter, Publication } from './link.ts';

/** Follows a run's publications until the run is over or the signal aborts. */
export class FollowedLearner {
  /** Aborted once the run is over, or following it failed (the reason). */
  readonly ended: AbortSignal;
  #newest: Versioned<Publication> | null = null;
  #wake: () => void = () => undefined;

  constructor(parameters: ParameterStore, name: string, signal: AbortSignal) {
    const ended = new AbortController();
    this.ended = AbortSignal.any([signal, ended.signal]);
    this.ended.addEventListener('abort', () => this.#wake());
    this.#follow(parameters, name).then(
      () => ended.abort(OVER),
      (error: unknown) => ended.abort(error),
    );
  }

  async #follow(parameters: ParameterStore, name: string): Promise<void> {
    for await (const { version, value } of parameters.watch(actorParameter(name), { signal: this.ended })) {
      const publication = parse(Publication, value, { what: `publication ${version} of ${name}`, code: 'WIRE' });
      if (publication.type === 'over') return;
      this.#newest = { version, value: publication };
      this.#wake();
    }
  }

  /** The newest publication, if it is newer than `version`. */
  newer(version: number): Versioned<Publication> | null {
    return this.#newest !== null && this.#newest.version > version ? this.#newest : null;
  }

  /** Waits for a publication newer than `version`. Throws the reason for the end. */
  async next(version: number): Promise<Versioned<Publication>> {
    for (;;) {
      this.ended.throwIfAborted();
      const newer = this.newer(version);
      if (newer !== null) return newer;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** The reason when a run is over. */
export const OVER = 'the run is over';
