/** The terminal as a screen: frames drawn over each other; where output is piped, only the last one, as plain lines. */

import type { Writable } from 'node:stream';
import { SkeinError } from '@skein/core';
import { ansiPixels, type Environment, type EnvironmentDefinition, frameRenderer } from '@skein/rl';

/** How a moment is shown. */
export const VIEWS = ['auto', 'picture', 'text'] as const;
type View = (typeof VIEWS)[number];

/** Columns of a picture; two pixels a character leave its shape as it is. */
const MAX_COLUMNS = 100;

/** What draws a moment of an environment. Throws `ENVIRONMENT` if it has no such view. */
export async function chooseView(definition: EnvironmentDefinition, view: View): Promise<(env: Environment) => string> {
  const { picture, text } = definition;
  const lacks = { picture: picture === undefined, text: text === undefined, auto: (picture ?? text) === undefined };
  if (lacks[view]) {
    throw new SkeinError('ENVIRONMENT', `${definition.id}: has no ${view === 'auto' ? 'picture or text' : view} view`, {
      advice: view === 'auto' ? 'give its definition a picture() or a text()' : 'choose another with --view',
    });
  }
  // Small grids and words read better than a coarse picture of them, and a pipe shows no colours.
  const asText =
    view === 'text' || (view === 'auto' && text !== undefined && (picture === undefined || !process.stdout.isTTY));
  if (asText) return (env) => env.render('ansi');
  const renderer = await frameRenderer({ width: Math.min(process.stdout.columns ?? MAX_COLUMNS, MAX_COLUMNS) });
  return (env) => ansiPixels(renderer.pixels(env.picture()));
}

/** Draws frames in place until disposed. */
export class Screen implements Disposable {
  readonly #out: Writable & { readonly isTTY?: boolean };
  #lines = 0;

  constructor(out: Writable & { readonly isTTY?: boolean }) {
    this.#out = out;
    if (this.live) out.write('\x1b[?25l');
  }

  /** Whether frames move; if not, only the last frame is written. */
  get live(): boolean {
    return this.#out.isTTY === true;
  }

  show(frame: string, status: string, last: boolean): void {
    if (!this.live) {
      if (last) this.#out.write(`${frame.trimEnd()}\n${status}\n`);
      return;
    }
    const lines = [...frame.trimEnd().split('\n'), status];
    const back = this.#lines === 0 ? '' : `\x1b[${this.#lines}A`;
    this.#out.write(`${back}${lines.map((line) => `${line}\x1b[K\n`).join('')}`);
    this.#lines = lines.length;
  }

  [Symbol.dispose](): void {
    if (this.live) this.#out.write('\x1b[?25h');
  }
}
