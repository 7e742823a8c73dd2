/** Every single-objective optimiser by name: the CLI's choices, tables and the test matrix come from here. */

import type { Domain, Encoding } from './encodings/encoding.ts';
import { createGeneticAlgorithm } from './genetic/genetic-algorithm.ts';
import type { Optimiser } from './optimiser.ts';
import { createIslands } from './parallel/islands.ts';
import type { Problem } from './problems/problem.ts';
import { createCmaEs } from './strategies/cma/cma-es.ts';
import { createRestartingCmaEs } from './strategies/cma/restarts.ts';
import { createDifferentialEvolution } from './strategies/differential-evolution.ts';
import { createEvolutionStrategy } from './strategies/evolution-strategy.ts';
import { createParticleSwarm } from './strategies/particle-swarm.ts';
import { createSnes } from './strategies/snes.ts';

/** What every optimiser of the registry takes. */
export interface CommonOptions {
  /** Individuals a generation (parents mu of an evolution strategy; of each island); the optimiser's default if left out. */
  readonly population?: number;
  readonly seed?: number;
  /** What `state()` of the same optimiser gave, on the same problem with the same options. */
  readonly state?: unknown;
}

/** One line of the registry. */
export interface OptimiserEntry {
  /** What it is, in one line. */
  readonly summary: string;
  /** The kinds of genes that it can search. */
  readonly kinds: readonly Domain['kind'][];
  /** The optimiser of a problem, to ask and tell or for `evolve(optimiser, problem.encoding, ...)`. */
  create(problem: Problem, options?: CommonOptions): Optimiser;
}

const ANY = ['symbols', 'integers', 'reals', 'permutation', 'mixed'] as const;
const REAL = ['reals', 'mixed'] as const;

/** A problem as a strategy for real genes takes it; the registry's `kinds` say that its genes are real. */
const realSearch = ({ encoding, maximise }: Problem, options: CommonOptions = {}) => ({
  ...(options as { population?: number; seed?: number; state?: never }),
  encoding: encoding as Encoding<unknown, Float64Array>,
  maximise,
});

export const optimisers = {
  'genetic-algorithm': {
    summary: 'selection, crossover and mutation of a population',
    kinds: ANY,
    create: (problem, options) => createGeneticAlgorithm({ ...problem, ...(options as { state?: never }) }),
  },
  islands: {
    summary: 'four genetic algorithms that exchange their best',
    kinds: ANY,
    create: (problem, options) => createIslands({ ...problem, ...(options as { state?: never }) }),
  },
  'cma-es': {
    summary: 'a normal distribution whose covariance follows the successful steps',
    kinds: REAL,
    create: (problem, options) => createCmaEs(realSearch(problem, options)),
  },
  'sep-cma-es': {
    summary: 'CMA-ES that learns one scale for each variable: for many variables',
    kinds: REAL,
    create: (problem, options) => createCmaEs({ ...realSearch(problem, options), covariance: 'separable' }),
  },
  'ipop-cma-es': {
    summary: 'CMA-ES, restarted with twice the population',
    kinds: REAL,
    create: (problem, options) => createRestartingCmaEs(realSearch(problem, options)),
  },
  'bipop-cma-es': {
    summary: 'CMA-ES, restarted with large and small populations in turn',
    kinds: REAL,
    create: (problem, options) => createRestartingCmaEs({ ...realSearch(problem, options), regime: 'bipop' }),
  },
  'evolution-strategy': {
    summary: 'normal mutations whose step sizes evolve, the best offspring survive',
    kinds: REAL,
    create: (problem, options) => {
      const { population, ...rest } = realSearch(problem, options);
      return createEvolutionStrategy({ ...rest, ...(population !== undefined && { mu: population }) });
    },
  },
  'differential-evolution': {
    summary: 'differences of individuals as steps',
    kinds: REAL,
    create: (problem, options) => createDifferentialEvolution(realSearch(problem, options)),
  },
  'particle-swarm': {
    summary: 'particles drawn to the best places they and the swarm have seen',
    kinds: REAL,
    create: (problem, options) => createParticleSwarm(realSearch(problem, options)),
  },
  snes: {
    summary: 'separable natural evolution strategy: for many variables',
    kinds: REAL,
    create: (problem, options) => createSnes(realSearch(problem, options)),
  },
} as const satisfies Readonly<Record<string, OptimiserEntry>>;

export type OptimiserName = keyof typeof optimisers;

/** True if the optimiser can search the problem's kind of genes. */
export const canSearch = (optimiser: OptimiserEntry, problem: Problem): boolean =>
  optimiser.kinds.includes(problem.encoding.kind);
