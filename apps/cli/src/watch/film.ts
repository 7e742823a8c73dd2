/** An episode as files. */

import { extname } from 'node:path';
import { SkeinError, writeFileAtomic } from '@skein/core';
import { type Agent, frameRenderer, type RecordOptions, recordEpisode } from '@skein/rl';

/** What was written. */
export interface Film {
  /** The file, or the first and the last. */
  readonly files: string;
  readonly length: number;
  readonly total: number;
}

/** Plays an episode into the file that `path` names: `.svg`, `.gif`, or `.png` for numbered frames. Throws `CONFIG` for others. */
export async function saveFilm(
  path: string,
  agent: Agent,
  options: RecordOptions & { readonly framesPerSecond: number },
  episode: number,
): Promise<Film> {
  const kind = extname(path).toLowerCase();
  const name = path.slice(0, path.length - kind.length);
  const one = episode === 0 ? path : `${name}-${episode + 1}${kind}`;
  if (!['.svg', '.gif', '.png'].includes(kind)) {
    throw new SkeinError('CONFIG', `--save ${path}: expected a name that ends in .svg, .gif or .png`);
  }
  const { pictures, svg, return: total, length } = recordEpisode(agent, options);
  if (kind === '.svg') writeFileAtomic(one, svg);
  else {
    const renderer = await frameRenderer();
    if (kind === '.gif') writeFileAtomic(one, renderer.gif(pictures, options.framesPerSecond));
    else {
      const frames = pictures.map((_, i) => `${one.slice(0, -kind.length)}-${String(i).padStart(4, '0')}.png`);
      pictures.forEach((picture, i) => {
        writeFileAtomic(frames[i]!, renderer.png(picture));
      });
      return { files: `${frames[0]} to ${frames.at(-1)}`, length, total };
    }
  }
  return { files: one, length, total };
}
