/** One episode of an agent as a moving picture: an SVG file that any browser plays, or pictures for a GIF or PNG files. */

import { animatedSvg, type Picture } from '../render/picture.ts';
import type { Agent } from './agent.ts';
import { type PlayOptions, playDefaults, playEpisode } from './play.ts';

/** What `recordEpisode` takes. */
export interface RecordOptions extends PlayOptions {
  readonly framesPerSecond?: number;
}

export const recordDefaults = { ...playDefaults, framesPerSecond: 30 } as const satisfies RecordOptions;

/** A recorded episode. */
export interface Recording {
  /** The start and every step; `frameRenderer` makes PNG and GIF files of them. */
  readonly pictures: readonly Picture[];
  /** An animated SVG document. */
  readonly svg: string;
  readonly return: number;
  readonly length: number;
}

/** Plays an episode without exploration and draws it. Throws `ENVIRONMENT` if the environment draws no pictures. */
export function recordEpisode(agent: Pick<Agent, 'act' | 'definition'>, options: RecordOptions = {}): Recording {
  const { framesPerSecond } = { ...recordDefaults, ...options };
  const pictures: Picture[] = [];
  let total = 0;
  for (const moment of playEpisode(agent, options)) {
    pictures.push(moment.env.picture());
    total = moment.return;
  }
  return { pictures, svg: animatedSvg(pictures, framesPerSecond), return: total, length: pictures.length - 1 };
}
