/**
 * Several objectives by expected hypervolume improvement: a process an objective, and the point whose outcome is expected
 * to enlarge the dominated region most. Running trials count as what their processes expect of them.
 */

import { parse, type Rng, Type } from '@skein/core';
import type { Scorer } from '../acquisition/belief.ts';
import { hypervolumeImprovement } from '../acquisition/hypervolume.ts';
import { maximiseAcquisition } from '../acquisition/maximise.ts';
import { withExpected } from '../gp/condition.ts';
import type { Factored } from '../gp/likelihood.ts';
import { type PointPosterior, pointPosterior, predict } from '../gp/posterior.ts';
import { flatten } from '../linalg/points.ts';
import { nonDominatedBoxes, type ObjectiveBox } from '../pareto/boxes.ts';
import { paretoFront } from '../pareto/pareto.ts';
import type { Columns } from './columns.ts';
import type { Suggestion } from './method.ts';
import { fitSurrogate, NO_WARP, SurrogateMemorySchema } from './surrogate.ts';

/** What is known when a point is asked for. */
export interface HypervolumeQuestion {
  /** Canonical points of complete trials, at least two, and their objectives, all minimised. */
  readonly points: readonly Float64Array[];
  readonly losses: readonly (readonly number[])[];
  readonly pending: readonly Float64Array[];
  readonly columns: Columns;
  readonly deterministic: boolean;
  readonly seen: ReadonlySet<string>;
  readonly rng: Rng;
  readonly memory: unknown;
}

/** The suggestion; null if the space holds no new point. Its memory is that of the surrogates. */
export function suggestByHypervolume(question: HypervolumeQuestion): Suggestion | null {
  const { points, losses, pending, columns, deterministic, seen, rng } = question;
  const count = losses[0]!.length;
  const last = parse(Type.Union([Type.Null(), Type.Array(SurrogateMemorySchema)]), question.memory, {
    what: 'memory of the hypervolume method',
    code: 'CHECKPOINT',
  });
  const surrogates = Array.from({ length: count }, (_, j) =>
    fitSurrogate({
      points,
      targets: losses.map((row) => row[j]!),
      columns: columns.columns,
      deterministic,
      warps: [NO_WARP],
      memory: last?.[j] ?? null,
      rng: rng.split('review').split(j),
    }),
  );
  const running = flatten(pending, columns.columns.length);
  const processes = surrogates.map(({ factored }) => withExpected(factored, running));
  const outcomes = rowsOf(processes);
  const front = paretoFront(outcomes);
  const boxes = nonDominatedBoxes(outcomes, referenceOf(outcomes));
  const anchors = front.filter((i) => i < points.length).map((i) => points[i]!);
  const found = maximiseAcquisition(hypervolumeScorer(processes, boxes), columns, {
    seen,
    anchors: anchors.slice(0, 8),
    rng: rng.split('acquisition'),
  });
  if (found === null) return null;
  return { point: found.point, memory: surrogates.map((surrogate) => surrogate.memory) };
}

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
