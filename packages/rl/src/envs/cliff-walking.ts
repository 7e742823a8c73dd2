/**
 * CliffWalking (Sutton and Barto, "Reinforcement Learning: An Introduction", example 6.6): walk along a cliff to the
 * goal; a step off it costs 100 and leads back to the start. Actions: 0 up, 1 right, 2 down, 3 left. Gymnasium
 * registers no time limit, so a greedy policy may walk for ever: evaluation imposes its own.
 */

import type { DiscreteDefinition } from '../env/tabular.ts';
import { gridWorld } from './grid-world.ts';

/** What `cliffWalking` takes. */
export interface CliffWalkingOptions {
  readonly id?: string;
  /** Steps go to either side with probability 1/3 each. */
  readonly slippery?: boolean;
  readonly stepLimit?: number | null;
}

export const cliffWalkingDefaults = {
  id: 'CliffWalking-v1',
  slippery: false,
  stepLimit: null,
} as const satisfies CliffWalkingOptions;

/** A CliffWalking definition. */
export function cliffWalking(options: CliffWalkingOptions = {}): DiscreteDefinition {
  const { id, slippery, stepLimit } = { ...cliffWalkingDefaults, ...options };
  return gridWorld({
    id,
    summary: 'walk along a cliff to the goal without stepping off it',
    map: ['............', '............', '............', 'SCCCCCCCCCCG'],
    tiles: {
      C: { toStart: true, reward: -100, fill: '#6b4226' },
      G: { ends: true, reward: -1, fill: '#f4c542' },
    },
    moves: ['up', 'right', 'down', 'left'],
    stepReward: -1,
    slip: slippery ? { intended: 1 / 3, side: 1 / 3 } : { intended: 1, side: 0 },
    stepLimit,
  });
}
