/**
 * A policy that was trained on standardised observations, for observations as they are. Means and variances travel as two
 * more arrays of weights, so that every way of saving, sending and keeping the best weights keeps them together.
 */

import { SkeinError } from '@skein/core';
import { type Moments, type NormalizeOptions, normalizeDefaults, standardize } from '../wrappers/normalize.ts';
import type { Policy } from './policy.ts';

/** How observations are standardised where a policy is trained on them; the bound is that of stable-baselines3. */
export const observationNormalization = { clip: 10 } as const satisfies NormalizeOptions;
const SETTINGS = { ...normalizeDefaults, ...observationNormalization };

/** Wraps a policy for observations of `size` numbers. With `live`, it follows moving statistics until it is given weights. */
export function normalizedPolicy(policy: Policy, size: number, live?: Moments): Policy {
  const mean = new Float32Array(size);
  const variance = new Float32Array(size).fill(1);
  let following = live;
  let input = new Float32Array(0);
  const refresh = (): void => {
    if (following === undefined) return;
    mean.set(following.mean);
    variance.set(following.variance);
  };
  return {
    act: (observations, count, masks) => {
      refresh();
      if (input.length !== count * size) input = new Float32Array(count * size);
      for (let at = 0; at < input.length; at += size) {
        standardize(observations, at, input, at, { mean, variance }, SETTINGS);
      }
      return policy.act(input, count, masks);
    },
    weights: () => {
      refresh();
      return [...policy.weights(), mean.slice(), variance.slice()];
    },
    setWeights: (weights) => {
      const [newMean, newVariance] = weights.slice(-2);
      if (newMean?.length !== size || newVariance?.length !== size) {
        throw new SkeinError(
          'SHAPE',
          `weights: expected means and variances of ${size} numbers as the last two arrays`,
        );
      }
      policy.setWeights(weights.slice(0, -2));
      following = undefined;
      mean.set(newMean);
      variance.set(newVariance);
    },
    dispose: () => policy.dispose(),
  };
}
