/**
 * Trust regions for many dimensions: TuRBO (Eriksson et al., "Scalable global optimization via local Bayesian optimization",
 * NeurIPS 2019), with one region. Suggestions come from a box around the best trial, which grows while trials improve and
 * shrinks while they do not; when it has become tiny, a new region starts elsewhere from nothing.
 */

import { parse, type Rng, type Static, Type } from '@skein/core';
import { bestUnseen, scoreAll } from '../acquisition/maximise.ts';
import { quasiUniforms } from '../design/uniforms.ts';
import { type Observation, violation } from './history.ts';
import { type Method, type Question, randomMethod, sobolMethod } from './method.ts';
import { fitSurrogate, OBJECTIVE_WARPS, type Surrogate, SurrogateMemorySchema } from './surrogate.ts';
import { thompsonScorer } from './thompson.ts';

/** The paper's settings. Sides are in units of the cube. */
export const turboDefaults = {
  side: 0.8,
  leastSide: 0.5 ** 7,
  mostSide: 1.6,
  /** Improvements in a row that double the sides. */
  successes: 3,
  /** Trials in a row without improvement that halve the sides; or as many as there are dimensions, if that is more. */
  failures: 4,
  /** An improvement is at least this, relative to the best loss. */
  leastGain: 1e-3,
  /** Candidates a dimension, and the most of them. */
  candidates: 100,
  mostCandidates: 5000,
  /** Coordinates that a candidate changes, on average, where there are more. */
  changed: 20,
} as const;

const MemorySchema = Type.Object({
  side: Type.Number(),
  successes: Type.Number(),
  failures: Type.Number(),
  /** Finished trials before the region. */
  from: Type.Number(),
  /** Finished trials that have been taken into account. */
  counted: Type.Number(),
  surrogate: Type.Union([Type.Null(), SurrogateMemorySchema]),
});

type Region = Static<typeof MemorySchema>;

const newRegion = (from: number): Region => ({
  side: turboDefaults.side,
  successes: 0,
  failures: 0,
  from,
  counted: from,
  surrogate: null,
});

/** Trust regions, as a method; its memory is the region and its surrogate's. */
export const turboMethod: Method = {
  name: 'turbo',
  suggest: (question) => {
    const { observed, columns, deterministic, rng } = question;
    const last = question.memory === null ? newRegion(0) : parse(MemorySchema, question.memory, MEMORY);
    const first = Math.max(2, question.initialTrials);
    const region = advance(last, meritsOf(observed), first, columns.columns.length);
    const rows = observed.slice(region.from);
    if (rows.length < first) return { ...sobolMethod.suggest(question), memory: region };
    const surrogate = fitSurrogate({
      points: rows.map(({ point }) => point),
      targets: meritsOf(rows),
      columns: columns.columns,
      deterministic,
      warps: OBJECTIVE_WARPS,
      memory: region.surrogate,
      rng: rng.split('review'),
    });
    const point = bestCandidate(question, rows, surrogate, region.side);
    return {
      point: point ?? randomMethod.suggest(question).point,
      memory: { ...region, surrogate: surrogate.memory },
    };
  },
};

const MEMORY = { what: 'memory of the turbo method', code: 'CHECKPOINT' } as const;

/** Losses, those of trials that violate a constraint above all others. */
function meritsOf(observed: readonly Observation[]): number[] {
  const worst = Math.max(...observed.map(({ loss }) => loss));
  return observed.map((trial) => (trial.constraints !== null && violation(trial) > 0 ? worst : trial.loss));
}

/** The region after the trials that finished since the last suggestion. */
export function advance(region: Region, losses: readonly number[], first: number, d: number): Region {
  const { successes, failures, mostSide, leastSide, leastGain } = turboDefaults;
  let next = { ...region };
  for (let i = region.counted; i < losses.length; i++) {
    next.counted = i + 1;
    // The first trials of a region are no steps.
    if (i < next.from + first) continue;
    const best = Math.min(...losses.slice(next.from, i));
    const improved = losses[i]! < best - leastGain * Math.abs(best);
    next.successes = improved ? next.successes + 1 : 0;
    next.failures = improved ? 0 : next.failures + 1;
    if (next.successes === successes) next = { ...next, side: Math.min(mostSide, 2 * next.side), successes: 0 };
    if (next.failures === Math.max(failures, d)) next = { ...next, side: 0.5 * next.side, failures: 0 };
    if (next.side < leastSide) next = newRegion(next.counted);
  }
  return next;
}

/** The candidate of the region that is lowest under one function drawn from the posterior; null if none is new. */
function bestCandidate(
  question: Question,
  rows: readonly Observation[],
  { factored }: Surrogate,
  side: number,
): Float64Array | null {
  const { columns, seen, rng } = question;
  const targets = [...factored.y];
  const centre = rows[targets.indexOf(Math.min(...targets))]!.point;
  const lengthscales = factored.model.kernel.parameters.slice(1).map((p) => p.value);
  const points = candidatesAround(centre, sidesOf(lengthscales, side), rng.split('candidates'))
    .map(columns.canonical)
    .filter((point) => columns.allows(point));
  const drawn = thompsonScorer(factored, columns.columns, rng.split('thompson'));
  return bestUnseen(scoreAll(drawn, points), seen)?.point ?? null;
}

/** Half-sides in proportion to the length scales; their volume is that of a cube of the given side. */
function sidesOf(lengthscales: readonly number[], side: number): number[] {
  const meanLog = lengthscales.reduce((sum, l) => sum + Math.log(l), 0) / lengthscales.length;
  return lengthscales.map((l) => (0.5 * side * l) / Math.exp(meanLog));
}

/** Quasi-random points of a box, which keep most of the centre's coordinates where there are many. */
function candidatesAround(centre: Float64Array, halves: readonly number[], rng: Rng): Float64Array[] {
  const d = centre.length;
  const { candidates, mostCandidates, changed } = turboDefaults;
  const count = Math.min(candidates * d, mostCandidates);
  const raw = quasiUniforms(count, d, rng);
  return Array.from({ length: count }, (_, i) => {
    const always = rng.integer(d);
    return centre.map((c, j) => {
      if (j !== always && rng.uniform() * d >= changed) return c;
      const [low, high] = [Math.max(0, c - halves[j]!), Math.min(1, c + halves[j]!)];
      return low + raw[i * d + j]! * (high - low);
    });
  });
}
