/**
 * Acrobot (Sutton, "Generalization in Reinforcement Learning: Successful Examples Using Sparse Coarse Coding", 1996):
 * swing the tip of a double pendulum above a line by torque at its middle joint. Actions: 0, 1, 2 for torque -1, 0, 1.
 * State: both angles (0 hangs down; the second is relative to the first) and their velocities.
 */

import { type BoxSpec, box, type DiscreteSpec, discrete } from '@skein/core';
import type { EnvironmentDefinition } from '../env/definition.ts';
import type { Picture } from '../render/picture.ts';

const { cos, sin, PI } = Math;
/** Mass, length, distance of the centre of mass and moment of inertia, the same for both links. */
const M = 1;
const L = 1;
const LC = 0.5;
const I = 1;
const G = 9.8;
/** Seconds of one step. */
const DT = 0.2;
const MAX_SPEEDS = [4 * PI, 9 * PI] as const;

/** What `acrobot` takes. */
export interface AcrobotOptions {
  readonly id?: string;
  readonly stepLimit?: number;
  /** The equations of motion: those of Sutton and Barto's book, or of the 1996 paper, which lack one term. */
  readonly equations?: 'book' | 'nips';
}

export const acrobotDefaults = {
  id: 'Acrobot-v1',
  stepLimit: 500,
  equations: 'book',
} as const satisfies AcrobotOptions;

/** An acrobot definition. */
export function acrobot(options: AcrobotOptions = {}): EnvironmentDefinition<BoxSpec, DiscreteSpec> {
  const { id, stepLimit, equations } = { ...acrobotDefaults, ...options };
  const high = Float32Array.of(1, 1, 1, 1, ...MAX_SPEEDS);
  return {
    id,
    summary: 'swing the tip of a double pendulum up by torque at its middle joint',
    observationSpec: box(
      high.map((v) => -v),
      high,
      [6],
      { name: 'observation', description: 'cosine and sine of both angles, then both angular velocities' },
    ),
    actionSpec: discrete(3, { name: 'action', description: 'torque -1, 0 or 1 at the middle joint' }),
    stepLimit,
    solvedAt: -100,
    stateSize: 4,
    begin: (state, at, random) => {
      for (let i = 0; i < 4; i++) state[at + i] = Math.fround(random.uniform(-0.1, 0.1));
    },
    advance: (state, at, actions, actionAt) => {
      integrate(state, at, actions[actionAt]! - 1, equations === 'book');
      for (let i = 0; i < 2; i++) {
        state[at + i] = wrapped(state[at + i]!);
        state[at + 2 + i] = Math.min(Math.max(state[at + 2 + i]!, -MAX_SPEEDS[i]!), MAX_SPEEDS[i]!);
      }
      return isTerminal(state, at) ? 0 : -1;
    },
    isTerminal,
    observe: (state, at, out, outAt) => {
      for (let i = 0; i < 2; i++) {
        out[outAt + 2 * i] = cos(state[at + i]!);
        out[outAt + 2 * i + 1] = sin(state[at + i]!);
        out[outAt + 4 + i] = state[at + 2 + i]!;
      }
    },
    picture,
    text,
  };
}

function isTerminal(state: Float64Array, at: number): boolean {
  return -cos(state[at]!) - cos(state[at + 1]! + state[at]!) > 1;
}

/** The slopes k1 to k4 and the state at which the next one is taken. */
const [K1, K2, K3, K4, POINT] = Array.from({ length: 5 }, () => new Float64Array(4)) as [
  Float64Array,
  Float64Array,
  Float64Array,
  Float64Array,
  Float64Array,
];

/** One step of the classical Runge-Kutta method of order 4 with constant torque. */
function integrate(state: Float64Array, at: number, torque: number, book: boolean): void {
  const pointAt = (slope: Float64Array, time: number): void => {
    for (let i = 0; i < 4; i++) POINT[i] = state[at + i]! + time * slope[i]!;
  };
  pointAt(K1, 0);
  derivative(POINT, torque, book, K1);
  pointAt(K1, DT / 2);
  derivative(POINT, torque, book, K2);
  pointAt(K2, DT / 2);
  derivative(POINT, torque, book, K3);
  pointAt(K3, DT);
  derivative(POINT, torque, book, K4);
  for (let i = 0; i < 4; i++) {
    state[at + i] = state[at + i]! + (DT / 6) * (K1[i]! + 2 * K2[i]! + 2 * K3[i]! + K4[i]!);
  }
}

/** Equations of motion; names as in the book. */
function derivative(s: Float64Array, torque: number, book: boolean, out: Float64Array): void {
  const theta1 = s[0]!;
  const theta2 = s[1]!;
  const dtheta1 = s[2]!;
  const dtheta2 = s[3]!;
  const cos2 = cos(theta2);
  const sin2 = sin(theta2);
  const d1 = M * LC ** 2 + M * (L ** 2 + LC ** 2 + 2 * L * LC * cos2) + I + I;
  const d2 = M * (LC ** 2 + L * LC * cos2) + I;
  const phi2 = M * LC * G * cos(theta1 + theta2 - PI / 2);
  const phi1 =
    -M * L * LC * (dtheta2 * dtheta2) * sin2 -
    2 * M * L * LC * dtheta2 * dtheta1 * sin2 +
    (M * LC + M * L) * G * cos(theta1 - PI / 2) +
    phi2;
  const coupling = book ? M * L * LC * (dtheta1 * dtheta1) * sin2 : 0;
  const ddtheta2 = (torque + (d2 / d1) * phi1 - coupling - phi2) / (M * LC ** 2 + I - (d2 * d2) / d1);
  out[0] = dtheta1;
  out[1] = dtheta2;
  out[2] = -(d2 * ddtheta2 + phi1) / d1;
  out[3] = ddtheta2;
}

/** The angle in [-pi, pi]. */
function wrapped(angle: number): number {
  let wrappedAngle = angle;
  while (wrappedAngle > PI) wrappedAngle -= 2 * PI;
  while (wrappedAngle < -PI) wrappedAngle += 2 * PI;
  return wrappedAngle;
}

function picture(state: Float64Array, at: number): Picture {
  const [middle, tip] = joints(state, at);
  return {
    left: -2.2,
    right: 2.2,
    bottom: -2.2,
    top: 2.2,
    shapes: [
      {
        kind: 'line',
        points: [
          [-2.2, 1],
          [2.2, 1],
        ],
        stroke: '#888888',
        width: 0.02,
      },
      { kind: 'line', points: [[0, 0], middle, tip], stroke: '#00a3a3', width: 0.16 },
      { kind: 'circle', x: 0, y: 0, radius: 0.08, fill: '#cccc00' },
      { kind: 'circle', x: middle[0], y: middle[1], radius: 0.08, fill: '#cccc00' },
    ],
  };
}

/** Where the middle joint and the tip are. */
function joints(state: Float64Array, at: number): [[number, number], [number, number]] {
  const first = state[at]!;
  const both = first + state[at + 1]!;
  const middle: [number, number] = [sin(first), -cos(first)];
  return [middle, [middle[0] + sin(both), middle[1] - cos(both)]];
}

/** Rows of the text view above and below the fixed joint. */
const RADIUS = 4;

function text(state: Float64Array, at: number): string {
  const lines = Array.from({ length: 2 * RADIUS + 1 }, (_, row) =>
    new Array<string>(4 * RADIUS + 1).fill(row === RADIUS / 2 ? '-' : ' '),
  );
  const put = (x: number, y: number, letter: string): void => {
    lines[RADIUS - Math.round((y * RADIUS) / 2)]![2 * RADIUS + Math.round(x * RADIUS)] = letter;
  };
  const [middle, tip] = joints(state, at);
  put(0, 0, '+');
  for (const part of [0.33, 0.67]) {
    put(part * middle[0], part * middle[1], '*');
    put(middle[0] + part * (tip[0] - middle[0]), middle[1] + part * (tip[1] - middle[1]), '*');
  }
  put(...middle, 'o');
  put(...tip, '\u001b[1m@\u001b[0m');
  return [...lines.map((line) => line.join('')), `tip ${tip[1].toFixed(3)} high; the line is at 1`].join('\n');
}
