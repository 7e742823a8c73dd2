/**
 * Simple regret on problems with known minima, against Optuna (Gaussian process and TPE) and random search: same budget,
 * same ten starting points a seed, minima moved off the centre of the box.
 */

import { createOptimizer, type Optimizer, type OptimizerOptions, real, type Space } from '@skein/bayesopt';
import {
  ackley,
  branin,
  goldsteinPrice,
  hartmann3,
  hartmann6,
  levy,
  type Problem,
  rastrigin,
  rosenbrock,
  shifted,
  sixHumpCamel,
  sphere,
} from '@skein/bayesopt/testkit';
import { type Benchmark, pythonWith, type Row, runPython, significant } from '../harness.ts';

const STARTS = 10;
const TRIALS = 60;
const MARKS = [20, TRIALS];
const SEEDS = 10;

const offCentre = (problem: Problem): Problem =>
  shifted(
    problem,
    problem.bounds.map((_, j) => (j % 2 === 0 ? 0.09 : -0.07)),
  );

const PROBLEMS: readonly Problem[] = [
  branin,
  sixHumpCamel,
  goldsteinPrice,
  hartmann3,
  hartmann6,
  levy(4),
  rosenbrock(4),
  offCentre(rastrigin(4)),
  offCentre(ackley(5)),
  offCentre(sphere(6)),
];

/** The names of our sides and what they are. */
const SIDES: Readonly<Record<string, Partial<OptimizerOptions>>> = {
  'skein gp': { deterministic: true },
  'skein tpe': { method: 'tpe' },
  random: { method: 'random' },
};

const OPTUNA = `
import json, sys, time, warnings
import numpy as np, optuna
warnings.filterwarnings('ignore')
optuna.logging.set_verbosity(optuna.logging.ERROR)
job = json.loads(sys.argv[1])
W = [1, 1.2, 3, 3.2]
A3 = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
P3 = 1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]])
A6 = np.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])
P6 = 1e-4 * np.array([[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
                      [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]])
def goldstein(x):
    a, b = x
    return (1 + (a + b + 1)**2 * (19 - 14*a + 3*a*a - 14*b + 6*a*b + 3*b*b)) * (30 + (2*a - 3*b)**2 * (18 - 32*a + 12*a*a + 48*b - 36*a*b + 27*b*b))
def levy(x):
    w = 1 + (x - 1) / 4
    return np.sin(np.pi*w[0])**2 + np.sum((w[:-1]-1)**2 * (1 + 10*np.sin(np.pi*w[:-1]+1)**2)) + (w[-1]-1)**2 * (1 + np.sin(2*np.pi*w[-1])**2)
F = {
  'branin': lambda x: (x[1] - 5.1*x[0]**2/(4*np.pi**2) + 5*x[0]/np.pi - 6)**2 + 10*(1 - 1/(8*np.pi))*np.cos(x[0]) + 10,
  'six-hump-camel': lambda x: (4 - 2.1*x[0]**2 + x[0]**4/3)*x[0]**2 + x[0]*x[1] + (-4 + 4*x[1]**2)*x[1]**2,
  'goldstein-price': goldstein,
  'hartmann-3': lambda x: -np.dot(W, np.exp(-np.sum(A3*(x - P3)**2, axis=1))),
  'hartmann-6': lambda x: -np.dot(W, np.exp(-np.sum(A6*(x - P6)**2, axis=1))),
  'levy-4': levy,
  'rosenbrock-4': lambda x: np.sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2),
  'rastrigin-4': lambda x: np.sum(x*x + 10*(1 - np.cos(2*np.pi*x))),
  'ackley-5': lambda x: 20*(1 - np.exp(-0.2*np.sqrt(np.mean(x*x)))) + np.e - np.exp(np.mean(np.cos(2*np.pi*x))),
  'sphere-6': lambda x: np.sum(x*x),
}
f = F[job['name']]
move = np.array(job['move'])
out = {}
for side in ('gp', 'tpe'):
    histories, began = [], time.perf_counter()
    for seed, starts in enumerate(job['starts']):
        sampler = optuna.samplers.GPSampler(seed=seed, deterministic_objective=True) if side == 'gp' else optuna.samplers.TPESampler(seed=seed)
        study = optuna.create_study(sampler=sampler)
        names = [f'x{j}' for j in range(len(move))]
        for start in starts:
            study.enqueue_trial(dict(zip(names, start)))
        study.optimize(lambda t: float(f(np.array([t.suggest_float(n, *b) for n, b in zip(names, job['bounds'])]) - move)), n_trials=job['trials'])
        histories.append(np.minimum.accumulate([t.value for t in study.trials]).tolist())
    out[side] = {'histories': histories, 'seconds': time.perf_counter() - began}
print(json.dumps(out))
`;

/** Best value after each trial, one list a seed, and the time of all of them. */
interface Runs {
  readonly histories: readonly (readonly number[])[];
  readonly seconds: number;
}

const spaceOf = ({ bounds }: Problem): Space =>
  Object.fromEntries(bounds.map(([low, high], j) => [`x${j}`, real(low, high)]));
const pointOf = (values: object): number[] => Object.values(values) as number[];

/** The starting points of a seed. */
function startsOf(problem: Problem, seed: number): number[][] {
  const optimizer = createOptimizer(spaceOf(problem), { method: 'sobol', seed });
  return Array.from({ length: STARTS }, () => pointOf(optimizer.ask().values));
}

function ourHistory(problem: Problem, seed: number, options: Partial<OptimizerOptions>): number[] {
  const optimizer: Optimizer<Space> = createOptimizer(spaceOf(problem), { ...options, seed, initialTrials: 0 });
  for (const start of startsOf(problem, seed)) {
    optimizer.add(Object.fromEntries(start.map((v, j) => [`x${j}`, v])), problem.f(start));
  }
  const history = [optimizer.best()!.value];
  for (let i = STARTS; i < TRIALS; i++) {
    const { id, values } = optimizer.ask();
    optimizer.tell(id, problem.f(pointOf(values)));
    history.push(optimizer.best()!.value);
  }
  return [...Array<number>(STARTS - 1).fill(history[0]!), ...history];
}

function ourRuns(problem: Problem, seeds: number, options: Partial<OptimizerOptions>): Runs {
  const began = performance.now();
  const histories = Array.from({ length: seeds }, (_, seed) => ourHistory(problem, seed, options));
  return { histories, seconds: (performance.now() - began) / 1000 };
}

function optunaRuns(python: string, problem: Problem, seeds: number): Record<'gp' | 'tpe', Runs> {
  const name = problem.name.replace('-shifted', '');
  // The shifted problems have their unshifted minimum at 0.
  const move = problem.bounds.map((_, j) => (problem.name === name ? 0 : problem.minimisers[0]![j]!));
  const starts = Array.from({ length: seeds }, (_, seed) => startsOf(problem, seed));
  return runPython(python, OPTUNA, [JSON.stringify({ name, move, bounds: problem.bounds, starts, trials: TRIALS })]);
}

/** Lower quartile, median and upper quartile. */
function quartiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (p: number): string => sorted[Math.floor(p * (sorted.length - 1))]!.toExponential(1);
  return `${at(0.5)} (${at(0.25)} to ${at(0.75)})`;
}

function row(problem: Problem, side: string, runs: Runs | null): Row {
  const cells = MARKS.map((mark) => {
    const regrets = runs?.histories.map((history) => history[mark - 1]! - problem.minimum);
    return [`regret at ${mark}`, regrets === undefined ? 'not installed' : quartiles(regrets)] as const;
  });
  const seconds = runs === null ? 'not installed' : significant(runs.seconds / runs.histories.length);
  return { problem: problem.name, side, ...Object.fromEntries(cells), 's a run': seconds };
}

export const benchmark: Benchmark = {
  claim: `Median regret (and quartiles) after ${MARKS.join(' and ')} evaluations, ${STARTS} of them common starting points: the default is not worse than Optuna's.`,
  run: async ({ quick }) => {
    const python = pythonWith('optuna', 'torch');
    const problems = quick ? PROBLEMS.slice(0, 2) : PROBLEMS;
    const seeds = quick ? 3 : SEEDS;
    return problems.flatMap((problem) => {
      const ours = Object.entries(SIDES).map(([side, options]) => row(problem, side, ourRuns(problem, seeds, options)));
      const theirs = python === null ? null : optunaRuns(python, problem, seeds);
      return [...ours, row(problem, 'optuna gp', theirs?.gp ?? null), row(problem, 'optuna tpe', theirs?.tpe ?? null)];
    });
  },
};
