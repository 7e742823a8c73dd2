/** Evaluations that CMA-ES needs to reach 1e-8, against pycma with the same start points, step size and population. */

import { createRng } from '@skein/core';
import { ackley, cigar, createCmaEs, ellipsoid, type Problem, rosenbrock, sphere } from '@skein/evolution';
import { type Benchmark, pythonWith, type Row, runPython } from '../harness.ts';

const TARGET = 1e-8;
const MOST_EVALUATIONS = 200_000;
const FUNCTIONS = { sphere, ellipsoid, cigar, rosenbrock, ackley } as const;
type FunctionName = keyof typeof FUNCTIONS;

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
  'ackley': lambda x: float(-20 * np.exp(-0.2 * np.sqrt(np.mean(x ** 2))) - np.exp(np.mean(np.cos(2 * np.pi * x))) + 20 + np.e),
}
job = json.loads(sys.argv[1])
f = functions[job['name']]
reached = []
for seed, start in enumerate(job['starts']):
    es = cma.CMAEvolutionStrategy(start, 2, {'verbose': -9, 'seed': seed + 1, 'ftarget': job['target'], 'maxfevals': job['most']})
    while not es.stop():
        points = es.ask()
        es.tell(points, [f(x) for x in points])
    if es.best.f <= job['target']:
        reached.append(es.countevals)
print(json.dumps(reached))
`;

function skeinRuns(problem: Problem<Float64Array, Float64Array>, starts: readonly Float64Array[]): Reached {
  return starts.flatMap((start, seed) => {
    const strategy = createCmaEs({ start, sigma: 2, seed });
    while (strategy.stopReason() === null && strategy.evaluations < MOST_EVALUATIONS) {
      strategy.tell(strategy.ask().rows.map((x) => problem.fitness(x)));
      if (strategy.best!.fitness <= TARGET) return [strategy.evaluations];
    }
    return [];
  });
}

function pycmaRuns(python: string, name: FunctionName, starts: readonly Float64Array[]): Reached {
  const job = { name, target: TARGET, most: MOST_EVALUATIONS, starts: starts.map((x) => Array.from(x)) };
  return runPython<number[]>(python, PYCMA, [JSON.stringify(job)]);
}

const median = (values: Reached): number =>
  values.length === 0 ? Number.NaN : (values.toSorted((a, b) => a - b)[values.length >> 1] as number);

export const benchmark: Benchmark = {
  claim:
    'CMA-ES needs as many evaluations as pycma: medians over 15 seeds to 1e-8 within 10 %, from starts uniform in [-4, 4]^d with step size 2.',
  run: async ({ quick }) => {
    const python = pythonWith('cma', 'numpy');
    const seeds = quick ? 5 : 15;
    return (quick ? [5] : [5, 10, 20]).flatMap((d) =>
      (Object.keys(FUNCTIONS) as FunctionName[]).map((name): Row => {
        const starts = Array.from({ length: seeds }, (_, s) =>
          createRng(1000 + s).fillUniform(new Float64Array(d), -4, 4),
        );
        const ours = skeinRuns(FUNCTIONS[name](d), starts);
        const theirs = python === null ? null : pycmaRuns(python, name, starts);
        return {
          function: name,
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
