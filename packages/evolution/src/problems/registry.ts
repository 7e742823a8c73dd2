/** Every built-in single-objective problem by name: the CLI's choices, the tables and the test matrix come from here. */

import { ackley, cigar, ellipsoid, griewank, levy, rastrigin, rosenbrock, sphere } from './functions.ts';
import type { Problem } from './problem.ts';
import { oneMax, xSquared } from './strings.ts';
import { burma14 } from './tours.ts';

/** One line of the registry. */
export interface ProblemEntry {
  /** What it is, in one line. */
  readonly summary: string;
  /** What `size` counts. */
  readonly sizeMeans: string;
  readonly defaultSize: number;
  /** The problem of a given size. */
  create(size?: number): Problem;
  /** A population and a number of generations with which the genetic algorithm does well at the default size. */
  readonly population: number;
  readonly generations: number;
}

const realFunction = (summary: string, create: (dimensions?: number) => Problem, generations = 200) => ({
  summary,
  sizeMeans: 'dimensions',
  defaultSize: 10,
  create,
  population: 100,
  generations,
});

export const problems = {
  'x-squared': {
    summary: 'maximise x^2 on [0, 31], 5-bit strings',
    sizeMeans: 'bits',
    defaultSize: 5,
    create: xSquared,
    population: 4,
    generations: 20,
  },
  onemax: {
    summary: 'maximise the number of ones in a string',
    sizeMeans: 'bits',
    defaultSize: 100,
    create: oneMax,
    population: 300,
    generations: 200,
  },
  sphere: realFunction('sum of squares', sphere),
  ellipsoid: realFunction('ill-conditioned quadratic, condition 10^6', ellipsoid),
  cigar: realFunction('one long and many short axes, condition 10^6', cigar),
  rosenbrock: realFunction('a curved narrow valley', rosenbrock, 500),
  rastrigin: realFunction('a grid of local minima', rastrigin),
  ackley: realFunction('many shallow local minima around one deep hole', ackley),
  griewank: realFunction('waves on a wide bowl', griewank),
  levy: realFunction('a wavy valley', levy),
  burma14: {
    summary: 'shortest round trip through 14 cities of Burma (TSPLIB, 3323 km)',
    sizeMeans: 'cities (always 14)',
    defaultSize: 14,
    create: () => burma14(),
    population: 100,
    generations: 200,
  },
} as const satisfies Readonly<Record<string, ProblemEntry>>;

export type ProblemName = keyof typeof problems;
