/**
 * The copies of an external environment that this process uses. A row holds the number of its slot; the slot belongs to
 * that row alone, so a copy of the row (saved and restored, here or elsewhere) is without one until it takes its own.
 */

import type { Static } from '@skein/core';
import type { MakeReply } from './protocol.ts';

/** Where a copy lives. */
export type Place = Static<typeof MakeReply>;

/** A copy for a row. `isNew`: it was just made. */
export interface Taken {
  readonly id: number;
  readonly place: Place;
  readonly isNew: boolean;
}

interface Held {
  readonly place: Place;
  readonly state: WeakRef<Float64Array>;
  readonly at: number;
}

export class Slots {
  readonly #held = new Map<number, Held>();
  readonly #free: Place[] = [];
  /** Rows that nobody can step any more leave their copies to others. */
  readonly #leaving = new FinalizationRegistry<number>((id) => {
    const held = this.#held.get(id);
    this.#held.delete(id);
    if (held !== undefined) this.#free.push(held.place);
  });
  /** Starts at the time, so that the numbers of another process mean nothing here. */
  #last = Math.floor(performance.timeOrigin + performance.now());

  /** The copy of a row, if it has one. */
  find(id: number, state: Float64Array, at: number): Place | undefined {
    const held = this.#held.get(id);
    return held?.state.deref() === state && held.at === at ? held.place : undefined;
  }

  /** The copy of a row and its number: its own, one that is free, or a new one. */
  take(id: number, state: Float64Array, at: number, make: () => Place): Taken {
    const own = this.find(id, state, at);
    if (own !== undefined) return { id, place: own, isNew: false };
    const free = this.#free.pop();
    const place = free ?? make();
    const next = ++this.#last;
    this.#held.set(next, { place, state: new WeakRef(state), at });
    this.#leaving.register(state, next);
    return { id: next, place, isNew: free === undefined };
  }
}
