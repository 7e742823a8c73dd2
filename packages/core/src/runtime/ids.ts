/** Names that become parts of message subjects and bucket names: checked once, where they enter. */

import { randomBytes } from 'node:crypto';
import { SkeinError } from '../errors.ts';
import { show } from '../schema.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_/-]{0,199}$/;

/** The id of a task, run, worker or queue. Throws `INPUT` for anything that could not be one word of a subject. */
export function checkId(what: string, id: string): string {
  if (ID.test(id)) return id;
  throw new SkeinError('INPUT', `${what}: expected 1 to 128 letters, digits, '-' or '_', got ${show(id)}`);
}

/** The name of a parameter: like an id, with words joined by `/`. */
export function checkName(what: string, name: string): string {
  if (NAME.test(name) && !name.endsWith('/') && !name.includes('//')) return name;
  throw new SkeinError(
    'INPUT',
    `${what}: expected words of letters, digits, '-' or '_' joined by '/', got ${show(name)}`,
  );
}

/** Eight random letters and digits: unique enough for everything that one cluster holds at a time. */
export const randomId = (): string => randomBytes(5).toString('hex');
