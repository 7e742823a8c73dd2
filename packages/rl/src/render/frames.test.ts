import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { frameRenderer } from './frames.ts';
import type { Picture } from './picture.ts';
import { ansiPixels } from './terminal.ts';

/** Red on the left of the middle, blue on its right, twice as wide as high. */
const halves: Picture = {
  left: -2,
  right: 2,
  bottom: 0,
  top: 2,
  shapes: [
    {
      kind: 'polygon',
      points: [
        [-2, 0],
        [0, 0],
        [0, 2],
        [-2, 2],
      ],
      fill: '#ff0000',
    },
    {
      kind: 'polygon',
      points: [
        [0, 0],
        [2, 0],
        [2, 2],
        [0, 2],
      ],
      fill: '#0000ff',
    },
  ],
};
const renderer = await frameRenderer({ width: 8 });

describe('pixels', () => {
  test('have the width that was asked for, the shape of the picture and its colours', () => {
    const { width, height, rgba } = renderer.pixels(halves);
    expect([width, height, rgba.length]).toEqual([8, 4, 8 * 4 * 4]);
    for (let row = 0; row < height; row++) {
      const at = (x: number) => [...rgba.subarray((row * width + x) * 4, (row * width + x) * 4 + 4)];
      expect(at(0)).toEqual([255, 0, 0, 255]);
      expect(at(7)).toEqual([0, 0, 255, 255]);
    }
  });

  test('show text, with the font that comes along', () => {
    const empty: Picture = { left: 0, right: 4, bottom: 0, top: 4, shapes: [] };
    const word: Picture = {
      ...empty,
      shapes: [{ kind: 'text', x: 2, y: 2, size: 2, fill: 'black', text: 'M' }],
    };
    const dark = (picture: Picture) => renderer.pixels(picture).rgba.filter((value) => value < 128).length;
    expect(dark(empty)).toBe(0);
    expect(dark(word)).toBeGreaterThan(0);
  });
});

test('a PNG file holds the pixels', () => {
  const png = Buffer.from(renderer.png(halves));
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([8, 4]);
  const start = png.indexOf('IDAT') + 4;
  const data = inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)));
  expect(data.length).toBe(4 * (1 + 8 * 4));
});

test('a GIF file has the size, a frame for each picture, its pace, and plays for ever', () => {
  const gif = Buffer.from(renderer.gif([halves, halves, halves], 10));
  expect(gif.subarray(0, 6).toString()).toBe('GIF89a');
  expect([gif.readUInt16LE(6), gif.readUInt16LE(8)]).toEqual([8, 4]);
  expect(gif.includes('NETSCAPE2.0')).toBe(true);
  const controls: number[] = [];
  for (let at = gif.indexOf('21f904', 'hex'); at >= 0; at = gif.indexOf('21f904', at + 1, 'hex')) {
    controls.push(gif.readUInt16LE(at + 4));
  }
  expect(controls).toEqual([10, 10, 10]);
});

test('no pictures make no film', () => {
  expect(() => renderer.gif([], 30)).toThrow('gif: expected at least one picture, got none');
});

test('in a terminal, a character is two pixels', () => {
  const lines = ansiPixels(renderer.pixels(halves)).split('\n');
  expect(lines.map((line) => line.match(/▀/g)?.length)).toEqual([8, 8]);
  const colour = (rgb: string) => `\x1b[38;2;${rgb}m\x1b[48;2;${rgb}m`;
  expect(lines[0]?.startsWith(`${colour('255;0;0')}▀▀`)).toBe(true);
  expect(lines[0]?.endsWith(`${colour('0;0;255')}▀▀▀▀\x1b[0m`)).toBe(true);
});
