/**
 * Sequential model-based optimisation with any regressor (Hutter, Hoos and Leyton-Brown, LION 2011): fitted to the trials,
 * it is asked where log expected improvement is largest. Running trials count as the mean that a first fit expects.
 */

import { logExpectedImprovement } from '../acquisition/analytic.ts';
import type { Scorer } from '../acquisition/belief.ts';
import { maximiseAcquisition } from '../acquisition/maximise.ts';
import type { Regressor } from '../regressor.ts';
import { type Observation, violation } from './history.ts';
import { type Method, randomMethod, sobolMethod } from './method.ts';

/** Best trials around which candidates are drawn. */
const ANCHORS = 5;

/**
 * A method that a regressor of points of the unit cube leads; it remembers nothing, and saved studies hold its name. `create`
 * gives a new regressor, equal ones for equal seeds. Trials that violate a constraint count as the worst one.
 */
export function regressorMethod(name: string, create: (seed: number) => Regressor): Method {
  return {
    name,
    suggest: (question) => {
      const { observed, pending, trial, initialTrials, columns, rng, seen, memory } = question;
      if (trial < initialTrials || observed.length < 2) return sobolMethod.suggest(question);
      const points = observed.map(({ point }) => point);
      const losses = lossesOf(observed);
      const anchors = [...points.keys()].sort((a, b) => losses[a]! - losses[b]!).slice(0, ANCHORS);
      const seed = rng.split(name).uint32();
      const regressor = fitted(() => create(seed), points, losses, pending);
      const found = maximiseAcquisition(
        improvementScorer(regressor, Math.min(...losses)),
        columns,
        { seen, anchors: anchors.map((i) => points[i]!), rng: rng.split('acquisition') },
        { starts: 1 },
      );
      regressor.dispose?.();
      return { point: found?.point ?? randomMethod.suggest(question).point, memory };
    },
  };
}

function lossesOf(observed: readonly Observation[]): number[] {
  const worst = Math.max(...observed.map(({ loss }) => loss));
  return observed.map((trial) => (trial.constraints !== null && violation(trial) > 0 ? worst : trial.loss));
}

type Rows = readonly Float64Array[];

function fitted(create: () => Regressor, points: Rows, losses: readonly number[], pending: Rows): Regressor {
  const first = create().fit(points, losses);
  if (pending.length === 0) return first;
  const believed = first.predict(pending).mean;
  first.dispose?.();
  return create().fit([...points, ...pending], [...losses, ...believed]);
}

/** Regressors tell no gradient, and some are piecewise constant: it is 0 everywhere. */
function improvementScorer(regressor: Regressor, best: number): Scorer {
  const { value } = logExpectedImprovement({ best });
  const scores = (rows: Rows): Float64Array => {
    const { mean, variance } = regressor.predict(rows);
    return mean.map((m, i) => value(m, Math.sqrt(Math.max(0, variance[i]!))));
  };
  return {
    many: ({ data, n, d }) => scores(Array.from({ length: n }, (_, i) => data.subarray(i * d, (i + 1) * d))),
    at: (x, gradient) => {
      gradient.fill(0);
      return scores([x])[0]!;
    },
  };
}
