/** Time of fits, predictions and suggestions against scikit-learn, BoTorch and Optuna, all sides in one run. */

import { createOptimizer, GaussianProcess, learnedNoise, matern52, real, scale, sobol } from '@skein/bayesopt';
import { hartmann6 } from '@skein/bayesopt/testkit';
import { type Benchmark, pythonWith, type Row, runPython, significant } from '../harness.ts';

const D = 6;
const RESTARTS = 10;

interface Sizes {
  readonly fits: readonly number[];
  readonly predict: { readonly data: number; readonly points: number };
  readonly suggest: number;
  readonly tpe: number;
  readonly repeats: number;
}

const FULL: Sizes = {
  fits: [50, 200, 800],
  predict: { data: 1000, points: 10_000 },
  suggest: 100,
  tpe: 1000,
  repeats: 3,
};
const QUICK: Sizes = { fits: [50, 200], predict: { data: 300, points: 3000 }, suggest: 50, tpe: 200, repeats: 1 };

/** Milliseconds by task; null for what a peer lacks. */
type Timings = Readonly<Record<string, number | null>>;

const SKLEARN = `
import json, sys, time, warnings
import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
warnings.filterwarnings('ignore')
job = json.loads(sys.stdin.read())
kernel = lambda: ConstantKernel(1.0, (1e-3, 1e3)) * Matern([1.0] * 6, (1e-2, 1e2), nu=2.5) + WhiteKernel(1e-2, (1e-8, 10))
def fastest(repeats, run):
    best = 1e9
    for _ in range(repeats):
        start = time.perf_counter(); run(); best = min(best, time.perf_counter() - start)
    return 1000 * best
data = lambda n: (np.array(job['x'][:n]), np.array(job['y'][:n]))
scaled = lambda y: (y - y.mean()) / y.std()
out = {}
for n in job['fits']:
    x, y = data(n)
    model = GaussianProcessRegressor(kernel(), alpha=0).fit(x, scaled(y))
    out[f'likelihood {n}'] = float(model.log_marginal_likelihood_value_)
    out[f'fit {n}'] = fastest(job['repeats'], lambda: GaussianProcessRegressor(kernel(), alpha=0).fit(x, scaled(y)))
x, y = data(job['predict']['data'])
new = np.array(job['new'])
model = GaussianProcessRegressor(kernel(), alpha=0, optimizer=None).fit(x, scaled(y))
out['predict'] = fastest(job['repeats'], lambda: model.predict(new, return_std=True))
print(json.dumps(out))
`;

const OPTUNA = `
import json, sys, time, warnings
import optuna
warnings.filterwarnings('ignore')
optuna.logging.set_verbosity(optuna.logging.ERROR)
job = json.loads(sys.stdin.read())
names = [f'x{j}' for j in range(6)]
spread = optuna.distributions.FloatDistribution(0, 1)
def suggestion(sampler, n, asks):
    study = optuna.create_study(sampler=sampler)
    for x, y in zip(job['x'][:n], job['y'][:n]):
        study.add_trial(optuna.trial.create_trial(params=dict(zip(names, x)), distributions={k: spread for k in names}, value=y))
    times = []
    for _ in range(asks):
        start = time.perf_counter()
        trial = study.ask()
        point = [trial.suggest_float(k, 0, 1) for k in names]
        times.append(time.perf_counter() - start)
        study.tell(trial, job['y'][0])
    # The first one pays for imports.
    return 1000 * min(times[1:])
print(json.dumps({
    'suggest': suggestion(optuna.samplers.GPSampler(seed=0, deterministic_objective=True), job['suggest'], 4),
    'tpe': suggestion(optuna.samplers.TPESampler(seed=0), job['tpe'], 20),
}))
`;

const BOTORCH = `
import json, sys, time, warnings
import torch
from botorch.acquisition import LogExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.optim import optimize_acqf
from gpytorch.mlls import ExactMarginalLogLikelihood
warnings.filterwarnings('ignore')
torch.set_num_threads(1)
job = json.loads(sys.stdin.read())
n = job['suggest']
x = torch.tensor(job['x'][:n], dtype=torch.double)
y = -torch.tensor(job['y'][:n], dtype=torch.double).unsqueeze(-1)
bounds = torch.stack([torch.zeros(6), torch.ones(6)]).double()
times = []
for _ in range(4):
    start = time.perf_counter()
    model = SingleTaskGP(x, y)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    optimize_acqf(LogExpectedImprovement(model, best_f=y.max()), bounds=bounds, q=1, num_restarts=20, raw_samples=1024)
    times.append(time.perf_counter() - start)
print(json.dumps({'suggest': 1000 * min(times[1:])}))
`;

const pointsOf = (count: number, skip: number): number[][] => {
  const flat = sobol(count, D, { skip });
  return Array.from({ length: count }, (_, i) => [...flat.subarray(i * D, (i + 1) * D)]);
};

function fastest(repeats: number, run: () => void): number {
  let best = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const standardised = (y: readonly number[]): number[] => {
  const mean = y.reduce((a, b) => a + b) / y.length;
  const deviation = Math.sqrt(y.reduce((a, b) => a + (b - mean) ** 2, 0) / y.length);
  return y.map((v) => (v - mean) / deviation);
};

/** The model of scikit-learn's side, with its start, bounds and tolerance. */
const process = (): GaussianProcess =>
  new GaussianProcess({
    kernel: scale(matern52({ lengthscale: Array<number>(D).fill(1), bounds: [1e-2, 1e2] }), {
      variance: 1,
      bounds: [1e-3, 1e3],
    }),
    noise: learnedNoise({ value: 1e-2, bounds: [1e-8, 10] }),
  });

interface Data {
  readonly x: number[][];
  readonly y: number[];
  readonly fresh: number[][];
}

function ours(sizes: Sizes, { x, y, fresh }: Data): Timings {
  const out: Record<string, number> = {};
  for (const n of sizes.fits) {
    const [rows, targets] = [x.slice(0, n), standardised(y.slice(0, n))];
    for (const [name, restarts] of [
      ['fit', 0],
      ['fit with restarts', RESTARTS],
    ] as const) {
      const fit = () => process().fit(rows, targets, { restarts, seed: 1 });
      out[`${name} ${n}`] = fastest(sizes.repeats, fit);
      out[`likelihood, ${name} ${n}`] = fit().logMarginalLikelihood();
    }
  }
  const { data } = sizes.predict;
  const conditioned = process().fit(x.slice(0, data), standardised(y.slice(0, data)), { optimise: false });
  out['predict'] = fastest(sizes.repeats, () => conditioned.predict(fresh));
  out['suggest'] = suggestion('gp', sizes.suggest, 4, { x, y });
  out['tpe'] = suggestion('tpe', sizes.tpe, 20, { x, y });
  return out;
}

/** A suggestion after n outcomes: the fastest of several after the first, as on the peers' side. */
function suggestion(method: string, n: number, asks: number, { x, y }: Pick<Data, 'x' | 'y'>): number {
  const space = Object.fromEntries(Array.from({ length: D }, (_, j) => [`x${j}`, real(0, 1)]));
  const optimizer = createOptimizer(space, { seed: 1, initialTrials: 0, method });
  const valuesOf = (row: readonly number[]) => Object.fromEntries(row.map((v, j) => [`x${j}`, v]));
  for (let i = 0; i < n; i++) optimizer.add(valuesOf(x[i]!), y[i]!);
  const times = Array.from({ length: asks }, () => {
    const start = performance.now();
    const { id } = optimizer.ask();
    const took = performance.now() - start;
    optimizer.tell(id, y[0]!);
    return took;
  });
  return Math.min(...times.slice(1));
}

/** One row: our time against a peer's, and the ratio that is wanted, if one is. */
const compare = (
  what: string,
  own: number,
  peer: string,
  theirs: number | null | undefined,
  target: number | null,
): Row => ({
  what,
  'skein, ms': significant(own),
  peer,
  'peer, ms': theirs == null ? 'not installed' : significant(theirs),
  "skein's share of the peer's time": theirs == null ? '' : significant(own / theirs),
  wanted: target === null ? '' : `under ${significant(target)}`,
});

export const benchmark: Benchmark = {
  claim: `With one thread and ${D} inputs: a fit with ${RESTARTS} restarts is faster than scikit-learn's without any at the same tolerance, and its likelihood not lower; predictions take at most 1.5 of its time; a suggestion takes under a fifth of BoTorch's time and under a third of Optuna's; TPE is faster than Optuna's.`,
  run: async ({ quick }) => {
    const sizes = quick ? QUICK : FULL;
    const x = pointsOf(Math.max(...sizes.fits, sizes.predict.data, sizes.tpe), 1);
    const data: Data = { x, y: x.map((point) => hartmann6.f(point)), fresh: pointsOf(sizes.predict.points, 5000) };
    const job = { ...sizes, x: data.x, y: data.y, new: data.fresh };
    const peer = (program: string, ...modules: string[]): Timings | null => {
      const python = pythonWith(...modules);
      return python === null ? null : runPython<Timings>(python, program, [], JSON.stringify(job));
    };
    const sklearn = peer(SKLEARN, 'sklearn');
    const own = ours(sizes, data);
    const optuna = peer(OPTUNA, 'optuna', 'torch');
    const botorch = peer(BOTORCH, 'botorch');
    const { predict, suggest, tpe } = sizes;
    const likelihood = (n: number): Row => ({
      what: `log likelihood at n = ${n}`,
      'skein, ms': `${own[`likelihood, fit with restarts ${n}`]!.toFixed(2)} (not a time)`,
      peer: 'scikit-learn',
      'peer, ms': sklearn === null ? 'not installed' : `${sklearn[`likelihood ${n}`]!.toFixed(2)} (not a time)`,
    });
    return [
      ...sizes.fits.flatMap((n) => [
        compare(`fit, n = ${n}`, own[`fit ${n}`]!, 'scikit-learn', sklearn?.[`fit ${n}`], 1),
        compare(
          `fit with ${RESTARTS} restarts, n = ${n}`,
          own[`fit with restarts ${n}`]!,
          'scikit-learn, no restarts',
          sklearn?.[`fit ${n}`],
          n < 200 ? null : 1,
        ),
        likelihood(n),
      ]),
      compare(
        `predict ${predict.points} points, n = ${predict.data}`,
        own['predict']!,
        'scikit-learn',
        sklearn?.['predict'],
        1.5,
      ),
      compare(`suggestion, n = ${suggest}`, own['suggest']!, 'BoTorch', botorch?.['suggest'], 0.2),
      compare(`suggestion, n = ${suggest}`, own['suggest']!, 'Optuna GP', optuna?.['suggest'], 1 / 3),
      compare(`TPE suggestion, n = ${tpe}`, own['tpe']!, 'Optuna TPE', optuna?.['tpe'], 1),
    ];
  },
};
