/** Crossovers of permutations: the children are permutations again. */

import { type Crossover, NO_SITES } from './crossover.ts';
import { twoSites } from './points.ts';

/**
 * Order crossover OX (Davis 1985): each child keeps a random segment of its own parent; the other places take the
 * missing numbers in the order in which the mate has them, from the end of the segment on and around.
 */
export function order(): Crossover<Int32Array> {
  return {
    label: 'order',
    cross: (a, b, _domain, rng) => {
      if (a.length < 2) return NO_SITES;
      const [from, to] = twoSites(a.length + 1, rng);
      const mate = a.slice();
      fillInOrder(a, b, from, to);
      fillInOrder(b, mate, from, to);
      return [from, to];
    },
  };
}

/** Keeps child[from, to) and fills the rest from `mate`, starting behind the segment. */
function fillInOrder(child: Int32Array, mate: Int32Array, from: number, to: number): void {
  const n = child.length;
  const kept = new Uint8Array(n);
  for (let j = from; j < to; j++) kept[child[j]!] = 1;
  let place = to % n;
  for (let k = 0; k < n; k++) {
    const candidate = mate[(to + k) % n]!;
    if (kept[candidate] === 1) continue;
    child[place] = candidate;
    place = (place + 1) % n;
  }
}

/**
 * Partially mapped crossover PMX (Goldberg and Lingle 1985): each child takes a random segment from the mate at the
 * same places, and what that displaces moves to where the taken numbers were.
 */
export function pmx(): Crossover<Int32Array> {
  return {
    label: 'pmx',
    cross: (a, b, _domain, rng) => {
      if (a.length < 2) return NO_SITES;
      const [from, to] = twoSites(a.length + 1, rng);
      const mate = a.slice();
      takeSegment(a, b, from, to);
      takeSegment(b, mate, from, to);
      return [from, to];
    },
  };
}

/** Brings mate[from, to) to the same places of the child. */
function takeSegment(child: Int32Array, mate: Int32Array, from: number, to: number): void {
  const placeOf = inverse(child);
  for (let j = from; j < to; j++) exchange(child, placeOf, j, mate[j]!);
}

/** Brings `value` to place j by exchanging it with what stands there. */
function exchange(permutation: Int32Array, placeOf: Int32Array, j: number, value: number): void {
  const displaced = permutation[j]!;
  const place = placeOf[value]!;
  permutation[j] = value;
  permutation[place] = displaced;
  placeOf[value] = j;
  placeOf[displaced] = place;
}

/** inverse[v] is the place of v. */
function inverse(permutation: Int32Array): Int32Array {
  const places = new Int32Array(permutation.length);
  for (let j = 0; j < permutation.length; j++) places[permutation[j]!] = j;
  return places;
}
