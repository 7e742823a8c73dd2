/** The logistic likelihood of two classes: p(t = 1 | f) = 1 / (1 + exp(-f)). */

import type { LatentLikelihood, LatentSlopes } from './latent.ts';

export const sigmoid = (f: number): number => 1 / (1 + Math.exp(-f));

/** log(1 + exp(v)) without overflow. */
const softplus = (v: number): number => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));

/** Of labels t, 0 or 1 [n]. */
export function logisticLikelihood(t: Float64Array): LatentLikelihood {
  const likelihood: LatentLikelihood = {
    parameters: [],
    withValues: () => likelihood,
    at: (f) => logisticSlopes(t, f),
    parameterSlopes: () => [],
  };
  return likelihood;
}

function logisticSlopes(t: Float64Array, f: Float64Array): LatentSlopes {
  const probability = f.map(sigmoid);
  const curvature = probability.map((p) => p * (1 - p));
  return {
    logDensity: -f.reduce((sum, v, i) => sum + softplus(t[i] === 1 ? -v : v), 0),
    gradient: t.map((v, i) => v - probability[i]!),
    curvature,
    curvatureSlope: curvature.map((w, i) => w * (1 - 2 * probability[i]!)),
    safeWeights: curvature,
  };
}
