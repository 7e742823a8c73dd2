/**
 * Pictures as pixels: PNG frames and GIF animations, drawn by resvg with a font that comes along, so a machine without
 * fonts draws the same. Both libraries are loaded when the first renderer is made.
 */

import { createRequire } from 'node:module';
import { SkeinError } from '@skein/core';
import { type Picture, svg } from './picture.ts';

/** An image: `rgba` has 4 bytes a pixel, row by row from the top, [height, width, 4]. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** What `frameRenderer` takes. */
export interface FrameOptions {
  /** Width of the images in pixels; the height follows from the picture. */
  readonly width?: number;
}

export const frameDefaults = { width: 600 } as const satisfies FrameOptions;

/** Draws pictures as pixels. */
export interface FrameRenderer {
  pixels(picture: Picture): Pixels;
  /** The bytes of a PNG file. */
  png(picture: Picture): Uint8Array;
  /** The bytes of a GIF file that plays pictures of equal bounds in a loop. Throws `INPUT` for no pictures. */
  gif(pictures: readonly Picture[], framesPerSecond: number): Uint8Array;
}

/** The part of gifenc that is used here; the package has no types of its own. */
interface Gifenc {
  GIFEncoder(): {
    writeFrame(index: Uint8Array, width: number, height: number, options: { palette: Palette; delay: number }): void;
    finish(): void;
    bytes(): Uint8Array;
  };
  quantize(rgba: Uint8Array, colours: number): Palette;
  applyPalette(rgba: Uint8Array, palette: Palette): Uint8Array;
}
type Palette = readonly (readonly number[])[];

/** Loads what drawing needs and gives the renderer. */
export async function frameRenderer(options: FrameOptions = {}): Promise<FrameRenderer> {
  const { width } = { ...frameDefaults, ...options };
  const { Resvg } = await import('@resvg/resvg-js');
  const require = createRequire(import.meta.url);
  const { GIFEncoder, quantize, applyPalette } = require('gifenc') as Gifenc;
  const font = require.resolve('dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf');
  const settings = {
    fitTo: { mode: 'width' as const, value: width },
    font: { fontFiles: [font], loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans Mono' },
  };
  const draw = (picture: Picture) => new Resvg(svg(picture), settings).render();
  const pixels = (picture: Picture): Pixels => {
    const image = draw(picture);
    return { width: image.width, height: image.height, rgba: image.pixels };
  };
  return {
    pixels,
    png: (picture) => draw(picture).asPng(),
    gif: (pictures, framesPerSecond) => {
      if (pictures.length === 0) throw new SkeinError('INPUT', 'gif: expected at least one picture, got none');
      const file = GIFEncoder();
      for (const picture of pictures) {
        const { rgba, ...size } = pixels(picture);
        const palette = quantize(rgba, 256);
        // A GIF counts time in hundredths of a second; the encoder takes milliseconds.
        file.writeFrame(applyPalette(rgba, palette), size.width, size.height, {
          palette,
          delay: 1000 / framesPerSecond,
        });
      }
      file.finish();
      return file.bytes();
    },
  };
}
