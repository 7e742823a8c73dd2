/** What grids share in pictures and text. */

/** Corners of an upright square. */
export function square(x: number, y: number, side: number): [number, number][] {
  return [
    [x, y],
    [x + side, y],
    [x + side, y + side],
    [x, y + side],
  ];
}

/** A line of text with one letter on a coloured ground: an ANSI background code, red by default. */
export function highlighted(line: string, at: number, colour = 41): string {
  return `${line.slice(0, at)}\u001b[${colour}m${line[at]}\u001b[0m${line.slice(at + 1)}`;
}
