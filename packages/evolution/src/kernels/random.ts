/** Random numbers in bulk. A call draws a key from the stream and takes its numbers from the counters under that key. */

import type { Rng } from '@skein/core';
import { workspace } from './module.ts';

/** Two random words: the key of a kernel's own stream. */
export type Key = readonly [number, number];

/** A key drawn from a stream. */
export const drawKey = (rng: Rng): Key => [rng.uint32(), rng.uint32()];

/** Numbers that are made at a time. */
const BLOCK = 2048;

let scratch = new Float64Array(BLOCK);

/**
 * Uniform numbers in [0, 1): number i is the first one of `restoreRng({ key, counter: i })` for a key drawn from the
 * stream. A view that holds until the next call.
 */
export function uniforms(count: number, rng: Rng): Float64Array {
  const [key0, key1] = drawKey(rng);
  if (scratch.length < count) scratch = new Float64Array(2 * count);
  const space = workspace();
  const block = space.take(8 * BLOCK);
  for (let from = 0; from < count; from += BLOCK) {
    const size = Math.min(BLOCK, count - from);
    space.kernels.uniforms(block, size, key0, key1, from);
    scratch.set(space.numbers(block, size), from);
  }
  return scratch.subarray(0, count);
}

/** `count` uniform integers in [0, n). */
export function randomIntegers(count: number, n: number, rng: Rng): Int32Array {
  const drawn = uniforms(count, rng);
  const integers = new Int32Array(count);
  for (let i = 0; i < count; i++) integers[i] = drawn[i]! * n;
  return integers;
}

/** The same numbers in random order (Fisher-Yates). */
export function shuffled(numbers: Int32Array, rng: Rng): Int32Array {
  const result = numbers.slice();
  const drawn = uniforms(result.length, rng);
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(drawn[i]! * (i + 1));
    const kept = result[i]!;
    result[i] = result[j]!;
    result[j] = kept;
  }
  return result;
}

/**
 * The places among 0..total-1 that are chosen, each independently with probability `rate`, in order. The gaps between
 * them are drawn from the geometric distribution, so that rare choices cost a draw each instead of one a place.
 */
export function chosenPlaces(total: number, rate: number, rng: Rng): Int32Array {
  if (rate <= 0) return new Int32Array(0);
  const [key0, key1] = drawKey(rng);
  const scale = 1 / Math.log2(1 - rate);
  const expected = total * rate;
  let places = new Int32Array(Math.min(total, Math.ceil(expected + 5 * Math.sqrt(expected) + 4)));
  const space = workspace();
  const step = Math.min(BLOCK, places.length);
  const block = space.take(4 * step);
  let found = 0;
  for (let counter = 0, place = -1; ; counter += step) {
    space.kernels.gaps(block, step, scale, key0, key1, counter);
    for (let i = 0; i < step; i++) {
      place += 1 + space.i32[(block >> 2) + i]!;
      if (place >= total) return places.subarray(0, found);
      if (found === places.length) places = grown(places);
      places[found++] = place;
    }
  }
}

function grown(places: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * places.length);
  larger.set(places);
  return larger;
}
