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
import { type Observation, violation } from './history.ts';
import { type Method, named, type Question, randomMethod, sobolMethod } from './method.ts';
import { fitSurrogate, type Surrogate, SurrogateMemorySchema, surrogateDefaults } from './surrogate.ts';
import { thompsonScorer } from './thompson.ts';

/** Joint draws at the running trials. */
const FANTASIES = 16;

/** What the optimiser may score points by; each is a function of the best outcome so far. Losses are minimised. */
const ACQUISITIONS: readonly { readonly name: string; readonly of: (best: number) => Acquisition }[] = [
  { name: 'logExpectedImprovement', of: (best) => logExpectedImprovement({ best }) },
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

/** Gaussian process. Its memory is that of its surrogates. */
export const gpMethod: Method = {
  name: 'gp',
  suggest: (question) => {
    const { observed, trial, initialTrials, columns, rng, seen } = question;
    if (trial < initialTrials || observed.length < 2) return sobolMethod.suggest(question);
    const { objective, constraints } = fitSurrogates(question);
    const found = maximiseAcquisition(
      score(question, objective, constraints),
      columns,
      { seen, anchors: bestPoints(observed), rng: rng.split('acquisition') },
      effort(observed.length),
    );
    const memory = { objective: objective.memory, constraints: constraints.map((surrogate) => surrogate.memory) };
    return { point: found?.point ?? randomMethod.suggest(question).point, memory };
  },
};

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

function fitSurrogates({ observed, columns, deterministic, memory, rng }: Question): Surrogates {
  const last = parse(MemorySchema, memory, { what: 'memory of the gp method', code: 'CHECKPOINT' });
  const common = { columns: columns.columns, deterministic };
  const objective = fitSurrogate({
    ...common,
    points: observed.map(({ point }) => point),
    targets: observed.map(({ loss }) => loss),
    logOffsets: surrogateDefaults.logOffsets,
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
      logOffsets: [],
      memory: last?.constraints[c] ?? null,
      rng: rng.split('constraint').split(c),
    }),
  );
  return { objective, constraints };
}

/**
 * The acquisition function plus the log probability that every constraint is satisfied (of a logarithmic function, the
 * log of their product; of others, a penalty); that probability alone while no trial satisfied them.
 */
function score(question: Question, objective: Surrogate, constraints: readonly Surrogate[]): Scorer {
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
    ...(constrained ? { eligible: isEligible } : {}),
  });
  return sumScores([scorer(belief, named('acquisition', ACQUISITIONS, acquisition).of), ...feasibility]);
}
