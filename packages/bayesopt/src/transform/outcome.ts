/**
 * Transforms of outcomes: increasing functions that make targets easier to model, fitted to a sample. Each knows its
 * inverse and the logarithm of its slope, so that likelihoods of different transforms can be compared on the scale of the
 * original outcomes: log p(y) = log p(f(y)) + sum log f'(y_i).
 */

import { SkeinError } from '@skein/core';

/** An increasing function of one outcome. */
export interface OutcomeTransform {
  readonly label: string;
  forward(y: number): number;
  inverse(z: number): number;
  /** log f'(y). */
  logSlope(y: number): number;
}

const meanOf = (y: ArrayLike<number>): number => Array.from(y).reduce((sum, v) => sum + v, 0) / y.length;

function checkSample(name: string, y: ArrayLike<number>): void {
  if (y.length === 0) throw new SkeinError('INPUT', `${name}: expected at least one outcome, got none`);
}

/** No change. */
export const identityTransform: OutcomeTransform = {
  label: 'identity',
  forward: (y) => y,
  inverse: (z) => z,
  logSlope: () => 0,
};

/** (y - low) * factor + offset. */
function affine(label: string, low: number, factor: number, offset = 0): OutcomeTransform {
  return {
    label,
    forward: (y) => (y - low) * factor + offset,
    inverse: (z) => (z - offset) / factor + low,
    logSlope: () => Math.log(factor),
  };
}

/** Mean 0 and variance 1 over the sample; a constant sample is only centred. */
export function standardise(y: ArrayLike<number>): OutcomeTransform {
  checkSample('standardise', y);
  const mean = meanOf(y);
  const deviation = Math.sqrt(meanOf(Array.from(y, (v) => (v - mean) ** 2)));
  return affine('standardise', mean, deviation > 1e-12 * Math.max(1, Math.abs(mean)) ? 1 / deviation : 1);
}

/** The sample's range becomes [0, 1]; a constant sample becomes 0. */
export function normalise(y: ArrayLike<number>): OutcomeTransform {
  checkSample('normalise', y);
  const all = Array.from(y);
  const low = Math.min(...all);
  const range = Math.max(...all) - low;
  return affine('normalise', low, range > 0 ? 1 / range : 1);
}

/**
 * log((y - least) / scale + offset): spreads out small outcomes and compresses large ones. `least` is the sample's least
 * and `scale` its median above that; the smaller the offset, the stronger the effect. Outcomes far below `least` are
 * outside the domain, and count as just inside.
 */
export function shiftedLog(y: ArrayLike<number>, offset: number): OutcomeTransform {
  checkSample('shiftedLog', y);
  const sorted = Float64Array.from(y).sort();
  const least = sorted[0]!;
  const scale = sorted[sorted.length >> 1]! - least || sorted.at(-1)! - least || 1;
  const argument = (v: number): number => Math.max((v - least) / scale + offset, offset * 1e-3);
  return {
    label: `shiftedLog(${offset})`,
    forward: (v) => Math.log(argument(v)),
    inverse: (z) => (Math.exp(z) - offset) * scale + least,
    logSlope: (v) => -Math.log(argument(v) * scale),
  };
}

/** The mirror image of `shiftedLog`: spreads out large outcomes and compresses small ones. */
export function reflectedLog(y: ArrayLike<number>, offset: number): OutcomeTransform {
  const log = shiftedLog(
    Array.from(y, (v) => -v),
    offset,
  );
  return {
    label: `reflectedLog(${offset})`,
    forward: (v) => -log.forward(-v),
    inverse: (z) => -log.inverse(-z),
    logSlope: (v) => log.logSlope(-v),
  };
}

/** Yeo and Johnson's power family (Biometrika 87, 2000); lambda 1 is the identity. */
export function yeoJohnson(lambda: number): OutcomeTransform {
  const power = (v: number, p: number): number => (p === 0 ? Math.log1p(v) : Math.expm1(p * Math.log1p(v)) / p);
  const root = (z: number, p: number): number => (p === 0 ? Math.expm1(z) : Math.expm1(Math.log1p(p * z) / p));
  return {
    label: `yeoJohnson(${lambda})`,
    forward: (y) => (y >= 0 ? power(y, lambda) : -power(-y, 2 - lambda)),
    inverse: (z) => (z >= 0 ? root(z, lambda) : -root(-z, 2 - lambda)),
    logSlope: (y) => (y >= 0 ? lambda - 1 : 1 - lambda) * Math.log1p(Math.abs(y)),
  };
}

/** `first`, then `second`. */
export function chain(first: OutcomeTransform, second: OutcomeTransform): OutcomeTransform {
  return {
    label: `${second.label} of ${first.label}`,
    forward: (y) => second.forward(first.forward(y)),
    inverse: (z) => first.inverse(second.inverse(z)),
    logSlope: (y) => first.logSlope(y) + second.logSlope(first.forward(y)),
  };
}

/** A transform, then the standardisation of its values over the sample. */
export const standardised = (transform: OutcomeTransform, y: ArrayLike<number>): OutcomeTransform =>
  chain(transform, standardise(Array.from(y, transform.forward)));

/** Sum of log slopes over the sample. */
export const logJacobian = (transform: OutcomeTransform, y: ArrayLike<number>): number =>
  Array.from(y).reduce((sum, v) => sum + transform.logSlope(v), 0);
