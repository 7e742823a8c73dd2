/**
 * MountainCarContinuous: the mountain car with a force in [-1, 1] as action, which costs energy. Gymnasium keeps the
 * state in single precision after the first step, and single precision changes trajectories; so does this.
 * State: position, velocity, 1 after the first step.
 */

import { type BoxSpec, box } from '@skein/core';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { hillPicture, hillSpec, hillText, MAX_POSITION, MAX_SPEED, MIN_POSITION } from './mountain-car-hill.ts';

const { cos, fround } = Math;
const POWER = 0.0015;
const GRAVITY = 0.0025;
const GOAL = 0.45;

/** What `mountainCarContinuous` takes. */
export interface MountainCarContinuousOptions {
  readonly id?: string;
  readonly stepLimit?: number;
  /** Smallest velocity at the goal that counts. */
  readonly goalVelocity?: number;
}

export const mountainCarContinuousDefaults = {
  id: 'MountainCarContinuous-v0',
  stepLimit: 999,
  goalVelocity: 0,
} as const satisfies MountainCarContinuousOptions;

/** A mountain car with a continuous force. */
export function mountainCarContinuous(
  options: MountainCarContinuousOptions = {},
): EnvironmentDefinition<BoxSpec, BoxSpec> {
  const { id, stepLimit, goalVelocity } = { ...mountainCarContinuousDefaults, ...options };
  const isTerminal = (state: Float64Array, at: number): boolean =>
    state[at]! >= fround(GOAL) && state[at + 1]! >= goalVelocity;
  return {
    id,
    summary: 'drive an underpowered car up a hill by swinging, with as little force as possible',
    observationSpec: hillSpec(),
    actionSpec: box(-1, 1, [1], {
      name: 'action',
      description: 'force; beyond its bounds it costs more and does no more',
    }),
    stepLimit,
    solvedAt: 90,
    stateSize: 3,
    begin: (state, at, random) => {
      state[at] = random.uniform(-0.6, -0.4);
      state[at + 1] = 0;
      state[at + 2] = 0;
    },
    advance: (state, at, actions, actionAt) => {
      const action = actions[actionAt]!;
      move(state, at, action);
      return (isTerminal(state, at) ? 100 : 0) - action * action * 0.1;
    },
    isTerminal,
    observe: (state, at, out, outAt) => {
      out[outAt] = state[at]!;
      out[outAt + 1] = state[at + 1]!;
    },
    picture: (state, at) => hillPicture(state[at]!, GOAL),
    text: (state, at) => hillText(state[at]!, state[at + 1]!, GOAL),
  };
}

function move(state: Float64Array, at: number, action: number): void {
  // The first step adds to a double; later ones round every sum to single precision.
  const round = state[at + 2] === 0 ? (value: number) => value : fround;
  const before = state[at]!;
  let velocity = round(state[at + 1]! + push(action, round(3 * before)));
  velocity = Math.min(Math.max(velocity, fround(-MAX_SPEED)), fround(MAX_SPEED));
  const position = Math.min(Math.max(round(before + velocity), fround(MIN_POSITION)), fround(MAX_POSITION));
  state[at] = fround(position);
  state[at + 1] = position === fround(MIN_POSITION) && velocity < 0 ? 0 : fround(velocity);
  state[at + 2] = 1;
}

/** Change of the velocity. A force within the bounds is a single-precision number, a clipped one is not. */
function push(action: number, angle: number): number {
  const gravity = GRAVITY * cos(angle);
  if (action > 1 || action < -1) return fround(Math.sign(action) * POWER - gravity);
  return fround(fround(action * fround(POWER)) - fround(gravity));
}
