/**
 * Pendulum: swing a rod up and keep it there with a bounded torque. State: angle (0 is upright, not wrapped), angular
 * velocity. The action enters in single precision, as in Gymnasium.
 */

import { type BoxSpec, box } from '@skein/core';
import type { EnvironmentDefinition } from '../env/definition.ts';
import type { Picture } from '../render/picture.ts';

const { fround, PI } = Math;
const MAX_SPEED = 8;
const MAX_TORQUE = 2;
const MASS = 1;
const LENGTH = 1;
/** Seconds of one step. */
const DT = 0.05;

/** What `pendulum` takes. */
export interface PendulumOptions {
  readonly id?: string;
  readonly stepLimit?: number;
  readonly gravity?: number;
}

export const pendulumDefaults = { id: 'Pendulum-v1', stepLimit: 200, gravity: 10 } as const satisfies PendulumOptions;

/** A pendulum definition. */
export function pendulum(options: PendulumOptions = {}): EnvironmentDefinition<BoxSpec, BoxSpec> {
  const { id, stepLimit, gravity } = { ...pendulumDefaults, ...options };
  return {
    id,
    summary: 'swing a pendulum up and keep it upright with little torque',
    observationSpec: box([-1, -1, -MAX_SPEED], [1, 1, MAX_SPEED], [3], {
      name: 'observation',
      description: 'cosine and sine of the angle (0 is upright), angular velocity',
    }),
    actionSpec: box(-MAX_TORQUE, MAX_TORQUE, [1], { name: 'action', description: 'torque' }),
    stepLimit,
    solvedAt: null,
    stateSize: 2,
    begin: (state, at, random) => {
      state[at] = random.uniform(-PI, PI);
      state[at + 1] = random.uniform(-1, 1);
    },
    advance: (state, at, actions, actionAt) => {
      const torque = Math.min(Math.max(actions[actionAt]!, -MAX_TORQUE), MAX_TORQUE);
      const angle = state[at]!;
      const speed = state[at + 1]!;
      const cost = wrapped(angle) ** 2 + 0.1 * speed ** 2 + fround(fround(0.001) * fround(torque * torque));
      const pull = ((3 * gravity) / (2 * LENGTH)) * Math.sin(angle) + fround((3 / (MASS * LENGTH ** 2)) * torque);
      const faster = Math.min(Math.max(speed + pull * DT, -MAX_SPEED), MAX_SPEED);
      state[at] = angle + faster * DT;
      state[at + 1] = faster;
      return -cost;
    },
    isTerminal: () => false,
    observe: (state, at, out, outAt) => {
      out[outAt] = Math.cos(state[at]!);
      out[outAt + 1] = Math.sin(state[at]!);
      out[outAt + 2] = state[at + 1]!;
    },
    picture,
    text,
  };
}

/** The angle in [-pi, pi). */
function wrapped(angle: number): number {
  const turn = 2 * PI;
  const rest = (angle + PI) % turn;
  return (rest < 0 ? rest + turn : rest) - PI;
}

function picture(state: Float64Array, at: number): Picture {
  const tip = [-Math.sin(state[at]!), Math.cos(state[at]!)] as const;
  return {
    left: -1.3,
    right: 1.3,
    bottom: -1.3,
    top: 1.3,
    shapes: [
      { kind: 'line', points: [[0, 0], tip], stroke: '#cc4d4d', width: 0.16 },
      { kind: 'circle', x: tip[0], y: tip[1], radius: 0.08, fill: '#cc4d4d' },
      { kind: 'circle', x: 0, y: 0, radius: 0.06, fill: 'black' },
    ],
  };
}

/** Rows and columns of the text view, around its centre. */
const RADIUS = 4;

function text(state: Float64Array, at: number): string {
  const angle = state[at]!;
  const lines = Array.from({ length: 2 * RADIUS + 1 }, () => new Array<string>(4 * RADIUS + 1).fill(' '));
  const put = (length: number, letter: string): void => {
    const row = RADIUS - Math.round(length * RADIUS * Math.cos(angle));
    lines[row]![2 * RADIUS - Math.round(length * 2 * RADIUS * Math.sin(angle))] = letter;
  };
  for (let i = 1; i < RADIUS; i++) put(i / RADIUS, '*');
  put(1, '\u001b[1m@\u001b[0m');
  lines[RADIUS]![2 * RADIUS] = '+';
  const degrees = (wrapped(angle) * 180) / PI;
  return [
    ...lines.map((line) => line.join('')),
    `angle ${degrees.toFixed(1)} degrees  speed ${state[at + 1]!.toFixed(3)}`,
  ].join('\n');
}
