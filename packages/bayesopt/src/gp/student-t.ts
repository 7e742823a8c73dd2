/**
 * The Student-t likelihood of outcomes with gross errors among them.
 *
 * Notation. nu: degrees of freedom. s: scale. r = y - f. c = nu s^2, q = c + r^2.
 * log p(y | f) = log Gamma((nu + 1) / 2) - log Gamma(nu / 2) - log(pi c) / 2 - (nu + 1) / 2 log(1 + r^2 / c).
 */

import { digamma, logGamma } from '../math/special.ts';
import type { LatentLikelihood, LatentParameterSlopes, LatentSlopes } from './latent.ts';
import { type Parameter, withValues } from './parameter.ts';

/** Of outcomes y [n]; the parameters are nu and s, on logarithmic scales. */
export function studentTLikelihood(
  y: Float64Array,
  parameters: readonly [degreesOfFreedom: Parameter, scale: Parameter],
): LatentLikelihood {
  const [nu, scale] = parameters.map((p) => p.value) as [number, number];
  return {
    parameters,
    withValues: (values) => studentTLikelihood(y, withValues(parameters, values) as [Parameter, Parameter]),
    at: (f) => slopesAt(y, f, nu, nu * scale * scale),
    parameterSlopes: (f) => parameterSlopesAt(y, f, nu, nu * scale * scale),
  };
}

function slopesAt(y: Float64Array, f: Float64Array, nu: number, c: number): LatentSlopes {
  const r = y.map((v, i) => v - f[i]!);
  const q = r.map((v) => c + v * v);
  const peak = logGamma((nu + 1) / 2) - logGamma(nu / 2) - 0.5 * Math.log(Math.PI * c);
  const safeWeights = q.map((v) => (nu + 1) / v);
  return {
    logDensity: r.reduce((sum, v) => sum + peak - 0.5 * (nu + 1) * Math.log1p((v * v) / c), 0),
    gradient: safeWeights.map((w, i) => w * r[i]!),
    curvature: safeWeights.map((w, i) => (w * (c - r[i]! ** 2)) / q[i]!),
    curvatureSlope: safeWeights.map((w, i) => (w * 2 * r[i]! * (3 * c - r[i]! ** 2)) / q[i]! ** 2),
    // The t density mixes normal ones; these are their expected precisions given r: a step is one of expectation maximisation.
    safeWeights,
  };
}

function parameterSlopesAt(y: Float64Array, f: Float64Array, nu: number, c: number): LatentParameterSlopes[] {
  const r = y.map((v, i) => v - f[i]!);
  // By log c, which log nu moves once and log s twice.
  const byC = {
    logDensity: r.reduce((sum, v) => sum - 0.5 + (0.5 * (nu + 1) * v * v) / (c + v * v), 0),
    gradient: r.map((v) => (-(nu + 1) * c * v) / (c + v * v) ** 2),
    curvature: r.map((v) => ((nu + 1) * c * (3 * v * v - c)) / (c + v * v) ** 3),
  };
  const peak = digamma((nu + 1) / 2) - digamma(nu / 2);
  const byNu = {
    logDensity: byC.logDensity + r.reduce((sum, v) => sum + 0.5 * nu * (peak - Math.log1p((v * v) / c)), 0),
    gradient: r.map((v, i) => byC.gradient[i]! + (nu * v) / (c + v * v)),
    curvature: r.map((v, i) => byC.curvature[i]! + (nu * (c - v * v)) / (c + v * v) ** 2),
  };
  const byScale = {
    logDensity: 2 * byC.logDensity,
    gradient: byC.gradient.map((v) => 2 * v),
    curvature: byC.curvature.map((v) => 2 * v),
  };
  return [byNu, byScale];
}
