/** How many threads the `simd` backend uses. */

import { SkeinError } from '@skein/core';
import { backend, getBackend } from '@tensorflow/tfjs-core';
import { SimdBackend } from './simd/backend.ts';
import { MOST_THREADS } from './simd/threads.ts';

/**
 * Shares large matrix products and convolutions among so many threads, the calling one included (1 at first), from now
 * on: call it after `useBackend`. Results are the same to the bit for any number. Products below eight million
 * multiply-adds, and patches of images below a million numbers, stay on the calling thread, where they are faster.
 *
 * More threads than free processor cores make a step slower, so leave it at 1 where runs share a machine.
 * Throws `CONFIG` for a number that is not an integer from 1 to 64 and `BACKEND` on a backend other than `simd`.
 */
export function useThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new SkeinError('CONFIG', `threads: expected an integer from 1 to ${MOST_THREADS}, got ${threads}`);
  }
  const current = backend();
  if (!(current instanceof SimdBackend)) {
    throw new SkeinError('BACKEND', `threads are a matter of the simd backend, and tensors live on ${getBackend()}`, {
      advice: "call useBackend('simd') before useThreads",
    });
  }
  current.helpers.resize(threads);
}
