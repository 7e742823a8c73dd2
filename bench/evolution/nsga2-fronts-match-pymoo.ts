/** Hypervolume and time of NSGA-II on ZDT1 to ZDT6 after 25,000 evaluations, against pymoo with the same settings. */

import { hypervolume, type MultiObjectiveProblem, nsga2, zdt1, zdt2, zdt3, zdt4, zdt5, zdt6 } from '@skein/evolution';
import { type Benchmark, pythonWith, type Row, runPython, significant } from '../harness.ts';

const PROBLEMS: readonly MultiObjectiveProblem[] = [zdt1(), zdt2(), zdt3(), zdt4(), zdt5(), zdt6()];

const PYMOO = `
import json, sys, time, warnings
warnings.filterwarnings('ignore')
import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.operators.crossover.pntx import PointCrossover
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.bitflip import BitflipMutation
from pymoo.operators.mutation.pm import PM
from pymoo.operators.sampling.rnd import BinaryRandomSampling
from pymoo.optimize import minimize
from pymoo.problems import get_problem
job = json.loads(sys.argv[1])
strings = job['name'] == 'zdt5'
problem = get_problem(job['name'], **({'normalize': False} if strings else {}))
fronts, seconds = [], []
for seed in range(job['seeds']):
    if strings:
        operators = dict(sampling=BinaryRandomSampling(), crossover=PointCrossover(n_points=1), mutation=BitflipMutation())
    else:
        rare = dict(prob=1.0, prob_var=1 / 20) if job['name'] == 'zdt4' else {}
        operators = dict(crossover=SBX(eta=15, prob=0.9), mutation=PM(eta=20, **rare))
    began = time.perf_counter()
    result = minimize(problem, NSGA2(pop_size=100, **operators), ('n_eval', job['evaluations']), seed=seed + 1, verbose=False)
    seconds.append(time.perf_counter() - began)
    fronts.append(result.F.tolist())
print(json.dumps({'fronts': fronts, 'seconds': float(np.median(seconds))}))
`;

interface Runs {
  readonly fronts: readonly (readonly (readonly number[])[])[];
  /** Median of a run. */
  readonly seconds: number;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

async function skeinRuns(problem: MultiObjectiveProblem, seeds: number, evaluations: number): Promise<Runs> {
  const fronts: (readonly (readonly number[])[])[] = [];
  const seconds: number[] = [];
  const { reference: _, ...task } = problem;
  for (let seed = 0; seed < seeds; seed++) {
    const began = performance.now();
    const { front } = await nsga2({ ...task, population: 100, evaluations, seed });
    seconds.push((performance.now() - began) / 1000);
    fronts.push(front.map(({ objectives }) => objectives));
  }
  return { fronts, seconds: median(seconds) };
}

/** Median hypervolume of the runs, both sides measured by the same code. */
const quality = (runs: Runs, problem: MultiObjectiveProblem): number =>
  median(runs.fronts.map((front) => hypervolume(front, problem.reference)));

export const benchmark: Benchmark = {
  claim:
    'NSGA-II reaches the hypervolume of pymoo on the ZDT problems: population 100, 25,000 evaluations, SBX 15 and polynomial mutation 20 (ZDT4: of one gene in 2n on both sides; ZDT5: one-point crossover and bit flip); median over seeds.',
  run: async ({ quick }) => {
    const python = pythonWith('pymoo', 'numpy');
    const seeds = quick ? 2 : 21;
    const evaluations = quick ? 5000 : 25_000;
    const rows: Row[] = [];
    for (const problem of PROBLEMS) {
      const ours = await skeinRuns(problem, seeds, evaluations);
      const theirs =
        python === null
          ? null
          : runPython<Runs>(python, PYMOO, [JSON.stringify({ name: problem.name, seeds, evaluations })]);
      rows.push({
        problem: problem.name,
        'whole front': problem.bestHypervolume.toFixed(4),
        'Skein hypervolume': quality(ours, problem).toFixed(4),
        'pymoo hypervolume': theirs === null ? 'no pymoo installed' : quality(theirs, problem).toFixed(4),
        'Skein s': significant(ours.seconds),
        'pymoo s': theirs === null ? '' : significant(theirs.seconds),
        'times as fast': theirs === null ? '' : significant(theirs.seconds / ours.seconds),
      });
    }
    return rows;
  },
};
