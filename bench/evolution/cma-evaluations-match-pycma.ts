/** Evaluations that CMA-ES needs to reach 1e-8, against pycma with the same start points, step size and population. */

import { createRng, type Rng } from '@skein/core';
import {
  ackley,
  cigar,
  createCmaEs,
  createRestartingCmaEs,
  ellipsoid,
  type Problem,
  type RestartRegime,
  rastrigin,
  rosenbrock,
  sphere,
} from '@skein/evolution';
import { type Benchmark, pythonWith, type Row, runPython } from '../harness.ts';

const TARGET = 1e-8;
const MOST_EVALUATIONS = 200_000;
/** Evaluations after which a run with restarts counts as failed. */
const MOST_WITH_RESTARTS = 3_000_000;
const FUNCTIONS = { sphere, ellipsoid, cigar, rosenbrock, ackley, rastrigin } as const;
type FunctionName = keyof typeof FUNCTIONS;

/** What is run: one function, with restarts where one run seldom finds the minimum. */
interface Case {
  readonly name: FunctionName;
  readonly regime: RestartRegime | null;
}
const CASES: readonly Case[] = [
  ...(['sphere', 'ellipsoid', 'cigar', 'rosenbrock', 'ackley'] as const).map((name) => ({ name, regime: null })),
  { name: 'rastrigin', regime: 'ipop' },
  { name: 'rastrigin', regime: 'bipop' },
];

/** Evaluations of each run that reached the target. */
type Reached = readonly number[];

const PYCMA = `
import json, sys, warnings
import numpy as np, cma
warnings.filterwarnings('ignore')
functions = {
  'sphere': lambda x: float(np.dot(x, x)),
  'ellipsoid': lambda x: float(np.dot(10 ** (6 * np.arange(len(x)) / max(1, len(x) - 1)), x ** 2)),
  'cigar': lambda x: float(x[0] ** 2 + 1e6 * np.dot(x[1:], x[1:])),
  'rosenbrock': lambda x: float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)),
  'rastrigin': lambda x: float(np.sum(10 + x ** 2 - 10 * np.cos(2 * np.pi * x))),
  'ackley': lambda x: float(-20 * np.exp(-0.2 * np.sqrt(np.mean(x ** 2))) - np.exp(np.mean(np.cos(2 * np.pi * x))) + 20 + np.e),
}
job = json.loads(sys.argv[1])
f = functions[job['name']]
reached = []
for seed, start in enumerate(job['starts']):
    options = {'verbose': -9, 'seed': seed + 1, 'ftarget': job['target'], 'maxfevals': job['most']}
    if job['regime'] is None:
        es = cma.CMAEvolutionStrategy(start, 2, options)
        while not es.stop():
            points = es.ask()
            es.tell(points, [f(x) for x in points])
        best, evaluations = es.best.f, es.countevals
    else:
        first = [start]
        draw = lambda: first.pop() if first else np.random.uniform(-4, 4, len(start))
        result = cma.fmin(f, draw, 2, options, restarts=9, bipop=job['regime'] == 'bipop')
        best, evaluations = result[1], result[3]
    if best <= job['target']:
        reached.append(evaluations)
print(json.dumps(reached))
`;

const mostEvaluations = ({ regime }: Case): number => (regime === null ? MOST_EVALUATIONS : MOST_WITH_RESTARTS);

/** A strategy that starts at `start` and, with restarts, elsewhere in [-4, 4]^d. */
function strategyFrom(start: Float64Array, seed: number, { regime }: Case) {
  if (regime === null) return createCmaEs({ start, sigma: 2, seed });
  const restartAt = (rng: Rng): Float64Array => rng.fillUniform(new Float64Array(start.length), -4, 4);
  return createRestartingCmaEs({ start, sigma: 2, seed, regime, restartAt });
}

function skeinRuns(task: Case, problem: Problem<Float64Array, Float64Array>, starts: readonly Float64Array[]): Reached {
  return starts.flatMap((start, seed) => {
    const strategy = strategyFrom(start, seed, task);
    while (strategy.stopReason() === null && strategy.evaluations < mostEvaluations(task)) {
      strategy.tell(strategy.ask().rows.map((x) => problem.fitness(x)));
      if (strategy.best!.fitness <= TARGET) return [strategy.evaluations];
    }
    return [];
  });
}

function pycmaRuns(python: string, task: Case, starts: readonly Float64Array[]): Reached {
  const job = { ...task, target: TARGET, most: mostEvaluations(task), starts: starts.map((x) => Array.from(x)) };
  return runPython<number[]>(python, PYCMA, [JSON.stringify(job)]);
}

const median = (values: Reached): number =>
  values.length === 0 ? Number.NaN : (values.toSorted((a, b) => a - b)[values.length >> 1] as number);

export const benchmark: Benchmark = {
  claim:
    "CMA-ES needs as many evaluations as pycma or fewer: medians over 15 seeds to 1e-8 at most 10 % above pycma's, from starts uniform in [-4, 4]^d with step size 2; Rastrigin with restarts, at most nine.",
  run: async ({ quick }) => {
    const python = pythonWith('cma', 'numpy');
    const seeds = quick ? 5 : 15;
    return (quick ? [5] : [5, 10, 20]).flatMap((d) =>
      CASES.map((task): Row => {
        const starts = Array.from({ length: seeds }, (_, s) =>
          createRng(1000 + s).fillUniform(new Float64Array(d), -4, 4),
        );
        const ours = skeinRuns(task, FUNCTIONS[task.name](d), starts);
        const theirs = python === null ? null : pycmaRuns(python, task, starts);
        return {
          function: task.regime === null ? task.name : `${task.name}, ${task.regime.toUpperCase()}`,
          d,
          'Skein, median evaluations': median(ours),
          'reached ': `${ours.length}/${seeds}`,
          'pycma, median evaluations': theirs === null ? 'no pycma installed' : median(theirs),
          reached: theirs === null ? '' : `${theirs.length}/${seeds}`,
          'Skein / pycma': theirs === null ? '' : (median(ours) / median(theirs)).toFixed(3),
        };
      }),
    );
  },
};
