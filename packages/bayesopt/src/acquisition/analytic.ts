/**
 * Acquisition functions of a Gaussian belief N(mean, deviation^2) about a point's outcome. Larger is better. Outcomes
 * are minimised unless `maximise` is set; `best` is the best outcome known so far.
 *
 * Notation. u = improvement of the mean over the best, in deviations. h(u) = phi(u) + u Phi(u).
 */

import {
  improvement,
  logImprovement,
  logImprovementSlope,
  normalCdf,
  normalLogCdf,
  normalLogPdf,
  normalPdf,
} from '../math/special.ts';

/** A score of a point, from what the surrogate believes of it. */
export interface Acquisition {
  readonly label: string;
  /** True if the score is the logarithm of a utility: averages over fantasies are then taken of the utility. */
  readonly logarithmic: boolean;
  value(mean: number, deviation: number): number;
  /** Derivatives of the value by mean and by deviation. */
  slopes(mean: number, deviation: number): readonly [byMean: number, byDeviation: number];
}

export interface ImprovementOptions {
  /** Best outcome so far. */
  readonly best: number;
  /** Larger outcomes are better. Default false. */
  readonly maximise?: boolean;
  /** Improvements smaller than this do not count. Default 0. */
  readonly margin?: number;
}

/** Deviations below it count as this. */
const LEAST_DEVIATION = 1e-12;

/** u and the sign of its derivative by the mean. */
function standardiser({ best, maximise = false, margin = 0 }: ImprovementOptions) {
  const sign = maximise ? 1 : -1;
  const u = (mean: number, s: number): number => (sign * (mean - best) - margin) / s;
  return { sign, u };
}

const atLeast = (deviation: number): number => Math.max(deviation, LEAST_DEVIATION);

/** Expected improvement s h(u) (Jones, Schonlau and Welch 1998). Underflows far from the best: see the logarithm. */
export function expectedImprovement(options: ImprovementOptions): Acquisition {
  const { sign, u } = standardiser(options);
  return {
    label: 'expectedImprovement',
    logarithmic: false,
    value: (mean, deviation) => atLeast(deviation) * improvement(u(mean, atLeast(deviation))),
    slopes: (mean, deviation) => {
      const z = u(mean, atLeast(deviation));
      return [sign * normalCdf(z), normalPdf(z)];
    },
  };
}

/** log(s h(u)), accurate where expected improvement underflows (Ament et al., NeurIPS 2023). */
export function logExpectedImprovement(options: ImprovementOptions): Acquisition {
  const { sign, u } = standardiser(options);
  return {
    label: 'logExpectedImprovement',
    logarithmic: true,
    value: (mean, deviation) => {
      const s = atLeast(deviation);
      return Math.log(s) + logImprovement(u(mean, s));
    },
    slopes: (mean, deviation) => {
      const s = atLeast(deviation);
      const z = u(mean, s);
      const slope = logImprovementSlope(z);
      return [(sign * slope) / s, (1 - z * slope) / s];
    },
  };
}

/** Probability of improvement Phi(u) (Kushner 1964). */
export function probabilityOfImprovement(options: ImprovementOptions): Acquisition {
  const { sign, u } = standardiser(options);
  return {
    label: 'probabilityOfImprovement',
    logarithmic: false,
    value: (mean, deviation) => normalCdf(u(mean, atLeast(deviation))),
    slopes: (mean, deviation) => {
      const s = atLeast(deviation);
      const z = u(mean, s);
      return [(sign * normalPdf(z)) / s, (-z * normalPdf(z)) / s];
    },
  };
}

/** log Phi(u), accurate where the probability underflows. */
export function logProbabilityOfImprovement(options: ImprovementOptions): Acquisition {
  const { sign, u } = standardiser(options);
  return {
    label: 'logProbabilityOfImprovement',
    logarithmic: true,
    value: (mean, deviation) => normalLogCdf(u(mean, atLeast(deviation))),
    slopes: (mean, deviation) => {
      const s = atLeast(deviation);
      const z = u(mean, s);
      const ratio = Math.exp(normalLogPdf(z) - normalLogCdf(z));
      return [(sign * ratio) / s, (-z * ratio) / s];
    },
  };
}

/**
 * Optimistic bound: mean + coefficient * deviation when maximising, -(mean - coefficient * deviation) when minimising
 * (Srinivas et al. 2010). The coefficient is in deviations, not squared.
 */
export function upperConfidenceBound(
  options: { readonly coefficient?: number; readonly maximise?: boolean } = {},
): Acquisition {
  const { coefficient = 1.8, maximise = false } = options;
  const sign = maximise ? 1 : -1;
  return {
    label: `upperConfidenceBound(${coefficient})`,
    logarithmic: false,
    value: (mean, deviation) => sign * mean + coefficient * deviation,
    slopes: () => [sign, coefficient],
  };
}
