/** Returns and advantages of stretches of experience: pure functions, named by time index. */

import { SkeinError } from '@skein/core';

/** Steps of `rows` environments one after another: step t of row i lies at t * rows + i. All arrays have that length. */
export interface Experience {
  readonly rows: number;
  readonly rewards: ArrayLike<number>;
  /** V(s_t) */
  readonly values: ArrayLike<number>;
  /** V of what step t led to: of the episode's final observation where it ended. */
  readonly nextValues: ArrayLike<number>;
  /** 1 where the episode terminated: nothing follows. */
  readonly terminated: ArrayLike<number>;
  /** 1 where the episode terminated or was cut off: what follows in the array is another episode. */
  readonly ended: ArrayLike<number>;
}

/**
 * Generalised advantages (Schulman et al., arXiv:1506.02438): A_t = delta_t + gamma lambda A_{t+1} within an episode, with
 * delta_t = r_t + gamma V(s_{t+1}) - V(s_t) and V = 0 after termination. lambda 0 is the one-step error, lambda 1 the
 * discounted return minus the value. Writes and returns `out`. Throws `SHAPE` if lengths differ.
 */
export function generalisedAdvantages(
  experience: Experience,
  gamma: number,
  lambda: number,
  out: Float32Array = new Float32Array(experience.rewards.length),
): Float32Array {
  const { rows, rewards, values, nextValues, terminated, ended } = experience;
  const lengths = [rewards, values, nextValues, terminated, ended, out].map(({ length }) => length);
  if (new Set(lengths).size > 1 || rewards.length % rows !== 0) {
    throw new SkeinError('SHAPE', `advantages: expected equal lengths, a multiple of ${rows}, got [${lengths}]`);
  }
  for (let k = rewards.length - 1; k >= 0; k--) {
    const following = ended[k] === 1 || k + rows >= rewards.length ? 0 : out[k + rows]!;
    const next = terminated[k] === 1 ? 0 : nextValues[k]!;
    out[k] = rewards[k]! + gamma * next - values[k]! + gamma * lambda * following;
  }
  return out;
}
