/**
 * Maximising an acquisition function over a mixed unit cube: many quasi-random candidates, a few starts drawn among the
 * good ones, and from each a local search that alternates L-BFGS-B in the continuous columns with a sweep over the
 * discrete ones. Discrete columns are never rounded after a continuous search: the score is high just beside an
 * evaluated grid point.
 */

import type { Rng } from '@skein/core';
import { quasiUniforms } from '../design/uniforms.ts';
import { flatten } from '../linalg/points.ts';
import { lbfgsb } from '../optim/lbfgsb.ts';
import { type Column, type Columns, cellMiddle, cellOf, keyOf } from '../optimizer/columns.ts';
import type { Scorer } from './belief.ts';

export interface MaximiseOptions {
  /** Quasi-random candidates. */
  readonly candidates: number;
  /** Local searches. */
  readonly starts: number;
  /** Iterations of each continuous search. */
  readonly iterations: number;
}

export const maximiseDefaults = { candidates: 1024, starts: 10, iterations: 100 } as const satisfies MaximiseOptions;

/** What the search may not return, and where good points are likely. */
export interface Surroundings {
  /** Keys of points that were suggested before. */
  readonly seen: ReadonlySet<string>;
  /** Points worth a local search of their own, such as the best so far. */
  readonly anchors: readonly Float64Array[];
  readonly rng: Rng;
}

interface Scored {
  readonly point: Float64Array;
  readonly score: number;
}

/** Discrete columns with more values than this are searched along the grid instead of value by value. */
const EXHAUSTIVE = 16;
const MAX_SWEEPS = 10;
/** Spaces with at most this many points are searched completely once the local searches only meet known points. */
const ENUMERABLE = 4096;

/** The best canonical point that was not seen before; null if the space holds no other. */
export function maximiseAcquisition(
  scorer: Scorer,
  columns: Columns,
  surroundings: Surroundings,
  given: Partial<MaximiseOptions> = {},
): Scored | null {
  const options = { ...maximiseDefaults, ...given };
  const { seen, rng } = surroundings;
  const candidates = scoreAll(scorer, candidatePoints(columns, surroundings, options.candidates));
  const found = chooseStarts(candidates, options.starts, rng).map((start) =>
    climb(scorer, columns, start, options.iterations),
  );
  const best = bestUnseen([...found, ...candidates], seen);
  return best ?? bestOf(scoreAll(scorer, unseenPoints(columns, seen, rng)));
}

/** The best one that was not seen before; null if there is none. The keys of all of them would take as long as their scores. */
export function bestUnseen(scored: readonly Scored[], seen: ReadonlySet<string>): Scored | null {
  const ranked = scored.toSorted((a, b) => b.score - a.score);
  return ranked.find(({ point }) => !seen.has(keyOf(point))) ?? null;
}

const bestOf = (scored: readonly Scored[]): Scored | null =>
  scored.reduce<Scored | null>((best, s) => (best === null || s.score > best.score ? s : best), null);

/** Quasi-random points and, for each anchor, a cloud of normal steps around it. */
function candidatePoints(columns: Columns, { anchors, rng }: Surroundings, count: number): Float64Array[] {
  const d = columns.columns.length;
  const raw = quasiUniforms(count, d, rng);
  const points = Array.from({ length: count }, (_, i) => columns.canonical(raw.subarray(i * d, (i + 1) * d)));
  for (const anchor of anchors) {
    points.push(anchor);
    for (let i = 0; i < Math.ceil(count / 16); i++) {
      const step = 10 ** (-1 - 2 * rng.uniform());
      points.push(columns.canonical(anchor.map((u) => Math.min(1, Math.max(0, u + step * rng.normal())))));
    }
  }
  return points.filter(columns.allows);
}

export function scoreAll(scorer: Scorer, points: readonly Float64Array[]): Scored[] {
  if (points.length === 0) return [];
  const scores = scorer.many(flatten(points, points[0]!.length));
  return points.map((point, i) => ({ point, score: scores[i]! }));
}

/** The best candidate and others drawn with weights exp(z-score), without replacement. */
function chooseStarts(candidates: readonly Scored[], count: number, rng: Rng): Scored[] {
  const finite = candidates.filter(({ score }) => Number.isFinite(score));
  if (finite.length <= count) return finite;
  const mean = finite.reduce((sum, { score }) => sum + score, 0) / finite.length;
  const deviation = Math.sqrt(finite.reduce((sum, { score }) => sum + (score - mean) ** 2, 0) / finite.length) || 1;
  // Gumbel's trick: the largest keys log-weight + noise are a weighted draw without replacement.
  const keyed = finite.map((scored) => ({
    scored,
    key: (scored.score - mean) / deviation - Math.log(-Math.log(1 - rng.uniform())),
  }));
  keyed.sort((a, b) => b.key - a.key);
  const best = bestOf(finite)!;
  return [best, ...keyed.map(({ scored }) => scored).filter((scored) => scored !== best)].slice(0, count);
}

/** Local search from one start: continuous and discrete moves in turn until neither helps. */
function climb(scorer: Scorer, columns: Columns, start: Scored, iterations: number): Scored {
  let current = start;
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    const moved = sweepDiscrete(scorer, columns, climbContinuous(scorer, columns, current, iterations));
    const gain = moved.score - current.score;
    if (gain > 0) current = moved;
    if (!(gain > 1e-6) || !columns.columns.some((column) => Number.isFinite(column.count))) break;
  }
  return current;
}

const isRelaxed = (column: Column): boolean =>
  !Number.isFinite(column.count) || (column.count > EXHAUSTIVE && !column.categorical);

function climbContinuous(scorer: Scorer, columns: Columns, from: Scored, iterations: number): Scored {
  const active = columns.active(from.point);
  const free = columns.columns.map((column, j) => active[j]! && isRelaxed(column));
  if (!free.includes(true)) return from;
  const result = lbfgsb(
    (x, gradient) => {
      const score = scorer.at(x, gradient);
      for (let j = 0; j < gradient.length; j++) gradient[j] = -gradient[j]!;
      return -score;
    },
    from.point,
    {
      lower: from.point.map((u, j) => (free[j] ? 0 : u)),
      upper: from.point.map((u, j) => (free[j] ? 1 : u)),
      maxIterations: iterations,
      gradientTolerance: 1e-3,
      valueTolerance: 1e-7,
    },
  );
  return bestOf([from, ...scoreAll(scorer, lastAllowed(columns, from.point, result.x))])!;
}

const BISECTIONS = 20;

/** The end of a search as a canonical point, or where the way there leaves what is allowed. */
function lastAllowed(columns: Columns, from: Float64Array, to: Float64Array): Float64Array[] {
  const at = (t: number): Float64Array => columns.canonical(from.map((u, j) => u + t * (to[j]! - u)));
  if (columns.allows(at(1))) return [at(1)];
  let low = 0;
  let high = 1;
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = 0.5 * (low + high);
    if (columns.allows(at(middle))) low = middle;
    else high = middle;
  }
  return low === 0 ? [] : [at(low)];
}

/** Tries other values of each discrete column, one column at a time. */
function sweepDiscrete(scorer: Scorer, columns: Columns, from: Scored): Scored {
  let current = from;
  columns.columns.forEach((column, j) => {
    if (!Number.isFinite(column.count) || !columns.active(current.point)[j]) return;
    const here = cellOf(column, current.point[j]!);
    const trials = valuesToTry(column, here).map((k) => {
      const point = current.point.slice();
      point[j] = cellMiddle(column, k);
      return columns.canonical(point);
    });
    current = bestOf([current, ...scoreAll(scorer, trials.filter(columns.allows))])!;
  });
  return current;
}

function valuesToTry(column: Column, here: number): number[] {
  const all = isRelaxed(column) ? [here - 2, here - 1, here + 1, here + 2] : [...Array(column.count).keys()];
  return all.filter((k) => k !== here && k >= 0 && k < column.count);
}

/** Points not suggested before: all of them in a small discrete space, a sample of others. */
function unseenPoints(columns: Columns, seen: ReadonlySet<string>, rng: Rng): Float64Array[] {
  const size = columns.columns.reduce((product, column) => product * column.count, 1);
  const fresh = new Map<string, Float64Array>();
  for (let i = 0; i < Math.min(size, ENUMERABLE); i++) {
    const point = columns.canonical(size <= ENUMERABLE ? gridPoint(columns, i) : randomPoint(columns, rng));
    const key = keyOf(point);
    if (!seen.has(key) && columns.allows(point)) fresh.set(key, point);
  }
  return [...fresh.values()];
}

function gridPoint({ columns }: Columns, index: number): number[] {
  let rest = index;
  return columns.map((column) => {
    const k = rest % column.count;
    rest = Math.floor(rest / column.count);
    return cellMiddle(column, k);
  });
}

const randomPoint = ({ columns }: Columns, rng: Rng): number[] => columns.map(() => rng.uniform());
