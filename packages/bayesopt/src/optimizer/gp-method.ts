/**
 * Bayesian optimisation with a Gaussian process: an acquisition function under the surrogate, running trials filled in by
 * fantasies, maximised over candidates and then by local searches. Measured constraints have surrogates of their own, and
 * their log probabilities of being satisfied are added to the score (Gardner et al., ICML 2014).
 */

import { parse, Type } from '@skein/core';
import {
  type Acquisition,
  logExpectedImprovement,
  logProbabilityOfImprovement,
  upperConfidenceBound,
} from '../acquisition/analytic.ts';
import { beliefOf, beliefWithPending, type Scorer, scorer, sumScores } from '../acquisition/belief.ts';
import { type MaximiseOptions, maximiseAcquisition } from '../acquisition/maximise.ts';
import { flatten } from '../linalg/points.ts';
import { type Columns, keyOf } from './columns.ts';
import { elsewhereDefaults, isTimeToLookElsewhere, otherRegions } from './elsewhere.ts';
import { type Observation, violation } from './history.ts';
import { type Method, named, type Question, randomMethod, sobolMethod } from './method.ts';
import { fitSurrogate, NO_WARP, OBJECTIVE_WARPS, type Surrogate, SurrogateMemorySchema } from './surrogate.ts';
import { thompsonScorer } from './thompson.ts';

/** Best trials elsewhere that get a local search of their own. */
const ANCHORS = 3;

/** Joint draws at the running trials. */
const FANTASIES = 16;

/** What the optimiser may score points by; each is a function of the best outcome so far. Losses are minimised. */
const IMPROVEMENT = 'logExpectedImprovement';
const ACQUISITIONS: readonly { readonly name: string; readonly of: (best: number) => Acquisition }[] = [
  { name: IMPROVEMENT, of: (best) => logExpectedImprovement({ best }) },
  { name: 'probabilityOfImprovement', of: (best) => logProbabilityOfImprovement({ best, margin: 1e-3 }) },
  { name: 'confidenceBound', of: () => upperConfidenceBound() },
];

/** Thompson sampling is no function of a single point's belief. */
const THOMPSON = 'thompson';

/** Names of the acquisition functions. */
export const ACQUISITION_NAMES: readonly string[] = [...ACQUISITIONS.map(({ name }) => name), THOMPSON];

const MemorySchema = Type.Union([
  Type.Null(),
  Type.Object({ objective: SurrogateMemorySchema, constraints: Type.Array(SurrogateMemorySchema) }),
]);

/**
 * Gaussian process. Its memory is that of its surrogates. The first trials of a study with related ones are the best of
 * each of those.
 */
export const gpMethod: Method = {
  name: 'gp',
  suggest: (question) => {
    const { observed, trial, initialTrials, related, memory } = question;
    const known = related[trial];
    if (known !== undefined && !question.seen.has(keyOf(known.best)) && question.columns.allows(known.best)) {
      return { point: known.best, memory };
    }
    if (trial < initialTrials || observed.length < 2) return sobolMethod.suggest(question);
    const surrogates = fitSurrogates(question);
    const found = maximise(question, score(question, surrogates), bestPoints(observed));
    const point = found === null ? null : (instead(question, surrogates, found.score) ?? found.point);
    return {
      point: point ?? randomMethod.suggest(question).point,
      memory: {
        objective: surrogates.objective.memory,
        constraints: surrogates.constraints.map((surrogate) => surrogate.memory),
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
  if (
    acquisition !== IMPROVEMENT ||
    !isTimeToLookElsewhere(bestScore, trial, columns.columns.length, observed.length)
  ) {
    return null;
  }
  for (const region of otherRegions(surrogates.objective.factored)) {
    const isOutside = (row: number): boolean => !region.rows.has(row);
    const anchors = observed
      .filter((_, row) => isOutside(row))
      .toSorted((a, b) => a.loss - b.loss)
      .slice(0, ANCHORS);
    const found = maximise(
      question,
      score(question, surrogates, isOutside),
      anchors.map(({ point }) => point),
      (point) => columns.allows(point) && !region.holds(point),
    );
    if (found !== null && found.score > Math.log(elsewhereDefaults.negligible)) return found.point;
  }
  return null;
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
}

function fitSurrogates({ observed, columns, deterministic, memory, related, rng }: Question): Surrogates {
  const last = parse(MemorySchema, memory, { what: 'memory of the gp method', code: 'CHECKPOINT' });
  const common = { columns: columns.columns, deterministic };
  const objective = fitSurrogate({
    ...common,
    points: observed.map(({ point }) => point),
    targets: observed.map(({ loss }) => loss),
    warps: OBJECTIVE_WARPS,
    features: related.map(({ feature }) => feature),
    memory: last?.objective ?? null,
    rng: rng.split('review'),
  });
  const measured = observed.flatMap(({ point, constraints }) => (constraints === null ? [] : [{ point, constraints }]));
  const count = measured.length < 2 ? 0 : Math.min(...measured.map(({ constraints }) => constraints.length));
  const constraints = Array.from({ length: count }, (_, c) =>
    fitSurrogate({
      ...common,
      points: measured.map(({ point }) => point),
      targets: measured.map(({ constraints }) => constraints[c]!),
      warps: [NO_WARP],
      memory: last?.constraints[c] ?? null,
      rng: rng.split('constraint').split(c),
    }),
  );
  return { objective, constraints };
}

/**
 * The acquisition function plus the log probability that every constraint is satisfied (of a logarithmic function, the
 * log of their product; of others, a penalty); that probability alone while no trial satisfied them. Improvements are over
 * the trials that count.
 */
function score(
  question: Question,
  { objective, constraints }: Surrogates,
  counts: (row: number) => boolean = () => true,
): Scorer {
  const { observed, acquisition } = question;
  const feasibility = constraints.map(({ factored, transform }) =>
    scorer(beliefOf(factored), () => logProbabilityOfImprovement({ best: transform.forward(0) })),
  );
  const isEligible = (row: number): boolean => row < observed.length && violation(observed[row]!) === 0;
  const constrained = constraints.length > 0;
  if (constrained && !observed.some((_, row) => isEligible(row))) return sumScores(feasibility);
  const pending = flatten(question.pending, question.columns.columns.length);
  if (acquisition === THOMPSON) {
    return sumScores([
      thompsonScorer(objective.factored, question.columns.columns, question.rng.split('thompson')),
      ...feasibility,
    ]);
  }
  const belief = beliefWithPending(objective.factored, {
    pending,
    count: FANTASIES,
    rng: question.rng.split('fantasies'),
    eligible: (row) => counts(row) && (!constrained || isEligible(row)),
  });
  return sumScores([scorer(belief, named('acquisition', ACQUISITIONS, acquisition).of), ...feasibility]);
}
