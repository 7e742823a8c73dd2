/**
 * The knowledge gradient: how much better the best posterior mean is expected to be after one more outcome (Frazier,
 * Powell and Dayanik, INFORMS J. Computing 21, 2009), exact over a finite set of points and the candidate itself (Scott,
 * Frazier and Powell, SIAM J. Optim. 21, 2011).
 *
 * Notation. After an outcome at x the mean of point i is a_i + b_i Z, Z standard normal: a_i its mean now, b_i = cov(i, x)
 * / sqrt(var(x) + noise). The score is E max(a + b Z) - max a.
 */

import type { GaussianProcess } from '../gp/gaussian-process.ts';
import { type JointPosterior, jointPosterior } from '../gp/joint.ts';
import { noiseAt } from '../gp/model.ts';
import { concatPoints, type Inputs, toPoints } from '../linalg/points.ts';
import { improvement, normalCdf, normalPdf } from '../math/special.ts';
import { onlyPoint } from './point-score.ts';
import type { BatchScore } from './reparameterised.ts';

export interface KnowledgeOptions {
  /** Points whose best mean counts, beside the candidate's. */
  readonly points: Inputs;
  /** Larger outcomes are better. Default false. */
  readonly maximise?: boolean;
}

/** The knowledge gradient of one candidate. Throws `SHAPE` for a batch of more. */
export function knowledgeGradient(
  process: Pick<GaussianProcess, 'conditioned'>,
  options: KnowledgeOptions,
): BatchScore {
  const at = process.conditioned;
  const sign = options.maximise === true ? 1 : -1;
  const fixed = toPoints(options.points, 'points', at.x.d);
  const noise = noiseAt(at.model.noise, 0);
  const evaluate = (candidate: Inputs): { joint: JointPosterior; lines: Lines } => {
    const x = { data: onlyPoint(candidate, at.x.d, 'knowledgeGradient'), n: 1, d: at.x.d };
    const joint = jointPosterior(at, concatPoints(fixed, x));
    return { joint, lines: linesOf(joint, sign, noise) };
  };
  const score = (candidate: Inputs): number => {
    const { a, b } = evaluate(candidate).lines;
    return expectedMaximum(a, b).value;
  };
  const withGradient = (candidate: Inputs) => {
    const { joint, lines } = evaluate(candidate);
    const result = expectedMaximum(lines.a, lines.b);
    const byCovariance = covarianceSlopes(lines, result.byB);
    const byMean = result.byA.map((v) => sign * v);
    return { value: result.value, gradient: joint.pullback(byMean, byCovariance, fixed.n).subarray(fixed.data.length) };
  };
  return Object.assign(score, { withGradient });
}

interface Lines {
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** sqrt(var(x) + noise). */
  readonly deviation: number;
}

/** The candidate is the last point. */
function linesOf({ mean, covariance }: JointPosterior, sign: 1 | -1, noise: number): Lines {
  const m = mean.length;
  const last = m - 1;
  const deviation = Math.sqrt(Math.max(1e-300, covariance[last * m + last]! + noise));
  return {
    a: mean.map((v) => sign * v),
    b: Float64Array.from({ length: m }, (_, i) => covariance[i * m + last]! / deviation),
    deviation,
  };
}

/** Symmetric derivatives by the covariance, of which the last row and column matter. */
function covarianceSlopes({ b, deviation }: Lines, byB: Float64Array): Float64Array {
  const m = b.length;
  const last = m - 1;
  const out = new Float64Array(m * m);
  let byDeviation = 0;
  for (let i = 0; i < m; i++) {
    byDeviation -= (byB[i]! * b[i]!) / deviation;
    out[i * m + last]! += (0.5 * byB[i]!) / deviation;
    out[last * m + i]! += (0.5 * byB[i]!) / deviation;
  }
  out[last * m + last]! += byDeviation / (2 * deviation);
  return out;
}

/** E max(a + b Z) - max a and its derivatives, by the upper envelope of the lines. */
function expectedMaximum(a: Float64Array, b: Float64Array) {
  const { lines, corners } = upperEnvelope(a, b);
  let value = 0;
  const byA = new Float64Array(a.length);
  const byB = new Float64Array(b.length);
  lines.forEach((i, k) => {
    const [from, to] = [finite(corners[k]!), finite(corners[k + 1]!)];
    byA[i] = normalCdf(to) - normalCdf(from);
    byB[i] = normalPdf(from) - normalPdf(to);
    // Term by term no cancellation: the slope grows by b' - b at each corner.
    if (k > 0) value += (b[i]! - b[lines[k - 1]!]!) * improvement(-Math.abs(from));
  });
  byA[a.reduce((top, v, i) => (v > a[top]! ? i : top), 0)]! -= 1;
  return { value, byA, byB };
}

/** Beyond 40 deviations nothing is left of a normal. */
const finite = (corner: number): number => Math.min(40, Math.max(-40, corner));

/** The lines that are the highest somewhere, by slope, and where one passes into the next (-Infinity first). */
function upperEnvelope(a: Float64Array, b: Float64Array): { lines: number[]; corners: number[] } {
  const order = [...a.keys()].sort((i, j) => b[i]! - b[j]! || a[i]! - a[j]!);
  const lines: number[] = [];
  const corners: number[] = [];
  for (const i of order) {
    let corner = -Infinity;
    while (lines.length > 0) {
      const top = lines.at(-1)!;
      const steeper = b[i]! - b[top]!;
      corner = steeper > 0 ? (a[top]! - a[i]!) / steeper : -Infinity;
      if (corner > corners.at(-1)!) break;
      lines.pop();
      corners.pop();
      corner = -Infinity;
    }
    lines.push(i);
    corners.push(corner);
  }
  return { lines, corners: [...corners, Infinity] };
}
