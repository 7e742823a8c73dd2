/** Time of one iteration of CMA-ES (ask, evaluate, tell, stopping rules), against pycma on one core. */

import { createCmaEs, ellipsoid } from '@skein/evolution';
import { type Benchmark, pythonWith, type Row, runPython, significant } from '../harness.ts';

const PYCMA = `
import json, sys, time, warnings
warnings.filterwarnings('ignore')
import numpy as np, cma
job = json.loads(sys.argv[1])
n = job['d']
scales = 10 ** (6 * np.arange(n) / (n - 1))
es = cma.CMAEvolutionStrategy(n * [2.0], 1, {'verbose': -9, 'seed': 1})
def iteration():
    points = es.ask()
    es.tell(points, [float(np.dot(scales, x * x)) for x in points])
    es.stop()
for _ in range(50):
    iteration()
times = []
for _ in range(job['iterations'] // 12):
    began = time.perf_counter()
    for _ in range(12):
        iteration()
    times.append((time.perf_counter() - began) / 12)
print(json.dumps(1000 * float(np.median(times))))
`;

/** Milliseconds of an iteration: the median of blocks of twelve, because not every iteration decomposes the covariance. */
function skeinIteration(d: number, iterations: number): number {
  const { fitness } = ellipsoid(d);
  const strategy = createCmaEs({ start: new Float64Array(d).fill(2), sigma: 1, seed: 1 });
  const iteration = () => {
    strategy.tell(strategy.ask().rows.map((x) => fitness(x)));
    strategy.stopReason();
  };
  for (let k = 0; k < 300; k++) iteration();
  const times = Array.from({ length: Math.floor(iterations / 12) }, () => {
    const began = performance.now();
    for (let k = 0; k < 12; k++) iteration();
    return (performance.now() - began) / 12;
  });
  return times.sort((a, b) => a - b)[times.length >> 1] as number;
}

export const benchmark: Benchmark = {
  claim: 'An iteration of CMA-ES takes no longer than one of pycma (ellipsoid function, default population).',
  run: async ({ quick }) => {
    const python = pythonWith('cma', 'numpy');
    const iterations = quick ? 100 : 600;
    return [10, 20, 40, 80].map((d): Row => {
      const ours = skeinIteration(d, iterations);
      const theirs = python === null ? null : runPython<number>(python, PYCMA, [JSON.stringify({ d, iterations })]);
      return {
        d,
        'Skein ms': significant(ours),
        'pycma ms': theirs === null ? 'no pycma installed' : significant(theirs),
        'times as fast': theirs === null ? '' : significant(theirs / ours),
      };
    });
  },
};
