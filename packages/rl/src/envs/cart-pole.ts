/**
 * CartPole (Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve difficult learning control
 * problems", 1983; equations as corrected by Florian, 2007). A cart is pushed left (0) or right (1) to keep its pole up.
 * Gymnasium's dynamics: explicit Euler with the old velocities. State: x, its velocity, the pole's angle, its velocity.
 */

import { type BoxSpec, box, type DiscreteSpec, discrete } from '@skein/core';
import type { EnvironmentDefinition } from '../env/definition.ts';
import type { Picture } from '../render/picture.ts';

const GRAVITY = 9.8;
const POLE_MASS = 0.1;
const TOTAL_MASS = POLE_MASS + 1;
/** Half the pole's length. */
const LENGTH = 0.5;
const POLE_MASS_LENGTH = POLE_MASS * LENGTH;
const FORCE = 10;
/** Seconds of one step. */
const TAU = 0.02;
const X_LIMIT = 2.4;
const ANGLE_LIMIT = (12 * 2 * Math.PI) / 360;

/** What `cartPole` takes. */
export interface CartPoleOptions {
  readonly id?: string;
  readonly stepLimit?: number;
  readonly solvedAt?: number;
  /** Sutton and Barto's rewards: 0 a step and -1 at the end, instead of 1 a step. */
  readonly suttonBartoReward?: boolean;
}

export const cartPoleDefaults = {
  id: 'CartPole-v1',
  stepLimit: 500,
  solvedAt: 475,
  suttonBartoReward: false,
} as const satisfies CartPoleOptions;

/** A cart-pole definition. */
export function cartPole(options: CartPoleOptions = {}): EnvironmentDefinition<BoxSpec, DiscreteSpec> {
  const { id, stepLimit, solvedAt, suttonBartoReward } = { ...cartPoleDefaults, ...options };
  const high = Float32Array.of(2 * X_LIMIT, Infinity, 2 * ANGLE_LIMIT, Infinity);
  return {
    id,
    summary: 'balance a pole on a cart by pushing the cart left or right',
    observationSpec: box(
      high.map((v) => -v),
      high,
      [4],
      { name: 'observation', description: 'position, velocity, angle, angular velocity' },
    ),
    actionSpec: discrete(2, { name: 'action', description: '0 pushes left, 1 pushes right' }),
    stepLimit,
    solvedAt,
    stateSize: 4,
    begin: (state, at, random) => {
      for (let i = 0; i < 4; i++) state[at + i] = random.uniform(-0.05, 0.05);
    },
    advance: (state, at, actions, actionAt) => {
      move(state, at, actions[actionAt] === 1 ? FORCE : -FORCE);
      return suttonBartoReward ? (hasFallen(state, at) ? -1 : 0) : 1;
    },
    isTerminal: hasFallen,
    observe: (state, at, out, outAt) => {
      for (let i = 0; i < 4; i++) out[outAt + i] = state[at + i]!;
    },
    picture,
    text,
  };
}

function move(state: Float64Array, at: number, force: number): void {
  const velocity = state[at + 1]!;
  const angle = state[at + 2]!;
  const angularVelocity = state[at + 3]!;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const temp = (force + POLE_MASS_LENGTH * (angularVelocity * angularVelocity) * sin) / TOTAL_MASS;
  const angularAcceleration =
    (GRAVITY * sin - cos * temp) / (LENGTH * (4 / 3 - (POLE_MASS * (cos * cos)) / TOTAL_MASS));
  const acceleration = temp - (POLE_MASS_LENGTH * angularAcceleration * cos) / TOTAL_MASS;
  state[at] = state[at]! + TAU * velocity;
  state[at + 1] = velocity + TAU * acceleration;
  state[at + 2] = angle + TAU * angularVelocity;
  state[at + 3] = angularVelocity + TAU * angularAcceleration;
}

function hasFallen(state: Float64Array, at: number): boolean {
  return Math.abs(state[at]!) > X_LIMIT || Math.abs(state[at + 2]!) > ANGLE_LIMIT;
}

function picture(state: Float64Array, at: number): Picture {
  const x = state[at]!;
  const angle = state[at + 2]!;
  const [w, h] = [0.25, 0.15];
  const tip = [x + 2 * LENGTH * Math.sin(angle), 2 * LENGTH * Math.cos(angle)] as const;
  return {
    left: -X_LIMIT,
    right: X_LIMIT,
    bottom: -0.6,
    top: 1.4,
    shapes: [
      {
        kind: 'line',
        points: [
          [-X_LIMIT, -h],
          [X_LIMIT, -h],
        ],
        stroke: '#888888',
        width: 0.01,
      },
      {
        kind: 'polygon',
        points: [
          [x - w, -h],
          [x + w, -h],
          [x + w, h],
          [x - w, h],
        ],
        fill: '#222222',
      },
      { kind: 'line', points: [[x, 0], tip], stroke: '#ca9865', width: 0.08 },
      { kind: 'circle', x, y: 0, radius: 0.045, fill: '#8184cb' },
    ],
  };
}

/** Half the track's width in characters. */
const TRACK = 24;

function text(state: Float64Array, at: number): string {
  const column = Math.round(((state[at]! + X_LIMIT) / (2 * X_LIMIT)) * 2 * TRACK);
  const angle = state[at + 2]!;
  const lines = [3, 2, 1].map((height) => {
    const lean = Math.round(3 * height * Math.tan(angle));
    return ' '.repeat(clamp(column + lean)) + (lean > 0 ? '/' : lean < 0 ? '\\' : '|');
  });
  const cart = `${' '.repeat(clamp(column - 2))}\u001b[1m[===]\u001b[0m`;
  const numbers = `x ${state[at]!.toFixed(3)}  angle ${((angle * 180) / Math.PI).toFixed(2)} degrees`;
  return [...lines, cart, '-'.repeat(2 * TRACK + 1), numbers].join('\n');
}

const clamp = (column: number): number => Math.max(0, Math.min(2 * TRACK, column));
