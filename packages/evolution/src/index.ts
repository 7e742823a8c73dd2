/** Public table of contents of @skein/evolution. */

export * from './crossover/crossover.ts';
export * from './crossover/permutations.ts';
export * from './crossover/points.ts';
export { blx, intermediate } from './crossover/reals.ts';
export * from './crossover/sbx.ts';
export * from './encodings/binary.ts';
export * from './encodings/encoding.ts';
export { mixed } from './encodings/mixed.ts';
export { type Bound, integers, reals } from './encodings/numbers.ts';
export { permutations } from './encodings/permutations.ts';
export { bits, strings } from './encodings/strings.ts';
export type { Batch, Evaluation, Fitness } from './evaluation.ts';
export {
  type EvolutionResult,
  type EvolveOptions,
  evolve,
  type Reading,
  type StoppingRules,
  type StopReason,
} from './evolve.ts';
export * from './experiments/starting-diversity.ts';
export * from './experiments/x-squared.ts';
export type { BreedingOperators, BreedingRecord } from './genetic/breed.ts';
export * from './genetic/defaults.ts';
export * from './genetic/genetic-algorithm.ts';
export * from './genetic/niching.ts';
export * from './genetic/run.ts';
export * from './genetic/survival.ts';
export * from './multi/dominance.ts';
export * from './multi/indicators.ts';
export * from './multi/nsga2.ts';
export type { Directions, MultiOutcome } from './multi/objectives.ts';
export * from './multi/registry.ts';
export * from './multi/run.ts';
export * from './multi/zdt.ts';
export type { Mutation } from './mutation/mutation.ts';
export * from './mutation/permutations.ts';
export {
  type GaussianOptions,
  gaussian,
  gaussianDefaults,
  type PolynomialOptions,
  polynomial,
  polynomialDefaults,
} from './mutation/reals.ts';
export * from './mutation/self-adaptive.ts';
export { bitFlip } from './mutation/strings.ts';
export type { Optimiser } from './optimiser.ts';
export type { Incumbent, Outcome } from './outcome.ts';
export * from './parallel/distributed-islands.ts';
export * from './parallel/islands.ts';
export * from './parallel/population-training.ts';
export * from './parallel/steady-state.ts';
export * from './parallel/steady-state-search.ts';
export type { Evaluated, Genes, Population } from './population.ts';
export * from './problems/functions.ts';
export type { Problem } from './problems/problem.ts';
export * from './problems/registry.ts';
export * from './problems/strings.ts';
export * from './problems/tours.ts';
export { Archive, type DescriptorAxis } from './quality-diversity/archive.ts';
export * from './quality-diversity/map-elites.ts';
export * from './registry.ts';
export * from './selection/competitive.ts';
export { rank, roulette, type Scaling, stochasticUniversal } from './selection/proportional.ts';
export type { Distance, Selection } from './selection/selection.ts';
export type { GenerationReport } from './statistics.ts';
export * from './strategies/cma/cma-es.ts';
export type { CovarianceModel } from './strategies/cma/parameters.ts';
export * from './strategies/cma/restarts.ts';
export * from './strategies/cma/run.ts';
export { type CmaTolerances, cmaTolerances } from './strategies/cma/stopping.ts';
export * from './strategies/differential-evolution.ts';
export * from './strategies/evolution-strategy.ts';
export * from './strategies/openai-es.ts';
export * from './strategies/particle-swarm.ts';
export type { StrategyOptions, StrategyState } from './strategies/population-strategy.ts';
export type { SearchDomain } from './strategies/search-box.ts';
export * from './strategies/snes.ts';
