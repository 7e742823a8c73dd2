/** Exploration noise: added to the actions of a deterministic policy, or what a stochastic policy samples with. */

import type { Rng } from '@skein/core';

/** What correlated noise remembers: `[rows, size]`; empty for independent noise. */
export interface NoiseMemory {
  state(): Float32Array;
  restore(saved: Float32Array): void;
}

/** A source of noise for every row's actions. */
export interface ActionNoise extends NoiseMemory {
  /** Adds noise to scaled actions `[rows, size]`, which stay within [-1, 1]; each row draws from its own stream. */
  addTo(actions: Float32Array, rngs: readonly Rng[]): void;
}

/** A source of the numbers that a stochastic policy samples with. */
export interface NoiseSequence extends NoiseMemory {
  /** The next step's numbers `[rows, size]`, valid until the next call; each row draws from its own stream. */
  next(rngs: readonly Rng[]): Float32Array;
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
 * RL Zoo's way out of MountainCarContinuous.
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

/**
 * Standard normal noise whose correlation between steps k apart is `correlation` to the k-th power: the
 * Ornstein-Uhlenbeck process of unit variance. A policy that samples with it has the same distribution at every step, but
 * explores further (Eberhard et al., "Pink noise is all you need", ICLR 2023, compare such colours of noise).
 */
export function correlatedNoise(correlation: number, size: number): NoiseSequence {
  const x = new Float32Array(size);
  const fresh = new Float32Array(size);
  const share = Math.sqrt(1 - correlation ** 2);
  return {
    next: (rngs) => {
      const rowSize = size / rngs.length;
      for (const [row, rng] of rngs.entries()) rng.fillNormal(fresh.subarray(row * rowSize, (row + 1) * rowSize));
      for (let i = 0; i < size; i++) x[i] = correlation * x[i]! + share * fresh[i]!;
      return x;
    },
    state: () => x.slice(),
    restore: (saved) => {
      x.set(saved);
    },
  };
}

/** Normal noise of standard deviation `std` that is correlated over time, added to actions: see `correlatedNoise`. */
export function correlatedGaussianNoise(std: number, correlation: number, size: number): ActionNoise {
  const { next, ...memory } = correlatedNoise(correlation, size);
  return {
    ...memory,
    addTo: (actions, rngs) => {
      const noise = next(rngs);
      for (let i = 0; i < size; i++) actions[i] = clip(actions[i]! + std * noise[i]!);
    },
  };
}

const clip = (value: number): number => Math.max(-1, Math.min(1, value));
