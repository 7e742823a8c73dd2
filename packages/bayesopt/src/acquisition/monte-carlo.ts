/** Acquisition functions of several points together, by Monte Carlo (reparameterised.ts). */

import { createRng } from '@skein/core';
import { quasiNormals } from '../design/normals.ts';
import type { GaussianProcess } from '../gp/gaussian-process.ts';
import { jointPosterior } from '../gp/joint.ts';
import { cholesky, choleskyOrThrow } from '../linalg/cholesky.ts';
import { dot } from '../linalg/dot.ts';
import { flatten, type Inputs, type Points, toPoints } from '../linalg/points.ts';
import { logMeanExp } from '../math/special.ts';
import {
  type BatchScore,
  type DrawSlopes,
  type Draws,
  lowest,
  type MonteCarloOptions,
  monteCarloDefaults,
  reparameterised,
  type Utility,
} from './reparameterised.ts';

/** Adds the derivative by outcome `i` of draw `s`. */
function addSlope({ m }: Draws, slopes: DrawSlopes, s: number, i: number, slope: number): void {
  slopes.mean[i]! += slope;
  slopes.deviation[s * m + i]! += slope;
}

/** Mean improvement of the best of a batch (the points after `from`) over `target`, draw by draw. */
const improvementUtility =
  (from: number, target: (draws: Draws, s: number) => number): Utility =>
  (draws, slopes) => {
    const { samples, m } = draws;
    let sum = 0;
    for (let s = 0; s < samples; s++) {
      const [value, i] = lowest(draws, s, from, m);
      const gain = target(draws, s) - value;
      if (!(gain > 0)) continue;
      sum += gain;
      addSlope(draws, slopes, s, i, -1 / samples);
    }
    return sum / samples;
  };

/** Width of the soft corner of logarithmic scores, in units of the outcomes. */
const CORNER = 1e-3;

/** log of a soft-plus with a fat tail, and its slope. */
function softLog(gain: number): readonly [value: number, slope: number] {
  const x = gain / CORNER;
  const tail = Math.exp(-Math.abs(x));
  const soft = Math.max(x, 0) + Math.log1p(tail) + 0.1 / (1 + x * x);
  const sigmoid = (x > 0 ? 1 : tail) / (1 + tail);
  return [Math.log(CORNER * soft), (sigmoid - (0.2 * x) / (1 + x * x) ** 2) / (soft * CORNER)];
}

/** Logarithm of the mean soft improvement. */
const logImprovementUtility =
  (from: number, target: (draws: Draws, s: number) => number): Utility =>
  (draws, slopes) => {
    const { samples, m } = draws;
    const best = Array.from({ length: samples }, (_, s) => lowest(draws, s, from, m));
    const soft = best.map(([value], s) => softLog(target(draws, s) - value));
    const score = logMeanExp(Float64Array.from(soft, ([value]) => value));
    soft.forEach(([value, slope], s) => {
      addSlope(draws, slopes, s, best[s]![1], (-slope * Math.exp(value - score)) / samples);
    });
    return score;
  };

/** What improvements are measured from: a known best outcome. */
type OverBest = Partial<MonteCarloOptions> & { readonly best: number };

const known = ({ best, maximise = false }: OverBest) => {
  const target = maximise ? -best : best;
  return () => target;
};

/** Expected improvement of the best of q points over `best`. */
export function qExpectedImprovement(process: GaussianProcess, options: OverBest): BatchScore {
  return reparameterised(process, { ...monteCarloDefaults, ...options }, improvementUtility(0, known(options)));
}

/**
 * Logarithm of the expected improvement with a soft corner that has a fat tail, so that it stays informative where no
 * draw improves (Ament et al., NeurIPS 2023). Slightly above `log(qExpectedImprovement)`.
 */
export function qLogExpectedImprovement(process: GaussianProcess, options: OverBest): BatchScore {
  return reparameterised(process, { ...monteCarloDefaults, ...options }, logImprovementUtility(0, known(options)));
}

export interface NoisyOptions extends MonteCarloOptions {
  /** Points that may be the best so far; default the data. Those that are best in no draw are left out. */
  readonly baseline?: Inputs;
}

/** The lowest latent value of the baseline in the same draw. */
const overBaseline = (count: number) => (draws: Draws, s: number) => lowest(draws, s, 0, count)[0];

/**
 * Expected improvement under noise: of the best of q points over the best latent value of the data, which is as uncertain
 * as they are. Both are drawn together, with common normals (Letham et al., Bayesian Analysis 14, 2019; Balandat et al.,
 * NeurIPS 2020).
 */
export function qNoisyExpectedImprovement(process: GaussianProcess, options: Partial<NoisyOptions> = {}): BatchScore {
  return noisy(process, options, improvementUtility);
}

/** Logarithm of the noisy expected improvement with the soft corner of `qLogExpectedImprovement`. */
export function qLogNoisyExpectedImprovement(
  process: GaussianProcess,
  options: Partial<NoisyOptions> = {},
): BatchScore {
  return noisy(process, options, logImprovementUtility);
}

function noisy(
  process: GaussianProcess,
  options: Partial<NoisyOptions>,
  utility: typeof improvementUtility,
): BatchScore {
  const settings = { ...monteCarloDefaults, ...options };
  const { x } = process.conditioned;
  const given = options.baseline === undefined ? x : toPoints(options.baseline, 'baseline', x.d);
  const baseline = likelyBest(process, given, settings);
  return reparameterised(process, settings, utility(baseline.n, overBaseline(baseline.n)), baseline);
}

/** The points that are the best of all in at least one draw. */
function likelyBest(process: GaussianProcess, points: Points, options: MonteCarloOptions): Points {
  const { data, n, d } = points;
  const { mean, covariance } = jointPosterior(process.conditioned, points);
  const { kernel } = process;
  const { l } = choleskyOrThrow(
    cholesky(covariance, n, kernel.value(data, 0, data, 0, d)),
    'covariance of the baseline',
  );
  const normals = quasiNormals(options.samples, n, createRng(options.seed).split('baseline'));
  const sign = options.maximise ? -1 : 1;
  const chosen = new Set<number>();
  for (let s = 0; s < options.samples; s++) {
    const values = mean.map((v, i) => sign * (v + dot(l, i * n, normals, s * n, i + 1)));
    chosen.add(values.indexOf(Math.min(...values)));
  }
  const rows = [...chosen].sort((a, b) => a - b).map((i) => data.subarray(i * d, (i + 1) * d));
  return flatten(rows, d);
}

/** Mean over draws of the best of q confidence bounds: mean + coefficient * sqrt(pi / 2) * |deviation from the mean|. */
export function qUpperConfidenceBound(
  process: GaussianProcess,
  options: Partial<MonteCarloOptions> & { readonly coefficient?: number } = {},
): BatchScore {
  const stretch = (options.coefficient ?? 1.8) * Math.sqrt(Math.PI / 2);
  const utility: Utility = ({ m, samples, mean, deviation }, slopes) => {
    let sum = 0;
    for (let s = 0; s < samples; s++) {
      let [top, at] = [-Infinity, 0];
      for (let i = 0; i < m; i++) {
        const bound = -mean[i]! + stretch * Math.abs(deviation[s * m + i]!);
        if (bound > top) [top, at] = [bound, i];
      }
      sum += top;
      slopes.mean[at]! -= 1 / samples;
      slopes.deviation[s * m + at]! += (stretch * Math.sign(deviation[s * m + at]!)) / samples;
    }
    return sum / samples;
  };
  return reparameterised(process, { ...monteCarloDefaults, ...options }, utility);
}
