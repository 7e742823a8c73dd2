/**
 * Sequential model-based optimisation with a random forest (Hutter, Hoos and Leyton-Brown, LION 2011): at home with many
 * names, cliffs and conditions. Running trials are filled in with the forest's mean.
 */

import { logExpectedImprovement } from '../acquisition/analytic.ts';
import type { Scorer } from '../acquisition/belief.ts';
import { maximiseAcquisition } from '../acquisition/maximise.ts';
import { RandomForest } from '../forest/random-forest.ts';
import { flatten } from '../linalg/points.ts';
import { violation } from './history.ts';
import { type Method, randomMethod, sobolMethod } from './method.ts';

/** Random forest with log expected improvement; it remembers nothing. Trials that violate a constraint count as worst. */
export const forestMethod: Method = {
  name: 'forest',
  suggest: (question) => {
    const { observed, pending, trial, initialTrials, columns, rng, seen, memory } = question;
    if (trial < initialTrials || observed.length < 2) return sobolMethod.suggest(question);
    const d = columns.columns.length;
    const worst = Math.max(...observed.map(({ loss }) => loss));
    const losses = observed.map((trial) => (trial.constraints !== null && violation(trial) > 0 ? worst : trial.loss));
    const points = observed.map(({ point }) => point);
    const grow = (rows: readonly Float64Array[], y: readonly number[]): RandomForest =>
      new RandomForest({ seed: rng.split('forest').uint32() }).fitPoints(flatten(rows, d), Float64Array.from(y));
    const believed = [...grow(points, losses).predictPoints(flatten(pending, d)).mean];
    const forest =
      pending.length === 0 ? grow(points, losses) : grow([...points, ...pending], [...losses, ...believed]);
    const best = Math.min(...losses);
    const anchors = [...points.keys()].sort((a, b) => losses[a]! - losses[b]!).slice(0, 5);
    const found = maximiseAcquisition(
      forestScorer(forest, best),
      columns,
      { seen, anchors: anchors.map((i) => points[i]!), rng: rng.split('acquisition') },
      { starts: 1 },
    );
    return { point: found?.point ?? randomMethod.suggest(question).point, memory };
  },
};

/** Scores of a piecewise constant model: the gradient is 0 everywhere. */
function forestScorer(forest: RandomForest, best: number): Scorer {
  const { value } = logExpectedImprovement({ best });
  const many: Scorer['many'] = (points) => {
    const { mean, variance } = forest.predictPoints(points);
    return mean.map((m, i) => value(m, Math.sqrt(variance[i]!)));
  };
  return { many, at: (x, gradient) => many({ data: x, n: 1, d: gradient.fill(0).length })[0]! };
}
