/**
 * MountainCar (Moore, "Efficient memory-based learning for robot control", 1990): an underpowered car must swing up a
 * hill. Actions: 0 pushes left, 1 does nothing, 2 pushes right. State: position, velocity.
 */

import { type BoxSpec, type DiscreteSpec, discrete } from '@skein/core';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { hillPicture, hillSpec, hillText, MAX_POSITION, MAX_SPEED, MIN_POSITION } from './mountain-car-hill.ts';

const FORCE = 0.001;
const GRAVITY = 0.0025;
const GOAL = 0.5;

/** What `mountainCar` takes. */
export interface MountainCarOptions {
  readonly id?: string;
  readonly stepLimit?: number;
  /** Smallest velocity at the goal that counts. */
  readonly goalVelocity?: number;
}

export const mountainCarDefaults = {
  id: 'MountainCar-v0',
  stepLimit: 200,
  goalVelocity: 0,
} as const satisfies MountainCarOptions;

/** A mountain car with three actions. */
export function mountainCar(options: MountainCarOptions = {}): EnvironmentDefinition<BoxSpec, DiscreteSpec> {
  const { id, stepLimit, goalVelocity } = { ...mountainCarDefaults, ...options };
  return {
    id,
    summary: 'drive an underpowered car up a hill by swinging',
    observationSpec: hillSpec(),
    actionSpec: discrete(3, { name: 'action', description: '0 pushes left, 1 does nothing, 2 pushes right' }),
    stepLimit,
    solvedAt: -110,
    stateSize: 2,
    begin: (state, at, random) => {
      state[at] = random.uniform(-0.6, -0.4);
      state[at + 1] = 0;
    },
    advance: (state, at, actions, actionAt) => {
      const position = state[at]!;
      const push = (actions[actionAt]! - 1) * FORCE + Math.cos(3 * position) * -GRAVITY;
      const velocity = clip(state[at + 1]! + push, -MAX_SPEED, MAX_SPEED);
      state[at] = clip(position + velocity, MIN_POSITION, MAX_POSITION);
      state[at + 1] = state[at] === MIN_POSITION && velocity < 0 ? 0 : velocity;
      return -1;
    },
    isTerminal: (state, at) => state[at]! >= GOAL && state[at + 1]! >= goalVelocity,
    observe: (state, at, out, outAt) => {
      out[outAt] = state[at]!;
      out[outAt + 1] = state[at + 1]!;
    },
    picture: (state, at) => hillPicture(state[at]!, GOAL),
    text: (state, at) => hillText(state[at]!, state[at + 1]!, GOAL),
  };
}

const clip = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
