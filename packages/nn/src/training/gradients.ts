/** Bounds on gradients. */

import {
  add,
  addN,
  clipByValue,
  div,
  minimum,
  mul,
  type NamedTensorMap,
  type Scalar,
  sqrt,
  square,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** How long or large gradients may be. */
export interface GradientBounds {
  /** Longest Euclidean norm of all gradients together; longer ones are scaled down. */
  readonly clipNorm?: number;
  /** Largest size of each element; applied first. */
  readonly clipValue?: number;
}

function map(gradients: NamedTensorMap, change: (gradient: Tensor) => Tensor): NamedTensorMap {
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, change(gradient)]));
}

/** The Euclidean norm of all gradients together. */
export function globalNorm(gradients: NamedTensorMap): Scalar {
  return sqrt(addN(Object.values(gradients).map((gradient) => sum(square(gradient)))));
}

/** Gradients within the bounds. Call it inside of `tf.tidy` or a compiled function. */
export function boundGradients(gradients: NamedTensorMap, { clipNorm, clipValue }: GradientBounds): NamedTensorMap {
  const clipped = clipValue === undefined ? gradients : map(gradients, (g) => clipByValue(g, -clipValue, clipValue));
  if (clipNorm === undefined) return clipped;
  // The small number keeps 0 / 0 away.
  const scale = minimum(1, div(clipNorm, add(globalNorm(clipped), 1e-12)));
  return map(clipped, (gradient) => mul(gradient, scale));
}
