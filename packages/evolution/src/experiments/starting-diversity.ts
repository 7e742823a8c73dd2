/**
 * The effect of starting diversity: the genetic algorithm's accuracy and efficiency depend on how different the strings
 * of its first population are. The first populations here are copies of one random string in which every bit has been
 * redrawn with probability `level`: at level 0 all strings are equal, at level 1 they are independent coin flips.
 */

import { createRng, type Rng } from '@skein/core';
import { createGeneticAlgorithm } from '../genetic/genetic-algorithm.ts';
import { bitFlip } from '../mutation/strings.ts';
import type { Problem } from '../problems/problem.ts';
import { xSquared } from '../problems/strings.ts';

/** What `startingDiversity` takes. */
export interface StartingDiversityOptions {
  readonly problem: Problem<Uint8Array, Uint8Array>;
  readonly levels: readonly number[];
  /** Runs at each level. */
  readonly runs: number;
  readonly population: number;
  readonly generations: number;
  /** Small, so that diversity comes from the start and not from mutation. */
  readonly mutationRate: number;
  readonly seed: number;
}
export const startingDiversityDefaults: StartingDiversityOptions = {
  problem: xSquared(10),
  levels: [0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1],
  runs: 200,
  population: 20,
  generations: 50,
  mutationRate: 0.001,
  seed: 1,
};

/** What the runs at one level have in common. */
export interface DiversityPoint {
  readonly level: number;
  /** Mean diversity of the first populations, 0 for copies and 1 for random strings. */
  readonly diversity: number;
  /** Accuracy: mean of the best fitness found over the optimum. */
  readonly accuracy: number;
  /** Share of the runs that found the optimum. */
  readonly solved: number;
  /** Efficiency: mean evaluations until the optimum, of the runs that found it; NaN if none did. */
  readonly evaluations: number;
  /** Mean over the runs of the best fitness so far over the optimum, after each generation, [generations]. */
  readonly curve: readonly number[];
}

/** Runs the experiment: one point a level. The same options give the same data. */
export function startingDiversity(given: Partial<StartingDiversityOptions> = {}): readonly DiversityPoint[] {
  const options = { ...startingDiversityDefaults, ...given };
  const rng = createRng(options.seed);
  return options.levels.map((level) => {
    const runs = Array.from({ length: options.runs }, (_, run) => oneRun(level, options, rng.split(run)));
    const solved = runs.filter(({ solvedAfter }) => solvedAfter !== null);
    return {
      level,
      diversity: mean(runs.map((run) => run.diversity)),
      accuracy: mean(runs.map(({ curve }) => curve.at(-1) as number)),
      solved: solved.length / runs.length,
      evaluations: mean(solved.map(({ solvedAfter }) => solvedAfter as number)),
      curve: Array.from({ length: options.generations }, (_, g) => mean(runs.map(({ curve }) => curve[g] as number))),
    };
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

function oneRun(level: number, options: StartingDiversityOptions, rng: Rng) {
  const { problem, population, generations, mutationRate } = options;
  const algorithm = createGeneticAlgorithm({
    ...problem,
    population,
    seed: rng.split('run').uint32(),
    mutation: bitFlip(mutationRate),
    initial: variants(problem, population, level, rng.split('start')),
  });
  const diversity = problem.encoding.diversity(algorithm.ask());
  const curve: number[] = [];
  let solvedAfter: number | null = null;
  for (let g = 0; g < generations; g++) {
    algorithm.tell(algorithm.ask().rows.map((string) => problem.fitness(string)));
    const best = algorithm.best!.fitness;
    curve.push(best / problem.optimum);
    if (best === problem.optimum) solvedAfter ??= algorithm.evaluations;
  }
  return { diversity, curve, solvedAfter };
}

/** Copies of one random string in which every bit is redrawn with probability `level`. */
function variants({ encoding }: Problem<Uint8Array, Uint8Array>, count: number, level: number, rng: Rng): Uint8Array[] {
  const ancestor = encoding.allocate(encoding.length);
  encoding.sample(ancestor, rng);
  return Array.from({ length: count }, () => ancestor.map((bit) => (rng.bernoulli(level) ? rng.integer(2) : bit)));
}
