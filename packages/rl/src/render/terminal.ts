/** Pixels as text: each character shows two pixels, one above the other, in 24-bit ANSI colours. */

import type { Pixels } from './frames.ts';

const RESET = '\x1b[0m';

/** An image as lines of text, `width` columns and half of `height` lines. */
export function ansiPixels({ width, height, rgba }: Pixels): string {
  const colour = (x: number, y: number): string => {
    const at = (Math.min(y, height - 1) * width + x) * 4;
    return `${rgba[at]};${rgba[at + 1]};${rgba[at + 2]}`;
  };
  const lines: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let line = '';
    let last = '';
    for (let x = 0; x < width; x++) {
      const style = `\x1b[38;2;${colour(x, y)}m\x1b[48;2;${colour(x, y + 1)}m`;
      line += style === last ? '▀' : `${style}▀`;
      last = style;
    }
    lines.push(line + RESET);
  }
  return lines.join('\n');
}
