/** The pictures of docs/bayesian-optimisation.md: each shows what the example beside it computes. */

import {
  createOptimizer,
  expectedImprovement,
  GaussianProcess,
  learnedNoise,
  matern52,
  rbf,
  real,
  scale,
} from '@skein/bayesopt';
import { contourPanels, convergencePicture, surfaceContours, surrogatePicture } from '@skein/plot';

const f = (x: number): number => Math.sin(3 * x) + 0.5 * x;
const RANGE = [0, 4.5] as const;
const FIRST = [0.3, 1.1, 2.2, 3.6];

const process = (noise = 1e-6): GaussianProcess =>
  new GaussianProcess({ kernel: scale(matern52({ lengthscale: 0.8 }), 1), noise });

const conditioned = (xs: readonly number[]): GaussianProcess =>
  process().fit(
    xs.map((x) => [x]),
    xs.map(f),
    { optimise: false },
  );

/** An observation a long way off says nothing here: what is drawn is the prior. */
const prior = (): Promise<string> =>
  surrogatePicture(process().fit([[1e6]], [0], { optimise: false }), {
    title: 'Prior',
    subtitle: 'Matern 5/2, length scale 0.8, variance 1: what is believed before anything was observed',
    range: RANGE,
    samples: { count: 6, seed: 2 },
  });

const X = [0.2, 1.5, 3.6, 5.1, 6.6, 6.7, 6.9];
const Y = [0.31, 1.04, -0.01, 1.43, -0.52, -0.86, -0.6];
const SIDE = 60;

/** The log marginal likelihood over length scale and noise, with its two optima. */
async function hyperparameters(): Promise<string> {
  const model = (lengthscale: number, noise: number): GaussianProcess =>
    new GaussianProcess({ kernel: rbf({ lengthscale }), noise: learnedNoise({ value: noise, bounds: [1e-3, 3] }) });
  const x = X.map((v) => [v]);
  const scales = { lengthscale: [0.3, 12], noise: [3e-3, 2] } as const;
  const at = ([low, high]: readonly [number, number], u: number): number => low * (high / low) ** u;
  const gp = model(1, 0.1).fit(x, Y, { optimise: false });
  const values = Float64Array.from({ length: SIDE * SIDE }, (_, k) => {
    const [u, v] = [((k % SIDE) + 0.5) / SIDE, (Math.floor(k / SIDE) + 0.5) / SIDE];
    const theta = [Math.log(at(scales.lengthscale, u)), Math.log(at(scales.noise, v))];
    // Everything far below the optima is one level.
    return Math.max(-18, gp.logMarginalLikelihoodAt(theta).value);
  });
  const optima = [model(1, 0.1), model(5, 1)].map((start) => start.fit(x, Y).parameters.map((p) => p.value));
  return contourPanels(
    [
      {
        title: 'log marginal likelihood',
        grid: { side: SIDE, values },
        x: { type: 'log', domain: scales.lengthscale, title: 'length scale' },
        y: { type: 'log', domain: scales.noise, title: 'noise variance' },
        scheme: 'viridis',
        marks: optima.map(([a, b], i) => ({ x: a!, y: b!, best: i === 0 })),
      },
    ],
    {
      title: 'Two explanations of seven points',
      subtitle: 'a wavy function with little noise, or a slow one with much',
    },
  );
}

const posterior = (): Promise<string> =>
  surrogatePicture(conditioned(FIRST), {
    title: 'Posterior',
    subtitle: 'the prior after four observations: certain where they are, wide between them',
    range: RANGE,
    truth: f,
    observed: FIRST.map((x) => [x, f(x)] as const),
  });

/** What expected improvement does next, two steps later. */
function acquisitionStep(): Promise<string> {
  const xs = [...FIRST];
  for (let step = 0; step < 2; step++) {
    const gp = conditioned(xs);
    const { value } = expectedImprovement({ best: Math.min(...xs.map(f)) });
    const grid = Array.from({ length: 451 }, (_, i) => i / 100);
    const { mean, variance } = gp.predict(grid.map((x) => [x]));
    const scores = grid.map((_, i) => value(mean[i]!, Math.sqrt(variance[i]!)));
    xs.push(grid[scores.indexOf(Math.max(...scores))]!);
  }
  return surrogatePicture(conditioned(xs), {
    title: 'Acquisition',
    subtitle: 'two points later: expected improvement weighs a low mean against a wide band',
    range: RANGE,
    truth: f,
    observed: xs.map((x) => [x, f(x)] as const),
    acquisition: { label: 'expected improvement', of: expectedImprovement({ best: Math.min(...xs.map(f)) }) },
  });
}

const bowl = ({ x, y }: { x: number; y: number }): number => Math.sin(2 * x) + (y - 0.4 * x) ** 2 + 0.2 * x;
const SPACE = { x: real(-2, 4), y: real(-2, 3) };

async function surface(): Promise<string> {
  const optimizer = createOptimizer(SPACE, { seed: 1, deterministic: true });
  for (let i = 0; i < 11; i++) {
    const { id, values } = optimizer.ask();
    optimizer.tell(id, bowl(values));
  }
  const points = optimizer.trials().map(({ values: { x, y } }) => [x, y]);
  const values = points.map(([x, y]) => bowl({ x: x!, y: y! }));
  const gp = new GaussianProcess({ kernel: scale(matern52({ lengthscale: [1.5, 1.5] }), 4), noise: 1e-6 }).fit(
    points,
    values,
    { restarts: 3, seed: 1 },
  );
  const best = optimizer.best()!.values;
  return surfaceContours(gp, {
    title: 'Two inputs, after 11 trials',
    subtitle: 'the star is the best trial; the next goes where the right side is dark',
    x: { title: 'x', range: [-2, 4] },
    y: { title: 'y', range: [-2, 3] },
    observed: points,
    best: [best.x, best.y],
    acquisition: expectedImprovement({ best: Math.min(...values) }),
  });
}

/** Regret of three methods over ten seeds. */
function convergence(): Promise<string> {
  // The lowest value of the bowl, where sin' and the slope of 0.2 x cancel.
  const least = Math.min(
    ...Array.from({ length: 60_001 }, (_, i) => bowl({ x: -2 + i / 10_000, y: 0.4 * (-2 + i / 10_000) })),
  );
  const runs = (method: string, deterministic: boolean): number[][] =>
    Array.from({ length: 10 }, (_, seed) => {
      const optimizer = createOptimizer(SPACE, { seed, method, deterministic, initialTrials: 6 });
      return Array.from({ length: 30 }, () => {
        const { id, values } = optimizer.ask();
        const value = bowl(values);
        optimizer.tell(id, value);
        return Math.max(1e-8, value - least);
      });
    });
  return convergencePicture(
    [
      { label: 'Gaussian process', runs: runs('gp', true) },
      { label: 'Parzen estimator (TPE)', runs: runs('tpe', false) },
      { label: 'random points', runs: runs('random', false) },
    ],
    {
      title: 'How far from the best value',
      subtitle: 'median and quartiles of ten seeds',
      y: 'regret',
      logarithmic: true,
    },
  );
}

/** Pictures by the names of their files. */
export async function bayesianFigures(): Promise<Readonly<Record<string, string>>> {
  return {
    'bo-prior': await prior(),
    'bo-hyperparameters': await hyperparameters(),
    'bo-posterior': await posterior(),
    'bo-acquisition': await acquisitionStep(),
    'bo-surface': await surface(),
    'bo-convergence': await convergence(),
  };
}
