/**
 * FrozenLake: cross a lake from the start to the goal without falling into a hole; the ice may turn a step aside.
 * Gymnasium's dynamics and its random maps. Actions: 0 left, 1 down, 2 right, 3 up.
 */

import { SkeinError } from '@skein/core';
import type { DiscreteDefinition } from '../env/tabular.ts';
import { NumpyRandom } from '../random/numpy-random.ts';
import { gridWorld } from './grid-world.ts';

/** The registered maps. S start, F frozen, H hole, G goal. */
export const frozenLakeMaps = {
  '4x4': ['SFFF', 'FHFH', 'FFFH', 'HFFG'],
  '8x8': ['SFFFFFFF', 'FFFFFFFF', 'FFFHFFFF', 'FFFFFHFF', 'FFFHFFFF', 'FHHFFFHF', 'FHFFHFHF', 'FFFHFFFG'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What `frozenLake` takes. */
export interface FrozenLakeOptions {
  readonly id?: string;
  /** The name of a map, or its rows. */
  readonly map?: keyof typeof frozenLakeMaps | readonly string[];
  readonly slippery?: boolean;
  /** On slippery ice, the chance of going where one wants; the rest is split between the two sides. */
  readonly successRate?: number;
  /** Rewards of entering the goal, a hole and any other tile. */
  readonly rewards?: { readonly goal: number; readonly hole: number; readonly frozen: number };
  readonly stepLimit?: number;
  readonly solvedAt?: number | null;
}

export const frozenLakeDefaults = {
  id: 'FrozenLake-v1',
  map: '4x4',
  slippery: true,
  successRate: 1 / 3,
  rewards: { goal: 1, hole: 0, frozen: 0 },
  stepLimit: 100,
  solvedAt: 0.7,
} as const satisfies FrozenLakeOptions;

/** A FrozenLake definition. */
export function frozenLake(options: FrozenLakeOptions = {}): DiscreteDefinition {
  const { id, map, slippery, successRate, rewards, stepLimit, solvedAt } = { ...frozenLakeDefaults, ...options };
  return gridWorld({
    id,
    summary: 'cross slippery ice from the start to the goal without falling into a hole',
    map: typeof map === 'string' ? frozenLakeMaps[map] : map,
    tiles: {
      S: { fill: '#bfe3c0' },
      F: { fill: '#dcecf7' },
      H: { ends: true, reward: rewards.hole, fill: '#2c4a63' },
      G: { ends: true, reward: rewards.goal, fill: '#f4c542' },
    },
    stepReward: rewards.frozen,
    slip: slippery ? { intended: successRate, side: (1 - successRate) / 2 } : { intended: 1, side: 0 },
    stepLimit,
    solvedAt,
  });
}

/** What `randomFrozenLakeMap` takes. */
export interface RandomMapOptions {
  readonly seed: number;
  /** Rows and columns. */
  readonly size?: number;
  /** Chance that a tile is frozen. */
  readonly frozen?: number;
}

export const randomMapDefaults = { size: 8, frozen: 0.8 } as const satisfies Omit<RandomMapOptions, 'seed'>;

/** A random map with a way to the goal: Gymnasium's `generate_random_map(size, p, seed)`. */
export function randomFrozenLakeMap(options: RandomMapOptions): string[] {
  const { seed, size, frozen } = { ...randomMapDefaults, ...options };
  if (!Number.isSafeInteger(size) || size < 2) {
    throw new SkeinError('INPUT', `size: expected an integer of at least 2, got ${size}`);
  }
  if (!(frozen > 0)) throw new SkeinError('INPUT', `frozen: expected a probability above 0, got ${frozen}`);
  const random = new NumpyRandom();
  random.seed(seed);
  const p = Math.min(1, frozen);
  const threshold = p / (p + (1 - p));
  for (;;) {
    const tiles = Array.from({ length: size * size }, (): string => (random.random() < threshold ? 'F' : 'H'));
    tiles[0] = 'S';
    tiles[size * size - 1] = 'G';
    if (hasPath(tiles, size))
      return Array.from({ length: size }, (_, row) => tiles.slice(row * size, (row + 1) * size).join(''));
  }
}

/** True if the last tile can be reached from the first one. */
function hasPath(tiles: readonly string[], size: number): boolean {
  const seen = new Set([0]);
  for (const tile of seen) {
    if (tiles[tile] === 'G') return true;
    const column = tile % size;
    const neighbours = [tile - size, tile + size, column > 0 ? tile - 1 : -1, column < size - 1 ? tile + 1 : -1];
    for (const next of neighbours) if (next >= 0 && next < size * size && tiles[next] !== 'H') seen.add(next);
  }
  return false;
}
