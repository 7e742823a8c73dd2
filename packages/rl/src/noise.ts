/** Exploration noise that is added to scaled actions. */

import type { Rng } from '@skein/core';

/** A source of noise for every row's actions. */
export interface ActionNoise {
  /** Adds noise to scaled actions `[rows, size]`, which stay within [-1, 1]; each row draws from its own stream. */
  addTo(actions: Float32Array, rngs: readonly Rng[]): void;
  /** What correlated noise remembers; empty for independent noise. */
  state(): Float32Array;
  restore(saved: Float32Array): void;
}

/** Independent normal noise of standard deviation `std`. */
export function gaussianNoise(std: number): ActionNoise {
  return {
    addTo: (actions, rngs) => {
      const size = actions.length / rngs.length;
      for (let i = 0; i < actions.length; i++) {
        actions[i] = clip(actions[i]! + std * rngs[Math.floor(i / size)]!.normal());
      }
    },
    state: () => new Float32Array(0),
    restore: () => {},
  };
}

/** Rate at which Ornstein-Uhlenbeck noise returns to 0, and the time of one step. */
export const OU = { theta: 0.15, dt: 0.01 } as const;

/**
 * Ornstein-Uhlenbeck noise, one process for each of `size` numbers: x += -theta x dt + std sqrt(dt) N(0, 1). With dt 0.01
 * it stays on one side for hundreds of steps and reaches a standard deviation of std / sqrt(2 theta), about 1.8 std:
 * what finds the way out of MountainCarContinuous.
 */
export function ornsteinUhlenbeckNoise(std: number, size: number): ActionNoise {
  const x = new Float32Array(size);
  return {
    addTo: (actions, rngs) => {
      const rowSize = actions.length / rngs.length;
      for (let i = 0; i < actions.length; i++) {
        const normal = rngs[Math.floor(i / rowSize)]!.normal();
        x[i] = x[i]! - OU.theta * x[i]! * OU.dt + std * Math.sqrt(OU.dt) * normal;
        actions[i] = clip(actions[i]! + x[i]!);
      }
    },
    state: () => x.slice(),
    restore: (saved) => {
      x.set(saved);
    },
  };
}

const clip = (value: number): number => Math.max(-1, Math.min(1, value));
