/** What all surrogates have in common: whatever takes one of them takes any. */

import type { Prediction } from './gp/posterior.ts';
import type { Inputs } from './linalg/points.ts';

/** A model of numbers over points of d numbers, that knows how uncertain it is. */
export interface Regressor {
  /** Learns from points and a target each. */
  fit(x: Inputs, y: ArrayLike<number>): Regressor;
  /** Mean and variance at the points. */
  predict(x: Inputs): Prediction;
  /** Frees what no garbage collector does, such as networks. */
  dispose?(): void;
}
