/**
 * Bayesian optimisation with a Gaussian process: an acquisition function under the surrogate, running trials filled in by
 * fantasies, maximised over candidates and then by local searches; the log probabilities that measured constraints are
 * satisfied, and that the trial does not fail, are added to the score.
 */

import { parse, Type } from '@skein/core';
import { beliefOf, type Scorer, scorer, sumScores } from '../acquisition/belief.ts';
import { type MaximiseOptions, maximiseAcquisition } from '../acquisition/maximise.ts';
import { flatten } from '../linalg/points.ts';
import { ACQUISITIONS, cheapness, IMPROVEMENT, PER_COST } from './acquisitions.ts';
import { type Columns, keyOf } from './columns.ts';
import { fitConstraints, fitMeasured, logFeasibilities } from './constraints.ts';
import { elsewhereDefaults, isTimeToLookElsewhere, otherRegions, type Region } from './elsewhere.ts';
import { type Observation, violation } from './history.ts';
import { type Method, named, type Question, randomMethod, sobolMethod } from './method.ts';
import {
  fitSurrogate,
  OBJECTIVE_WARPS,
  type Surrogate,
  type SurrogateMemory,
  SurrogateMemorySchema,
} from './surrogate.ts';

/** Best trials elsewhere that get a local search of their own. */
const ANCHORS = 3;

const MemorySchema = Type.Union([
  Type.Null(),
  Type.Object({
    objective: SurrogateMemorySchema,
    constraints: Type.Array(SurrogateMemorySchema),
    cost: Type.Optional(SurrogateMemorySchema),
  }),
]);

/**
 * Gaussian process. Its memory is that of its surrogates. The first trials of a study with related ones are the best of
 * each of those.
 */
export const gpMethod: Method = {
  name: 'gp',
  suggest: (asked) => {
    // Failed trials say where trials fail, and nothing of the objective.
    const question = { ...asked, observed: asked.observed.filter(({ failed }) => failed !== true) };
    const { observed, trial, initialTrials, related, memory } = question;
    const known = related[trial];
    if (known !== undefined && !question.seen.has(keyOf(known.best)) && question.columns.allows(known.best)) {
      return { point: known.best, memory };
    }
    if (trial < initialTrials || observed.length < 2) return sobolMethod.suggest(question);
    const surrogates = fitSurrogates(question, asked.observed);
    const found = maximise(question, score(question, surrogates), bestPoints(observed));
    const point = found === null ? null : (instead(question, surrogates, found.score) ?? found.point);
    return {
      point: point ?? randomMethod.suggest(question).point,
      memory: {
        objective: surrogates.objective.memory,
        constraints: surrogates.constraints.map((surrogate) => surrogate.memory),
        ...(surrogates.cost === null ? {} : { cost: surrogates.cost.memory }),
      },
    };
  },
};

const maximise = (question: Question, scorer: Scorer, anchors: readonly Float64Array[], allows?: Columns['allows']) =>
  maximiseAcquisition(
    scorer,
    allows === undefined ? question.columns : { ...question.columns, allows },
    { seen: question.seen, anchors, rng: question.rng.split('acquisition') },
    effort(question.observed.length),
  );

/** A point elsewhere, where it is time to look there (elsewhere.ts); else null. */
function instead(question: Question, surrogates: Surrogates, bestScore: number): Float64Array | null {
  const { columns, trial, observed, acquisition } = question;
  if (acquisition !== IMPROVEMENT || !isTimeToLookElsewhere(bestScore, trial, columns.columns, observed.length)) {
    return null;
  }
  for (const region of otherRegions(surrogates.objective.factored)) {
    const apart = trialsApart(observed, region);
    const found = maximise(question, scoreElsewhere(question, surrogates, region, apart), apart.best, (point) => {
      return columns.allows(point) && !region.holds(point);
    });
    if (found !== null && found.score > Math.log(elsewhereDefaults.negligible)) return found.point;
  }
  return null;
}

/**
 * Improvements over the trials outside of a region, under a process of their own: that of all trials has learned how the
 * basin looks from within. Only while there are few of them the process of all serves.
 */
function scoreElsewhere(question: Question, surrogates: Surrogates, region: Region, apart: Apart): Scorer {
  if (apart.observed.length < question.columns.columns.length) {
    return score(question, surrogates, (row) => !region.rows.has(row));
  }
  const narrowed = { ...question, observed: apart.observed };
  return score(narrowed, { ...surrogates, objective: fitObjective(narrowed, null) }, apart.counts);
}

interface Apart {
  readonly observed: readonly Observation[];
  /** Whether a row of `observed` is to be improved. */
  readonly counts: (row: number) => boolean;
  /** The best points of those. */
  readonly best: readonly Float64Array[];
}

/**
 * The trials that a region does not hold. Those on its slopes tell where it is, but are not what is to be improved, nor
 * better than that.
 */
function trialsApart(observed: readonly Observation[], region: Region): Apart {
  const outside = observed.filter((_, row) => !region.rows.has(row)).toSorted((a, b) => a.loss - b.loss);
  const least = outside[0]!.loss;
  const rows = [...observed.keys()].filter((row) => !region.holds(observed[row]!.point));
  const slopes = new Set([...rows.keys()].filter((k) => region.rows.has(rows[k]!)));
  return {
    observed: rows.map((row): Observation => ({ ...observed[row]!, loss: Math.max(least, observed[row]!.loss) })),
    counts: (row) => !slopes.has(row),
    best: outside.slice(0, ANCHORS).map(({ point }) => point),
  };
}

/** Fewer candidates where each costs more: n^2 a candidate. */
const effort = (n: number): Partial<MaximiseOptions> =>
  n <= 300 ? {} : { candidates: 512, starts: 6, iterations: 50 };

/** The point with the lowest loss, and the one with the lowest loss among those that violate least. */
function bestPoints(observed: readonly Observation[]): Float64Array[] {
  const best = observed.reduce((a, b) => (b.loss < a.loss ? b : a));
  const feasible = observed.reduce((a, b) => {
    const [first, second] = [violation(a), violation(b)];
    return second < first || (second === first && b.loss < a.loss) ? b : a;
  });
  return best === feasible ? [best.point] : [best.point, feasible.point];
}

interface Surrogates {
  readonly objective: Surrogate;
  readonly constraints: readonly Surrogate[];
  /** Of the logarithm of the cost; null where that does not count. */
  readonly cost: Surrogate | null;
}

const fitObjective = (
  { observed, columns, deterministic, related, rng }: Question,
  memory: SurrogateMemory | null,
): Surrogate =>
  fitSurrogate({
    columns: columns.columns,
    deterministic,
    points: observed.map(({ point }) => point),
    targets: observed.map(({ loss }) => loss),
    warps: OBJECTIVE_WARPS,
    features: related.map(({ feature }) => feature),
    memory,
    rng: rng.split('review'),
  });

/** Of the trials of the question; `all` has those that failed, too. */
function fitSurrogates(question: Question, all: readonly Observation[]): Surrogates {
  const { observed, memory, rng } = question;
  const last = parse(MemorySchema, memory, { what: 'memory of the gp method', code: 'CHECKPOINT' });
  const costs = observed.flatMap(({ point, cost }) => (cost === undefined ? [] : [{ point, value: Math.log(cost) }]));
  const isDear = question.acquisition === PER_COST && costs.length >= 2;
  return {
    objective: fitObjective(question, last?.objective ?? null),
    constraints: fitConstraints({ ...question, observed: all }, last?.constraints ?? []),
    cost: isDear ? fitMeasured(question, costs, last?.cost, rng.split('cost')) : null,
  };
}

/**
 * The acquisition function plus the log probability that every constraint is satisfied (of a logarithmic function, the
 * log of their product; of others, a penalty); that probability alone while no trial satisfied them. Improvements are over
 * the trials that count.
 */
function score(
  question: Question,
  { objective, constraints, cost }: Surrogates,
  counts: (row: number) => boolean = () => true,
): Scorer {
  const { observed, acquisition } = question;
  const feasibility = logFeasibilities(constraints);
  const isEligible = (row: number): boolean => row < observed.length && violation(observed[row]!) === 0;
  const constrained = constraints.length > 0;
  if (constrained && !observed.some((_, row) => isEligible(row))) return sumScores(feasibility);
  const pending = flatten(question.pending, question.columns.columns.length);
  const main = named('acquisition', ACQUISITIONS, acquisition).of({
    factored: objective.factored,
    pending,
    columns: question.columns.columns,
    eligible: (row) => counts(row) && (!constrained || isEligible(row)),
    rng: question.rng,
  });
  return sumScores([main, ...(cost === null ? [] : [scoreCost(cost)]), ...feasibility]);
}

function scoreCost({ factored, transform }: Surrogate): Scorer {
  const deviation = 1 / (transform.forward(1) - transform.forward(0));
  return scorer(beliefOf(factored), () => cheapness(deviation));
}
