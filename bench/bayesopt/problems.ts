/** The problems of the regret benchmark: functions with known minima, off the centre of their boxes, and real tuning. */

import { fileURLToPath } from 'node:url';
import { categorical, conditional, integer, logReal, real, type Space } from '@skein/bayesopt';
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
import { useBackend } from '@skein/nn';
import { dqn } from '@skein/rl';
import { appendLine, readLines } from './json-lines.ts';
import type { LineProcess } from './line-process.ts';

type Values = Readonly<Record<string, unknown>>;

/** A black box that every side minimises. */
export interface BlackBox {
  readonly name: string;
  readonly space: Space;
  /** Null where nobody knows it: the best value of all runs then stands in. */
  readonly minimum: number | null;
  /** Whether it is evaluated by learners.py. */
  readonly learner?: true;
  evaluate(values: Values, learners: () => LineProcess): number | Promise<number>;
}

const function_ = (problem: Problem): BlackBox => ({
  name: problem.name.replace('-shifted', ''),
  space: Object.fromEntries(problem.bounds.map(([low, high], j) => [`x${j}`, real(low, high)])),
  minimum: problem.minimum,
  evaluate: (values) => problem.f(problem.bounds.map((_, j) => values[`x${j}`] as number)),
});

/** The same with its minimum moved off the centre of the box. */
const offCentre = (problem: Problem): BlackBox =>
  function_(
    shifted(
      problem,
      problem.bounds.map((_, j) => (j % 2 === 0 ? 0.09 : -0.07)),
    ),
  );

/** Hartmann-3 whose inputs move with a name, plus what name and number cost. */
const mixed: BlackBox = {
  name: 'mixed hartmann-3',
  space: {
    ...Object.fromEntries([0, 1, 2].map((j) => [`x${j}`, real(0, 1)])),
    kind: categorical(['first', 'second', 'third', 'fourth']),
    n: integer(1, 6),
  },
  minimum: hartmann3.minimum,
  evaluate: ({ x0, x1, x2, kind, n }) => {
    const [move, cost] = ({ first: [0.2, 0.6], second: [0, 0], third: [-0.1, 0.3], fourth: [0.1, 1] } as const)[
      kind as 'first'
    ];
    const point = [x0 as number, x1 as number, x2 as number].map((v) => Math.min(1, Math.max(0, v + move)));
    return hartmann3.f(point) + cost + 0.15 * ((n as number) - 4) ** 2;
  },
};

/** Two algorithms, each with options of its own beside a common one. */
const branches: BlackBox = {
  name: 'conditional',
  space: {
    rate: logReal(1e-5, 1),
    algorithm: categorical(['momentum', 'adaptive']),
    momentum: conditional({ on: 'algorithm', equals: ['momentum'] }, real(0, 0.99)),
    decay: conditional({ on: 'algorithm', equals: ['adaptive'] }, real(0.8, 1)),
    layers: integer(1, 5),
  },
  minimum: 0,
  evaluate: ({ rate, momentum, decay, layers }) => {
    const depth = 0.2 * ((layers as number) - 2) ** 2;
    const log = Math.log10(rate as number);
    if (momentum !== undefined) {
      const m = momentum as number;
      return (log + 1.3 + m) ** 2 + 3 * (m - 0.9) ** 2 + depth;
    }
    return 0.15 + (log + 3) ** 2 + 40 * ((decay as number) - 0.96) ** 2 + depth;
  },
};

/** A box of 49 learning rates and 30 fractions: runs at equal ones are done once. */
const ROUNDED = { ratesPerDecade: 12, fractions: 0.02 } as const;

/**
 * How many steps DQN needs on CartPole until an evaluation reaches 400, in thousands; 20 if it never does. The mean of two
 * runs, of the rate and fraction rounded.
 */
const cartpole: BlackBox = {
  name: 'dqn on cartpole',
  space: { learningRate: logReal(1e-5, 1e-1), explorationFraction: real(0.01, 0.6) },
  minimum: null,
  evaluate: async ({ learningRate, explorationFraction }) => {
    const { ratesPerDecade, fractions } = ROUNDED;
    const rate = Math.round(Math.log10(learningRate as number) * ratesPerDecade);
    const fraction = Math.max(1, Math.round((explorationFraction as number) / fractions));
    return remembered(`${rate} ${fraction}`, async () => {
      const options = { learningRate: 10 ** (rate / ratesPerDecade), explorationFraction: fraction * fractions };
      return 0.5 * ((await thousandsOfSteps(1, options)) + (await thousandsOfSteps(2, options)));
    });
  },
};

/** Training runs are kept, as the runs of the optimisers are. */
const CELLS = fileURLToPath(new URL('../../runs/regret-dqn.jsonl', import.meta.url));
let known: Map<string, number> | null = null;

async function remembered(key: string, evaluate: () => Promise<number>): Promise<number> {
  known ??= new Map(readLines<[string, number]>(CELLS));
  const seen = known.get(key);
  if (seen !== undefined) return seen;
  const value = await evaluate();
  known.set(key, value);
  appendLine(CELLS, [key, value]);
  return value;
}

async function thousandsOfSteps(
  seed: number,
  options: { readonly learningRate: number; readonly explorationFraction: number },
): Promise<number> {
  await useBackend('simd');
  const run = await dqn.train({
    env: 'CartPole-v1',
    seed,
    steps: 20_000,
    evaluateEvery: 1000,
    stopAtReturn: 400,
    ...options,
  });
  run.agent.policy.dispose();
  // The return breaks ties between runs that do not get there.
  return run.steps / 1000 + (run.status === 'solved' ? 0 : 2 - (run.best?.return ?? 0) / 250);
}

const learner = (name: string, space: Space): BlackBox => ({
  name,
  space,
  minimum: null,
  learner: true,
  evaluate: async (values, learners) => {
    const process = learners();
    process.send({ problem: name, values });
    return ((await process.receive()) as { value: number }).value;
  },
});

export const PROBLEMS: readonly BlackBox[] = [
  function_(branin),
  function_(sixHumpCamel),
  function_(goldsteinPrice),
  function_(hartmann3),
  function_(hartmann6),
  function_(levy(4)),
  function_(rosenbrock(4)),
  offCentre(rastrigin(4)),
  offCentre(ackley(5)),
  offCentre(sphere(6)),
  mixed,
  branches,
  cartpole,
  learner('digits classifier', {
    c: logReal(1e-2, 1e3),
    gamma: logReal(1e-5, 1),
    components: integer(4, 60),
  }),
  learner('diabetes regressor', {
    rate: logReal(1e-3, 1),
    trees: integer(10, 100),
    depth: integer(1, 6),
    subsample: real(0.3, 1),
    leaf: integer(1, 30),
  }),
];
