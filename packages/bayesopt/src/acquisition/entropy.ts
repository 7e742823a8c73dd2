/** Max-value entropy search (Wang and Jegelka, ICML 2017): how much an outcome would tell about the best value. */

import type { GaussianProcess } from '../gp/gaussian-process.ts';
import type { Inputs } from '../linalg/points.ts';
import { normalLogCdf, normalLogPdf } from '../math/special.ts';
import type { Acquisition } from './analytic.ts';

/**
 * Mean over `extremes` (draws of the best value: minima, or maxima when maximising) of the expected reduction of the
 * outcome's entropy: g r / 2 - log Phi(g), with g the distance of the mean from the extreme in deviations and
 * r = phi(g) / Phi(g).
 */
export function maxValueEntropy(options: {
  readonly extremes: readonly number[];
  readonly maximise?: boolean;
}): Acquisition {
  const { extremes, maximise = false } = options;
  const sign = maximise ? -1 : 1;
  const average = (term: (extreme: number) => number): number =>
    extremes.reduce((sum, extreme) => sum + term(extreme), 0) / extremes.length;
  const distance = (mean: number, deviation: number, extreme: number): number => (sign * (mean - extreme)) / deviation;
  const ratio = (g: number): number => Math.exp(normalLogPdf(g) - normalLogCdf(g));
  /** Derivative of the term by g. */
  const slope = (g: number): number => {
    const r = ratio(g);
    return -0.5 * r * (1 + g * g + g * r);
  };
  return {
    label: 'maxValueEntropy',
    logarithmic: false,
    value: (mean, deviation) =>
      average((extreme) => {
        const g = distance(mean, Math.max(deviation, 1e-12), extreme);
        return 0.5 * g * ratio(g) - normalLogCdf(g);
      }),
    slopes: (mean, deviation) => {
      const s = Math.max(deviation, 1e-12);
      return [
        average((extreme) => (sign * slope(distance(mean, s, extreme))) / s),
        average((extreme) => {
          const g = distance(mean, s, extreme);
          return (-g * slope(g)) / s;
        }),
      ];
    },
  };
}

/** Draws of the best value over some points, from functions drawn from the posterior: `extremes` of `maxValueEntropy`. */
export function sampleExtremes(
  process: GaussianProcess,
  points: Inputs,
  options: { readonly count: number; readonly seed: number; readonly maximise?: boolean },
): number[] {
  const best = options.maximise === true ? Math.max : Math.min;
  return process.sample(points, options).map((draw) => draw.reduce((a, b) => best(a, b)));
}
