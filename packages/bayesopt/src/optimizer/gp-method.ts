/**
 * Bayesian optimisation with a Gaussian process: log expected improvement under the surrogate, running trials filled in
 * by fantasies, maximised over candidates and then by local searches.
 */

import { logExpectedImprovement } from '../acquisition/analytic.ts';
import { beliefWithPending, scorer } from '../acquisition/belief.ts';
import { type MaximiseOptions, maximiseAcquisition } from '../acquisition/maximise.ts';
import { flatten } from '../linalg/points.ts';
import { type Method, type Question, randomMethod, sobolMethod } from './method.ts';
import { fitSurrogate } from './surrogate.ts';

/** Joint draws at the running trials. */
const FANTASIES = 16;

/** Gaussian process with log expected improvement. Its memory is the surrogate's. */
export const gpMethod: Method = {
  name: 'gp',
  suggest: (question) => {
    const { observed, pending, trial, initialTrials, columns, rng } = question;
    if (trial < initialTrials || observed.length < 2) return sobolMethod.suggest(question);
    const { factored, memory } = fitSurrogate({ ...question, columns: columns.columns, rng: rng.split('review') });
    const running = flatten(pending, columns.columns.length);
    const belief = beliefWithPending(factored, running, FANTASIES, rng.split('fantasies'));
    const found = maximiseAcquisition(
      scorer(belief, (best) => logExpectedImprovement({ best })),
      columns,
      { seen: question.seen, anchors: [bestPoint(question)], rng: rng.split('acquisition') },
      effort(observed.length),
    );
    return { point: found?.point ?? randomMethod.suggest(question).point, memory };
  },
};

/** Fewer candidates where each costs more: n^2 a candidate. */
const effort = (n: number): Partial<MaximiseOptions> =>
  n <= 300 ? {} : { candidates: 512, starts: 6, iterations: 50 };

const bestPoint = ({ observed }: Question): Float64Array => observed.reduce((a, b) => (b.loss < a.loss ? b : a)).point;
