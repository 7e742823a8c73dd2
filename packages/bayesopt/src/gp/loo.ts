/** Leave-one-out predictions in closed form (Rasmussen and Williams, section 5.4.2; Sundararajan and Keerthi 2001). */

import type { Factored } from './likelihood.ts';

/** What the process says about each training target when that target is left out. */
export interface LeaveOneOut {
  /** Predicted mean, one a point. */
  readonly mean: Float64Array;
  /** Predicted variance, observation noise included. */
  readonly variance: Float64Array;
  /** Sum of the log predictive densities of the targets. */
  readonly logDensity: number;
}

/** With K^-1 and alpha: mean_i = y_i - alpha_i / (K^-1)_ii, variance_i = 1 / (K^-1)_ii. */
export function leaveOneOut({ y, alpha, factor }: Factored): LeaveOneOut {
  const n = y.length;
  const inverse = factor.inverseLower();
  const variance = Float64Array.from({ length: n }, (_, i) => 1 / inverse[i * n + i]!);
  const mean = y.map((target, i) => target - alpha[i]! * variance[i]!);
  let logDensity = -0.5 * n * Math.log(2 * Math.PI);
  for (let i = 0; i < n; i++)
    logDensity -= 0.5 * (Math.log(variance[i]!) + (alpha[i]! * variance[i]!) ** 2 / variance[i]!);
  return { mean, variance, logDensity };
}
