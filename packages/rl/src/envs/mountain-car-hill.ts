/** What both mountain cars share: the hill, its bounds, and how a car on it with a flag at the goal looks. */

import { type BoxSpec, box } from '@skein/core';
import type { Picture } from '../render/picture.ts';

export const MIN_POSITION = -1.2;
export const MAX_POSITION = 0.6;
export const MAX_SPEED = 0.07;

/** Bounds of position and velocity, as float32 like the observations. */
export function hillSpec(): BoxSpec {
  const low = Float32Array.of(MIN_POSITION, -MAX_SPEED);
  const high = Float32Array.of(MAX_POSITION, MAX_SPEED);
  return box(low, high, [2], { name: 'observation', description: 'position, velocity' });
}

/** Height of the hill, for drawing only. */
const height = (position: number): number => 0.45 * Math.sin(3 * position) + 0.55;

const HILL = Array.from({ length: 61 }, (_, i) => {
  const position = MIN_POSITION + ((MAX_POSITION - MIN_POSITION) * i) / 60;
  return [position, height(position)] as const;
});

/** The car at `position`, the flag at `goal`. */
export function hillPicture(position: number, goal: number): Picture {
  const foot = height(goal);
  return {
    left: MIN_POSITION,
    right: MAX_POSITION,
    bottom: 0,
    top: 1.2,
    shapes: [
      { kind: 'line', points: HILL, stroke: '#444444', width: 0.01 },
      {
        kind: 'line',
        points: [
          [goal, foot],
          [goal, foot + 0.15],
        ],
        stroke: '#444444',
        width: 0.008,
      },
      {
        kind: 'polygon',
        points: [
          [goal, foot + 0.15],
          [goal + 0.07, foot + 0.12],
          [goal, foot + 0.09],
        ],
        fill: '#cccc00',
      },
      { kind: 'circle', x: position, y: height(position) + 0.04, radius: 0.04, fill: '#c0392b' },
    ],
  };
}

/** Columns of the text view. */
const COLUMNS = 49;
const column = (position: number): number =>
  Math.round(((position - MIN_POSITION) / (MAX_POSITION - MIN_POSITION)) * (COLUMNS - 1));

/** The hill from the side, six lines high, with the car as `o` and the goal as `F`. */
export function hillText(position: number, velocity: number, goal: number): string {
  const lines = Array.from({ length: 6 }, () => new Array<string>(COLUMNS).fill(' '));
  const put = (x: number, letter: string): void => {
    lines[5 - Math.min(5, Math.floor(height(x) * 6))]![column(x)] = letter;
  };
  for (let i = 0; i < COLUMNS; i++) put(MIN_POSITION + ((MAX_POSITION - MIN_POSITION) * i) / (COLUMNS - 1), '.');
  put(goal, 'F');
  put(position, '\u001b[1mo\u001b[0m');
  return [
    ...lines.map((line) => line.join('')),
    `position ${position.toFixed(3)}  velocity ${velocity.toFixed(4)}`,
  ].join('\n');
}
