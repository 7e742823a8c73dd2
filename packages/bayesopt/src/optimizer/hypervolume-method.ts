/**
 * Several objectives by expected hypervolume improvement: a process an objective, and the point whose outcome is expected
 * to enlarge the dominated region most, times the probability that it satisfies the constraints. Running trials count as
 * what their processes expect of them.
 */

import { parse, Type } from '@skein/core';
import { type Scorer, sumScores } from '../acquisition/belief.ts';
import { hypervolumeImprovement } from '../acquisition/hypervolume.ts';
import { maximiseAcquisition } from '../acquisition/maximise.ts';
import { withExpected } from '../gp/condition.ts';
import type { Factored } from '../gp/likelihood.ts';
import { type PointPosterior, pointPosterior, predict } from '../gp/posterior.ts';
import { flatten } from '../linalg/points.ts';
import { nonDominatedBoxes, type ObjectiveBox } from '../pareto/boxes.ts';
import { paretoFront } from '../pareto/pareto.ts';
import { fitConstraints, fitMeasured, logFeasibilities } from './constraints.ts';
import { type Observation, violation } from './history.ts';
import type { Question, Suggestion } from './method.ts';
import { type Surrogate, SurrogateMemorySchema } from './surrogate.ts';

/** Trials of the front that get a local search of their own. */
const ANCHORS = 8;

/** A complete trial. */
export interface ObservedObjectives extends Pick<Observation, 'point'> {
  /** Its objectives, all minimised. */
  readonly losses: readonly number[];
  /** Quantities that must be at most 0. */
  readonly constraints: readonly number[];
}

/** What is known when a point is asked for: of at least two complete trials. */
export interface HypervolumeQuestion
  extends Pick<Question, 'pending' | 'columns' | 'deterministic' | 'seen' | 'rng' | 'memory'> {
  readonly observed: readonly ObservedObjectives[];
  /** Points of trials that failed. */
  readonly failed: readonly Float64Array[];
}

/** The suggestion; null if the space holds no new point. Its memory is that of the surrogates. */
export function suggestByHypervolume(question: HypervolumeQuestion): Suggestion | null {
  const { observed, pending, columns, seen, rng } = question;
  const surrogates = fitSurrogates(question);
  const running = flatten(pending, columns.columns.length);
  const expecting = (fitted: readonly Surrogate[]): Surrogate[] =>
    fitted.map((surrogate) => ({ ...surrogate, factored: withExpected(surrogate.factored, running) }));
  const processes = expecting(surrogates.objectives).map(({ factored }) => factored);
  const constraints = expecting(surrogates.constraints);
  const outcomes = rowsOf(processes);
  const feasible = [...outcomes.keys()].filter((row) =>
    row < observed.length ? violation(observed[row]!) === 0 : isExpected(row - outcomes.length, constraints),
  );
  const best = feasible.map((row) => outcomes[row]!);
  const improvement =
    best.length === 0 ? [] : [hypervolumeScorer(processes, nonDominatedBoxes(best, referenceOf(outcomes)))];
  const front = paretoFront(best).map((k) => feasible[k]!);
  const found = maximiseAcquisition(sumScores([...improvement, ...logFeasibilities(constraints)]), columns, {
    seen,
    anchors: front.length === 0 ? [leastViolating(observed)] : pointsOf(front, observed).slice(0, ANCHORS),
    rng: rng.split('acquisition'),
  });
  if (found === null) return null;
  const memory = [...surrogates.objectives, ...surrogates.constraints].map((surrogate) => surrogate.memory);
  return { point: found.point, memory };
}

function fitSurrogates(question: HypervolumeQuestion) {
  const { observed, failed, rng } = question;
  const count = observed[0]!.losses.length;
  const last = parse(Type.Union([Type.Null(), Type.Array(SurrogateMemorySchema)]), question.memory, {
    what: 'memory of the hypervolume method',
    code: 'CHECKPOINT',
  });
  const objectives = Array.from({ length: count }, (_, j) => {
    const rows = observed.map(({ point, losses }) => ({ point, value: losses[j]! }));
    return fitMeasured(question, rows, last?.[j], rng.split('review').split(j));
  });
  const unmeasured = failed.map((point) => ({ point, constraints: null, failed: true as const }));
  const constrained = { ...question, observed: [...observed, ...unmeasured] };
  return { objectives, constraints: fitConstraints(constrained, last?.slice(count) ?? []) };
}

/** Whether a running trial, whose rows are the last ones, is expected to satisfy the constraints. */
const isExpected = (fromEnd: number, constraints: readonly Surrogate[]): boolean =>
  constraints.every(({ factored, transform }) => factored.y.at(fromEnd)! <= transform.forward(0));

/** The points of those rows that are complete trials. */
const pointsOf = (rows: readonly number[], observed: readonly ObservedObjectives[]): Float64Array[] =>
  rows.filter((row) => row < observed.length).map((row) => observed[row]!.point);

const leastViolating = (observed: readonly ObservedObjectives[]): Float64Array =>
  observed.reduce((a, b) => (violation(b) < violation(a) ? b : a)).point;

/** Standardised outcomes, one row a trial. */
const rowsOf = (processes: readonly Factored[]): number[][] =>
  Array.from(processes[0]!.y, (_, i) => processes.map(({ y }) => y[i]!));

/** The worst of all outcomes: one of the front alone would leave out what lies beyond its ends. */
const referenceOf = (outcomes: readonly (readonly number[])[]): number[] =>
  outcomes[0]!.map((_, j) => Math.max(...outcomes.map((row) => row[j]!)));

/** Logarithm of the improvement; where that underflows, of the smallest number. */
function hypervolumeScorer(processes: readonly Factored[], boxes: readonly ObjectiveBox[]): Scorer {
  const posteriors = processes.map(pointPosterior);
  const deviationOf = (variance: number): number => Math.sqrt(Math.max(variance, 1e-24));
  const log = (value: number): number => Math.log(Math.max(value, Number.MIN_VALUE));
  return {
    at: (x, gradient) => {
      const at: PointPosterior[] = posteriors.map((posterior) => posterior(x));
      const beliefs = at.map(({ mean, variance }) => ({ mean, deviation: deviationOf(variance) }));
      const { value, byMean, byDeviation } = hypervolumeImprovement(boxes, beliefs);
      gradient.fill(0);
      if (!(value > 0)) return log(value);
      at.forEach(({ meanGradient, varianceGradient }, j) => {
        const byVariance = byDeviation[j]! / (2 * beliefs[j]!.deviation);
        for (let k = 0; k < gradient.length; k++) {
          gradient[k]! += (byMean[j]! * meanGradient[k]! + byVariance * varianceGradient[k]!) / value;
        }
      });
      return log(value);
    },
    many: (points) => {
      const predictions = processes.map((process) => predict(process, points));
      return Float64Array.from({ length: points.n }, (_, i) => {
        const beliefs = predictions.map(({ mean, variance }) => ({
          mean: mean[i]!,
          deviation: deviationOf(variance[i]!),
        }));
        return log(hypervolumeImprovement(boxes, beliefs).value);
      });
    },
  };
}
