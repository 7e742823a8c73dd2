/**
 * Tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011; Watanabe 2023), multivariate: of candidates drawn
 * where good trials lie, the one with the largest ratio of the density of good trials to that of the others. Cheap at any
 * number of trials and at home in mixed and conditional spaces. Running trials count as poor, so that others keep away.
 */

import { keyOf } from './columns.ts';
import { type Observation, violation } from './history.ts';
import { type Method, randomMethod, sobolMethod } from './method.ts';
import { parzen } from './parzen.ts';

export const tpeDefaults = {
  /** Share of the trials that count as good, and the most of them. */
  goodShare: 0.15,
  mostGood: 25,
  candidates: 24,
} as const;

/** Number of good trials among n. */
const goodCount = (n: number): number => Math.min(Math.ceil(tpeDefaults.goodShare * n), tpeDefaults.mostGood);

/** Trials in order of merit: the fewest violations first, then the lowest loss. */
function compareTrials(a: Observation, b: Observation): number {
  const [first, second] = [violationRank(a), violationRank(b)];
  return first === second ? a.loss - b.loss : first - second;
}

/** A trial that measured no constraints, because it failed or was pruned, ranks by its loss alone. */
const violationRank = (trial: Observation): number => (trial.constraints === null ? 0 : violation(trial));

/** The estimator as a method; it remembers nothing. */
export const tpeMethod: Method = {
  name: 'tpe',
  suggest: (question) => {
    const { observed, pending, columns, trial, initialTrials, rng, seen, memory } = question;
    if (trial < initialTrials || observed.length < 2) return sobolMethod.suggest(question);
    const byLoss = [...observed.keys()].sort((a, b) => compareTrials(observed[a]!, observed[b]!));
    const good = new Set(byLoss.slice(0, goodCount(observed.length)));
    const pointsWhere = (isGood: boolean) =>
      observed.flatMap(({ point }, i) => (good.has(i) === isGood ? [point] : []));
    const better = parzen(pointsWhere(true), columns.columns);
    const worse = parzen([...pointsWhere(false), ...pending], columns.columns);
    let best: { point: Float64Array; score: number } | null = null;
    for (let i = 0; i < tpeDefaults.candidates; i++) {
      const point = columns.canonical(better.sample(rng));
      if (seen.has(keyOf(point)) || !columns.allows(point)) continue;
      const score = better.logDensity(point) - worse.logDensity(point);
      if (best === null || score > best.score) best = { point, score };
    }
    return { point: best?.point ?? randomMethod.suggest(question).point, memory };
  },
};
