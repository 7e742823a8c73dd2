/** `tf.tidy` for results that are not tensors. */

import { tidy } from '@tensorflow/tfjs-core';

/** Runs `body` and disposes every tensor that it created; the result passes through unseen by tfjs. */
export function inScope<T>(body: () => T): T {
  let result: T;
  tidy(() => {
    result = body();
  });
  return result!;
}
