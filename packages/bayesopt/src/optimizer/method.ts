/** How an optimiser chooses the next point. A method is stateless: what it remembers is plain data, passed in and out. */

import { type Rng, SkeinError } from '@skein/core';
import { sobol } from '../design/sobol.ts';
import { type Columns, keyOf } from './columns.ts';
import type { History } from './history.ts';
import type { RelatedStudy } from './related.ts';

/** What a method knows when it is asked. */
export interface Question extends History {
  readonly columns: Columns;
  /** Number of the trial. */
  readonly trial: number;
  /** Stream of this trial, derived from the study's seed and the trial's number. */
  readonly rng: Rng;
  /** Stream of the study, the same for every trial. */
  readonly studyRng: Rng;
  /** Keys of all points suggested before. */
  readonly seen: ReadonlySet<string>;
  /** Quasi-random trials before a model is used. */
  readonly initialTrials: number;
  /** Equal values always give equal outcomes. */
  readonly deterministic: boolean;
  /** Name of the acquisition function, for methods that have one. */
  readonly acquisition: string;
  /** What related studies found. */
  readonly related: readonly RelatedStudy[];
  /** What the method returned with its last suggestion; null at first. */
  readonly memory: unknown;
}

export interface Suggestion {
  /** A canonical point. */
  readonly point: Float64Array;
  /** Plain data for the next question. */
  readonly memory: unknown;
}

export interface Method {
  readonly name: string;
  suggest(question: Question): Suggestion;
}

/** Candidates that are looked at for one that is new, and for one that is allowed at all. */
const NEW_ATTEMPTS = 256;
const ALLOWED_ATTEMPTS = 10_000;

/** The first allowed candidate that was not suggested before; the first allowed one if there is none among many. */
function firstFresh({ columns, seen }: Question, candidate: (attempt: number) => ArrayLike<number>): Float64Array {
  let fallback: Float64Array | null = null;
  for (let attempt = 0; attempt < (fallback === null ? ALLOWED_ATTEMPTS : NEW_ATTEMPTS); attempt++) {
    const point = columns.canonical(candidate(attempt));
    if (!columns.allows(point)) continue;
    if (!seen.has(keyOf(point))) return point;
    fallback ??= point;
  }
  if (fallback !== null) return fallback;
  throw new SkeinError('INPUT', `allows: none of ${ALLOWED_ATTEMPTS} points of the space is allowed`, {
    advice: 'Narrow the bounds of the space to where the rule allows something.',
  });
}

/** Uniform random points. */
export const randomMethod: Method = {
  name: 'random',
  suggest: (question) => {
    const d = question.columns.columns.length;
    return {
      point: firstFresh(question, () => question.rng.fillUniform(new Float64Array(d))),
      memory: question.memory,
    };
  },
};

/** Points of one scrambled Sobol sequence; those that fall on earlier ones are replaced by later ones. */
export const sobolMethod: Method = {
  name: 'sobol',
  suggest: (question) => {
    const d = question.columns.columns.length;
    // Replacements lie far ahead in the sequence, where no trial's own point will be.
    const ahead = (attempt: number): number => (attempt === 0 ? 0 : 2 ** 20 + attempt);
    return {
      point: firstFresh(question, (attempt) =>
        sobol(1, d, { rng: question.studyRng.split('sobol'), skip: question.trial + ahead(attempt) }),
      ),
      memory: question.memory,
    };
  },
};

/** The entry of a name. Throws `UNKNOWN_NAME` listing the names; `what` says what is named. */
export function named<T extends { readonly name: string }>(
  what: string,
  entries: readonly T[],
  name: string,
  advice?: string,
): T {
  const found = entries.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = entries.map((entry) => entry.name).join(', ');
  const message = `${what}: expected one of ${names}, got ${name}`;
  throw new SkeinError('UNKNOWN_NAME', message, advice === undefined ? {} : { advice });
}
