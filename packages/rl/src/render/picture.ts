/** Pictures as data: a few shapes in user units, y up. `svg` draws one; many make an animation. */

import { SkeinError } from '@skein/core';

/** One shape. Colours are CSS colours; lengths are in the picture's units. */
export type Shape =
  | {
      readonly kind: 'polygon';
      readonly points: readonly (readonly [x: number, y: number])[];
      readonly fill: string;
    }
  | { readonly kind: 'circle'; readonly x: number; readonly y: number; readonly radius: number; readonly fill: string }
  | {
      readonly kind: 'line';
      readonly points: readonly (readonly [x: number, y: number])[];
      readonly stroke: string;
      readonly width: number;
    }
  | {
      readonly kind: 'text';
      readonly x: number;
      readonly y: number;
      readonly size: number;
      readonly fill: string;
      readonly text: string;
    };

/** A scene: what lies in [left, right] x [bottom, top] is visible. */
export interface Picture {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
  readonly shapes: readonly Shape[];
}

/** Width in pixels of a drawn picture. */
const WIDTH = 600;

/** The picture as an SVG document. */
export function svg(picture: Picture): string {
  return document(picture, picture.shapes.map((shape) => draw(picture, shape)).join(''));
}

/** Pictures of equal bounds as one SVG document that plays them in a loop, `framesPerSecond` a second. */
export function animatedSvg(pictures: readonly Picture[], framesPerSecond: number): string {
  const first = pictures[0];
  if (first === undefined) throw new SkeinError('INPUT', 'animatedSvg: expected at least one picture, got none');
  const seconds = pictures.length / framesPerSecond;
  const frames = pictures.map((picture, i) => {
    const show = `0;${number(i / pictures.length)};${number((i + 1) / pictures.length)}`;
    const animation =
      `<animate attributeName="display" values="none;inline;none" keyTimes="${show}" dur="${number(seconds)}s"` +
      ' calcMode="discrete" repeatCount="indefinite"/>';
    return `<g display="none">${animation}${picture.shapes.map((shape) => draw(picture, shape)).join('')}</g>`;
  });
  return document(first, frames.join('\n'));
}

function document(picture: Picture, body: string): string {
  const scale = WIDTH / (picture.right - picture.left);
  const height = Math.round((picture.top - picture.bottom) * scale);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">` +
    `<rect width="100%" height="100%" fill="white"/>${body}</svg>\n`
  );
}

function draw(picture: Picture, shape: Shape): string {
  const scale = WIDTH / (picture.right - picture.left);
  const x = (value: number): string => number((value - picture.left) * scale);
  const y = (value: number): string => number((picture.top - value) * scale);
  const path = (points: readonly (readonly [number, number])[]): string =>
    points.map(([px, py]) => `${x(px)},${y(py)}`).join(' ');
  switch (shape.kind) {
    case 'polygon':
      return `<polygon points="${path(shape.points)}" fill="${shape.fill}"/>`;
    case 'circle':
      return `<circle cx="${x(shape.x)}" cy="${y(shape.y)}" r="${number(shape.radius * scale)}" fill="${shape.fill}"/>`;
    case 'line':
      return `<polyline points="${path(shape.points)}" fill="none" stroke="${shape.stroke}" stroke-width="${number(shape.width * scale)}"/>`;
    case 'text':
      return `<text x="${x(shape.x)}" y="${y(shape.y)}" font-size="${number(shape.size * scale)}" font-family="monospace" text-anchor="middle" dominant-baseline="central" fill="${shape.fill}">${escaped(shape.text)}</text>`;
    default:
      return shape satisfies never;
  }
}

const number = (value: number): string => String(Math.round(value * 1000) / 1000);
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
