/** What the `gp` method may score points by, each under the surrogate of a study. Losses are minimised. */

import type { Rng } from '@skein/core';
import {
  type Acquisition,
  logExpectedImprovement,
  logProbabilityOfImprovement,
  upperConfidenceBound,
} from '../acquisition/analytic.ts';
import {
  beliefOfDraws,
  beliefWithPending,
  type Eligible,
  lowestMean,
  type Scorer,
  scorer,
} from '../acquisition/belief.ts';
import { maxValueEntropy } from '../acquisition/entropy.ts';
import { knowledgeGradient } from '../acquisition/knowledge.ts';
import { quasiUniforms } from '../design/uniforms.ts';
import { withExpected } from '../gp/condition.ts';
import type { Factored } from '../gp/likelihood.ts';
import { noiseAt } from '../gp/model.ts';
import { predict } from '../gp/posterior.ts';
import { concatPoints, type Points } from '../linalg/points.ts';
import { normalLogCdf } from '../math/special.ts';
import type { Column } from './columns.ts';
import { thompsonScorer } from './thompson.ts';

/** Settings of the scores. */
export const acquisitionDefaults = {
  /** Joint draws at running trials, and of what noisy trials were really worth. */
  fantasies: 16,
  /** Values that the best one may have, and the points over which it is looked for beside the trials. */
  extremes: 16,
  extremePoints: 1024,
  /** Trials of the lowest means, over which the knowledge gradient is taken. */
  knowledgePoints: 12,
  /** Smaller gains do not count for the probability of improvement. */
  margin: 1e-3,
} as const;

/** What a score is made from. */
export interface Scored {
  readonly factored: Factored;
  /** Running trials. */
  readonly pending: Points;
  readonly columns: readonly Column[];
  /** Rows of the trials over which to improve. */
  readonly eligible: Eligible;
  readonly rng: Rng;
}

interface Entry {
  readonly name: string;
  of(scored: Scored): Scorer;
}

/** A function of a point's belief, averaged over fantasies of the running trials. */
const pointwise = (name: string, of: (best: number, scored: Scored) => Acquisition): Entry => ({
  name,
  of: (scored) => {
    const { factored, pending, rng, eligible } = scored;
    const count = acquisitionDefaults.fantasies;
    const belief = beliefWithPending(factored, { pending, count, rng: rng.split('fantasies'), eligible });
    return scorer(belief, (best) => of(best, scored));
  },
});

/** The name of the default. */
export const IMPROVEMENT = 'logExpectedImprovement';

/** The name of log expected improvement less the expected logarithm of the cost, which trials tell with their values. */
export const PER_COST = 'expectedImprovementPerCost';

/** Minus the expected logarithm of the cost; `deviation`: of the logarithms, which the process sees standardised. */
export const cheapness = (deviation: number): Acquisition => ({
  label: 'cheapness',
  logarithmic: true,
  value: (mean) => -deviation * mean,
  slopes: () => [-deviation, 0],
});

/** The entries; `noisyExpectedImprovement` follows Letham et al., Bayesian Analysis 14, 2019. */
export const ACQUISITIONS: readonly Entry[] = [
  pointwise(IMPROVEMENT, (best) => logExpectedImprovement({ best })),
  pointwise(PER_COST, (best) => logExpectedImprovement({ best })),
  pointwise('probabilityOfImprovement', (best) =>
    logProbabilityOfImprovement({ best, margin: acquisitionDefaults.margin }),
  ),
  pointwise('confidenceBound', () => upperConfidenceBound()),
  {
    name: 'noisyExpectedImprovement',
    of: ({ factored, pending, rng, eligible }) =>
      scorer(
        beliefOfDraws(factored, { pending, count: acquisitionDefaults.fantasies, rng: rng.split('draws'), eligible }),
        (best) => logExpectedImprovement({ best }),
      ),
  },
  {
    name: 'maxValueEntropy',
    of: (scored) => {
      const extremes = extremesOf(scored);
      return pointwise('maxValueEntropy', () => maxValueEntropy({ extremes })).of(scored);
    },
  },
  { name: 'knowledgeGradient', of: knowledgeScorer },
  {
    name: 'thompson',
    of: ({ factored, columns, rng }) => thompsonScorer(factored, columns, rng.split('thompson')),
  },
];

/** Names of the acquisition functions. */
export const ACQUISITION_NAMES: readonly string[] = ACQUISITIONS.map(({ name }) => name);

/**
 * Quantiles of the lowest value over the trials and points between them, by the Gumbel distribution with the quartiles of the
 * lowest of independent beliefs (Wang and Jegelka, ICML 2017).
 */
function extremesOf({ factored, rng }: Scored): number[] {
  const { extremes: count, extremePoints: n } = acquisitionDefaults;
  const { d } = factored.x;
  const data = quasiUniforms(n, d, rng.split('extremes'));
  const { mean, variance } = predict(factored, concatPoints(factored.x, { data, n, d }));
  const deviation = variance.map((v) => Math.sqrt(Math.max(v, 1e-12)));
  const lowest = (p: number): number => lowestQuantile(mean, deviation, p);
  const [low, middle, high] = [lowest(0.25), lowest(0.5), lowest(0.75)];
  const width = Math.max(1e-6, (high - low) / Math.log(Math.log(4) / Math.log(4 / 3)));
  // A lowest value above what was seen would draw the search to the best trial itself (so do its authors' programs).
  const highest = lowestMean(factored) - 5 * Math.sqrt(noiseAt(factored.model.noise, 0));
  return Array.from({ length: count }, (_, k) => {
    return Math.min(highest, middle + width * Math.log(-Math.log((k + 0.5) / count) / Math.log(2)));
  });
}

/** The value that the lowest of independent normals falls below with probability p. */
function lowestQuantile(mean: Float64Array, deviation: Float64Array, p: number): number {
  const logAbove = (v: number): number => mean.reduce((sum, m, i) => sum + normalLogCdf((m - v) / deviation[i]!), 0);
  let low = mean.reduce((least, m, i) => Math.min(least, m - 8 * deviation[i]!), Infinity);
  let high = mean.reduce((least, m) => Math.min(least, m), Infinity) + 1;
  for (let step = 0; step < 60; step++) {
    const v = 0.5 * (low + high);
    if (logAbove(v) > Math.log(1 - p)) low = v;
    else high = v;
  }
  return 0.5 * (low + high);
}

/** Logarithm of the knowledge gradient. Running trials count as what is expected of them. */
function knowledgeScorer({ factored, pending }: Scored): Scorer {
  const known = withExpected(factored, pending);
  const { d, data, n } = known.x;
  const { mean } = predict(known, known.x);
  const lowest = Array.from({ length: n }, (_, i) => i).sort((a, b) => mean[a]! - mean[b]!);
  const points = lowest.slice(0, acquisitionDefaults.knowledgePoints).map((i) => data.subarray(i * d, (i + 1) * d));
  const score = knowledgeGradient({ conditioned: known }, { points });
  const log = (value: number): number => Math.log(Math.max(value, Number.MIN_VALUE));
  return {
    at: (x, gradient) => {
      const result = score.withGradient([x]);
      const positive = result.value > Number.MIN_VALUE;
      for (let j = 0; j < d; j++) gradient[j] = positive ? result.gradient[j]! / result.value : 0;
      return log(result.value);
    },
    many: (many) =>
      Float64Array.from({ length: many.n }, (_, i) => log(score([many.data.subarray(i * d, (i + 1) * d)]))),
  };
}
