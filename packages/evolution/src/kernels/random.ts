/** Random numbers in bulk. A call draws a key from the stream and takes its numbers from the counters under that key. */

import type { Rng } from '@skein/core';
import { type Workspace, workspace } from './workspace.ts';

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

/** `count` uniform integers in [0, n), each number likely to n parts in 2^32. */
export function randomIntegers(count: number, n: number, rng: Rng): Int32Array {
  const space = workspace();
  return space.integers(drawIntegers(space, count, n, rng), count);
}

/** Address in a workspace of such integers. */
export function drawIntegers(space: Workspace, count: number, n: number, rng: Rng): number {
  const at = space.take(4 * count);
  space.kernels.integers(at, count, n, ...drawKey(rng));
  return at;
}

/** The same numbers in random order (Fisher-Yates). */
export function shuffled(numbers: Int32Array, rng: Rng): Int32Array {
  const space = workspace();
  const at = space.copyIntegers(numbers);
  space.kernels.shuffle(at, numbers.length, ...drawKey(rng));
  return space.integers(at, numbers.length);
}

/**
 * The places among 0..total-1 that are chosen, each independently with probability `rate`, in order. The gaps between
 * them are drawn from the geometric distribution, so that rare choices cost a draw each instead of one a place.
 */
export function chosenPlaces(total: number, rate: number, rng: Rng): Int32Array {
  if (rate <= 0) return new Int32Array(0);
  const [key0, key1] = drawKey(rng);
  const scale = 1 / Math.log2(1 - rate);
  const space = workspace();
  const block = space.take(4 * BLOCK);
  const parts: Int32Array[] = [];
  for (let counter = 0, place = -1; ; counter += BLOCK) {
    const found = space.kernels.chosen(block, BLOCK, place, total, scale, key0, key1, counter);
    const part = space.integers(block, found);
    parts.push(part);
    if (found < BLOCK) return joined(parts);
    place = part[found - 1]!;
  }
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}
