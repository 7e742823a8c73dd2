/** Public table of contents of @skein/nn. */

export * from './backends.ts';
export {
  type ArrayInput,
  COMPILE_DEFAULTS,
  type Compiled,
  type CompileOptions,
  compile,
  type ElementDType,
  type InputSpec,
} from './compile/compile.ts';
export type { NumberArray, StepProfile } from './compile/plan.ts';
export type { Result } from './compile/structure.ts';
export * from './fetch-values.ts';
export { type BernoulliOptions, bernoulliHead, type CategoricalOptions, categoricalHead } from './heads/discrete.ts';
export type { Head } from './heads/head.ts';
export { independentHeads } from './heads/independent.ts';
export { NORMAL_DEFAULTS, type NormalOptions, normalHead } from './heads/normal.ts';
export { type PoissonOptions, poissonHead } from './heads/poisson.ts';
export { activation } from './models/activations.ts';
export * from './models/dropout.ts';
export * from './models/files.ts';
export * from './models/initialise.ts';
export * from './models/layers.ts';
export * from './models/optimizer-state.ts';
export * from './models/weights.ts';
export { saveOnnx, toOnnx } from './onnx/export.ts';
export * from './random.ts';
export * from './scope.ts';
export * as tf from './tf.ts';
export * from './threads.ts';
export {
  type Batches,
  balancedClassWeights,
  type ClassWeights,
  type Data,
  type Samples,
  type Values,
} from './training/data.ts';
export { EARLY_STOPPING_DEFAULTS, type EarlyStoppingOptions, type WatchOptions } from './training/early-stopping.ts';
export { EVALUATE_DEFAULTS, type EvaluateOptions, type Evaluation, evaluateModel } from './training/evaluate.ts';
export { fit } from './training/fit.ts';
export * from './training/gradients.ts';
export * from './training/losses.ts';
export { NADAM_DEFAULTS, Nadam, type NadamOptions, nadam } from './training/nadam.ts';
export type { Loss, Measures, Metrics } from './training/objective.ts';
export {
  type BatchEvent,
  type CheckpointOptions,
  type EpochEvent,
  FIT_DEFAULTS,
  type FitEnd,
  type FitOptions,
  type FitResult,
} from './training/options.ts';
export { PLATEAU_DEFAULTS, type PlateauOptions } from './training/plateau.ts';
export type { Each } from './training/ports.ts';
export { progressLine, type Speed } from './training/progress.ts';
export * from './training/schedules.ts';
export { type EpochRecord, type FitState, loadFitState, saveFitState } from './training/state.ts';
