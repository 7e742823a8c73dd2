/**
 * Expected hypervolume improvement: by how much an outcome is expected to enlarge the region that the Pareto front
 * dominates. Objectives have a process each, independent of one another.
 *
 * Notation. What is not dominated is cut into boxes [l, u]. The improvement by an outcome f is the sum over boxes of
 * prod_j (u_j - max(l_j, f_j))^+, and (u - max(l, f))^+ = (u - f)^+ - (l - f)^+.
 */

import { createRng, SkeinError } from '@skein/core';
import { quasiNormals } from '../design/normals.ts';
import type { GaussianProcess } from '../gp/gaussian-process.ts';
import type { Inputs } from '../linalg/points.ts';
import { improvement, normalCdf, normalPdf } from '../math/special.ts';
import { nonDominatedBoxes, type ObjectiveBox } from '../pareto/boxes.ts';
import type { Objectives } from '../pareto/pareto.ts';
import { onlyPoint } from './point-score.ts';
import {
  type BatchScore,
  drawJointly,
  emptySlopes,
  type MonteCarloOptions,
  monteCarloDefaults,
} from './reparameterised.ts';

export interface HypervolumeOptions {
  /** Objectives of the trials so far, one row a trial. */
  readonly outcomes: readonly Objectives[];
  /** Outcomes worse than this in any objective count nothing. */
  readonly reference: Objectives;
  /** Which objectives are maximised; default none. */
  readonly maximise?: readonly boolean[];
}

const signsOf = (processes: readonly GaussianProcess[], { maximise, reference }: HypervolumeOptions): number[] => {
  if (reference.length !== processes.length) {
    const expected = `${processes.length} numbers, one an objective`;
    throw new SkeinError('SHAPE', `reference: expected ${expected}, got ${reference.length}`);
  }
  return processes.map((_, j) => (maximise?.[j] === true ? -1 : 1));
};

const boxesOf = (signs: readonly number[], { outcomes, reference }: HypervolumeOptions): ObjectiveBox[] => {
  const signed = (values: Objectives): number[] => signs.map((sign, j) => sign * values[j]!);
  return nonDominatedBoxes(outcomes.map(signed), signed(reference));
};

/** A Gaussian belief about one objective, which is minimised. */
interface Belief {
  readonly mean: number;
  readonly deviation: number;
}

/** E (t - f)^+ and its derivatives by mean and deviation; 0 at t = -Infinity. */
function partialExpectation(t: number, { mean, deviation }: Belief): readonly [number, number, number] {
  if (t === -Infinity) return [0, 0, 0];
  const z = (t - mean) / deviation;
  return [deviation * improvement(z), -normalCdf(z), normalPdf(z)];
}

/** Value and derivatives by each objective's mean and deviation. */
export function hypervolumeImprovement(boxes: readonly ObjectiveBox[], beliefs: readonly Belief[]) {
  const byMean = new Float64Array(beliefs.length);
  const byDeviation = new Float64Array(beliefs.length);
  let value = 0;
  for (const { lower, upper } of boxes) {
    const sides = beliefs.map((belief, j) => {
      const low = partialExpectation(lower[j]!, belief);
      return partialExpectation(upper[j]!, belief).map((v, k) => v - low[k]!);
    });
    value += sides.reduce((product, side) => product * side[0]!, 1);
    sides.forEach((side, j) => {
      const others = sides.reduce((product, other, k) => (k === j ? product : product * other[0]!), 1);
      byMean[j]! += others * side[1]!;
      byDeviation[j]! += others * side[2]!;
    });
  }
  return { value, byMean, byDeviation };
}

/**
 * Expected hypervolume improvement of one candidate, exact for any number of objectives (Emmerich, Deutz and Klinkenberg,
 * CEC 2011; Yang et al., J. Global Optim. 75, 2019). Throws `SHAPE` for a batch of more.
 */
export function expectedHypervolumeImprovement(
  processes: readonly GaussianProcess[],
  options: HypervolumeOptions,
): BatchScore {
  const signs = signsOf(processes, options);
  const boxes = boxesOf(signs, options);
  const withGradient = (points: Inputs) => {
    const x = onlyPoint(points, processes[0]!.conditioned.x.d, 'expectedHypervolumeImprovement');
    const posteriors = processes.map((process) => process.gradientAt(x));
    const beliefs = posteriors.map(({ mean, variance }, j) => ({
      mean: signs[j]! * mean,
      deviation: Math.sqrt(Math.max(variance, 1e-24)),
    }));
    const { value, byMean, byDeviation } = hypervolumeImprovement(boxes, beliefs);
    const gradient = new Float64Array(x.length);
    posteriors.forEach(({ meanGradient, varianceGradient }, j) => {
      for (let k = 0; k < gradient.length; k++) {
        gradient[k]! += signs[j]! * byMean[j]! * meanGradient[k]!;
        gradient[k]! += (byDeviation[j]! * varianceGradient[k]!) / (2 * beliefs[j]!.deviation);
      }
    });
    return { value, gradient };
  };
  return Object.assign((points: Inputs) => withGradient(points).value, { withGradient });
}

/** Subsets of a batch are summed over: 2^q - 1 of them. */
const LARGEST_BATCH = 8;

/**
 * Expected hypervolume improvement of q points together, by Monte Carlo and inclusion and exclusion over the subsets of
 * the batch (Daulton, Balandat and Bakshy, NeurIPS 2020). Throws `SHAPE` for more than 8 points.
 */
export function qExpectedHypervolumeImprovement(
  processes: readonly GaussianProcess[],
  options: HypervolumeOptions & Partial<Omit<MonteCarloOptions, 'maximise'>>,
): BatchScore {
  const signs = signsOf(processes, options);
  const boxes = boxesOf(signs, options);
  const { samples, seed } = { ...monteCarloDefaults, ...options };
  const withGradient = (points: Inputs) => {
    const normals = separateNormals(samples, processes.length, seed);
    const drawn = processes.map((process, j) =>
      drawJointly(process, points, { maximise: signs[j]! < 0, samples, seed }, undefined, (q) => normals(q, j)),
    );
    const q = drawn[0]!.draws.m;
    const slopes = drawn.map(({ draws }) => emptySlopes(draws));
    let sum = 0;
    for (let s = 0; s < samples; s++) {
      const outcomes = drawn.map(({ draws: { mean, deviation } }) => mean.map((v, i) => v + deviation[s * q + i]!));
      sum += jointImprovement(boxes, outcomes, q, (j, i, slope) => {
        slopes[j]!.mean[i]! += slope / samples;
        slopes[j]!.deviation[s * q + i]! += slope / samples;
      });
    }
    const parts = drawn.map(({ pullback }, j) => pullback(slopes[j]!));
    return {
      value: sum / samples,
      gradient: parts[0]!.map((_, k) => parts.reduce((total, part) => total + part[k]!, 0)),
    };
  };
  return Object.assign((points: Inputs) => withGradient(points).value, { withGradient });
}

/** Normals [samples, q] of one objective: its columns of a sequence over all objectives, which are independent. */
const separateNormals = (samples: number, objectives: number, seed: number) => (q: number, objective: number) => {
  if (q > LARGEST_BATCH) {
    throw new SkeinError(
      'SHAPE',
      `qExpectedHypervolumeImprovement: expected at most ${LARGEST_BATCH} points, got ${q}`,
    );
  }
  const width = q * objectives;
  const all = quasiNormals(samples, width, createRng(seed).split('monte-carlo'));
  return Float64Array.from(
    { length: samples * q },
    (_, k) => all[Math.floor(k / q) * width + objective * q + (k % q)]!,
  );
};

/** Improvement by all of the q outcomes together (`outcomes[j][i]`: objective j of point i), and its slopes. */
function jointImprovement(
  boxes: readonly ObjectiveBox[],
  outcomes: readonly Float64Array[],
  q: number,
  slope: (objective: number, point: number, value: number) => void,
): number {
  let total = 0;
  for (let subset = 1; subset < 1 << q; subset++) {
    const members = Array.from({ length: q }, (_, i) => i).filter((i) => subset & (1 << i));
    const sign = members.length % 2 === 1 ? 1 : -1;
    // What the whole subset dominates is dominated by its worst values.
    const worst = outcomes.map((values) =>
      members.reduce((top, i) => (values[i]! > values[top]! ? i : top), members[0]!),
    );
    for (const { lower, upper } of boxes) {
      const sides = outcomes.map((values, j) => upper[j]! - Math.max(lower[j]!, values[worst[j]!]!));
      if (sides.some((side) => side <= 0)) continue;
      const volume = sides.reduce((product, side) => product * side, 1);
      total += sign * volume;
      sides.forEach((side, j) => {
        if (outcomes[j]![worst[j]!]! > lower[j]!) slope(j, worst[j]!, (-sign * volume) / side);
      });
    }
  }
  return total;
}
