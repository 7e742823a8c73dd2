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

/** How long or large gradients may be. Several bounds are applied in this order. */
export interface GradientBounds {
  /** Largest size of each element. */
  readonly clipValue?: number;
  /** Longest Euclidean norm of the gradient of each variable; longer ones are scaled down. */
  readonly clipEachNorm?: number;
  /** Longest Euclidean norm of all gradients together; longer ones are scaled down. */
  readonly clipNorm?: number;
}

function map(gradients: NamedTensorMap, change: (gradient: Tensor) => Tensor): NamedTensorMap {
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, change(gradient)]));
}

/** The Euclidean norm of all gradients together. */
export function globalNorm(gradients: NamedTensorMap): Scalar {
  return sqrt(addN(Object.values(gradients).map((gradient) => sum(square(gradient)))));
}

/** The factor that brings a norm to a limit; the small number keeps 0 / 0 away. */
const shrink = (norm: Tensor, limit: number): Tensor => minimum(1, div(limit, add(norm, 1e-12)));

/** Gradients within the bounds. Call it inside of `tf.tidy` or a compiled function. */
export function boundGradients(gradients: NamedTensorMap, bounds: GradientBounds): NamedTensorMap {
  const { clipValue, clipEachNorm, clipNorm } = bounds;
  let bounded = gradients;
  if (clipValue !== undefined) bounded = map(bounded, (g) => clipByValue(g, -clipValue, clipValue));
  if (clipEachNorm !== undefined) bounded = map(bounded, (g) => mul(g, shrink(sqrt(sum(square(g))), clipEachNorm)));
  if (clipNorm === undefined) return bounded;
  const scale = shrink(globalNorm(bounded), clipNorm);
  return map(bounded, (gradient) => mul(gradient, scale));
}
