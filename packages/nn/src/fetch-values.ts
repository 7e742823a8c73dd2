/** Values of tensors on any backend. */

import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Waits for the values of tensors. From then on `dataSync` gives them on every backend; before, a WebGPU device cannot
 * be read without waiting.
 */
export async function fetchValues(tensors: readonly Tensor[]): Promise<void> {
  await Promise.all(tensors.map((tensor) => tensor.data()));
}
