/** Public table of contents of @skein/bayesopt. */

export {
  type Condition,
  categorical,
  conditional,
  type Dimension,
  integer,
  logReal,
  ordinal,
  real,
  type Space,
  type Values,
} from '@skein/core';
export * from './acquisition/analytic.ts';
export * from './acquisition/entropy.ts';
export * from './acquisition/hypervolume.ts';
export * from './acquisition/knowledge.ts';
export * from './acquisition/maximise-batch.ts';
export * from './acquisition/monte-carlo.ts';
export {
  logConstrainedExpectedImprovement,
  logExpectedImprovementPerCost,
  pointScore,
  weightedScores,
} from './acquisition/point-score.ts';
export { type BatchScore, type MonteCarloOptions, monteCarloDefaults } from './acquisition/reparameterised.ts';
export * from './design/lattice.ts';
export * from './design/sobol.ts';
export * from './forest/random-forest.ts';
export { GaussianProcessClassifier, type Label } from './gp/classifier.ts';
export { type FitOptions, type FitReport, fitDefaults } from './gp/fit.ts';
export * from './gp/gaussian-process.ts';
export * from './gp/heteroscedastic.ts';
export type { Factored } from './gp/likelihood.ts';
export type { LeaveOneOut } from './gp/loo.ts';
export * from './gp/mean.ts';
export { learnedNoise, type Noise } from './gp/model.ts';
export type { Parameter, ParameterOptions } from './gp/parameter.ts';
export type { PointPosterior, Prediction } from './gp/posterior.ts';
export * from './gp/priors.ts';
export { SparseGaussianProcess, type SparseOptions, sparseDefaults } from './gp/sparse.ts';
export * from './gp/student-t-process.ts';
export * from './kernels/compose.ts';
export * from './kernels/coregion.ts';
export type { LengthscaleOptions } from './kernels/distance.ts';
export type { ColumnOptions, Kernel } from './kernels/kernel.ts';
export * from './kernels/stationary.ts';
export * from './kernels/structured.ts';
export * from './kernels/warp.ts';
export type { Inputs } from './linalg/points.ts';
export * from './linear/bayesian-linear.ts';
export * from './linear/evidence.ts';
export * from './linear/metropolis.ts';
export * from './math/special.ts';
export * from './optim/lbfgsb.ts';
export { ACQUISITION_NAMES } from './optimizer/acquisitions.ts';
export type { Column, Columns } from './optimizer/columns.ts';
export type { History, Observation } from './optimizer/history.ts';
export {
  type Importance,
  type ImportanceOptions,
  importance,
  importanceDefaults,
  type SobolIndex,
} from './optimizer/importance.ts';
export type { Method, Question, Suggestion } from './optimizer/method.ts';
export { METHODS } from './optimizer/methods.ts';
export * from './optimizer/objective.ts';
export * from './optimizer/optimizer.ts';
export * from './optimizer/pareto-optimizer.ts';
export * from './optimizer/regressor-method.ts';
export type { RelatedTrial } from './optimizer/related.ts';
export * from './optimizer/rules.ts';
export * from './optimizer/study.ts';
export * from './optimizer/trial.ts';
export * from './pareto/boxes.ts';
export * from './pareto/pareto.ts';
export * from './prune/pruner.ts';
export type { Regressor } from './regressor.ts';
export * from './transform/outcome.ts';
export * from './transform/power.ts';
