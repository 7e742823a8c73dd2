/** The methods that a study may follow, by name or of one's own. */

import { SkeinError } from '@skein/core';
import { forestMethod } from './forest-method.ts';
import { gpMethod } from './gp-method.ts';
import { type Method, named, randomMethod, sobolMethod } from './method.ts';
import { tpeMethod } from './tpe-method.ts';
import { turboMethod } from './turbo-method.ts';

/** Every method, by name. */
export const METHODS: readonly Method[] = [gpMethod, turboMethod, tpeMethod, forestMethod, sobolMethod, randomMethod];

/** The method of a name, or the one that was given. Throws `UNKNOWN_NAME`, or `CONFIG` for one under the name of another. */
export function methodOf(given: string | Method): Method {
  if (typeof given === 'string') {
    return named('method', METHODS, given, "One of one's own is given as a value, here and when a state is restored.");
  }
  if (METHODS.every((method) => method.name !== given.name || method === given)) return given;
  throw new SkeinError('CONFIG', `method: expected a name that no other has, got ${given.name}`, {
    advice: 'A saved study finds its method by the name: choose one that is not built in.',
  });
}

/** The method that a state names, or the one that was given again. Throws `CHECKPOINT` if that is another. */
export function restoredMethod(name: string, given: Method | undefined): Method {
  if (given === undefined || given.name === name) return methodOf(given ?? name);
  throw new SkeinError('CHECKPOINT', `method: expected ${name}, which the state names, got ${given.name}`);
}
