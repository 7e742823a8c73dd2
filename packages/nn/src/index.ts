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
export type { NumberArray } from './compile/plan.ts';
export type { Result } from './compile/structure.ts';
export { type BernoulliOptions, bernoulliHead, type CategoricalOptions, categoricalHead } from './heads/discrete.ts';
export type { Head } from './heads/head.ts';
export { independentHeads } from './heads/independent.ts';
export { NORMAL_DEFAULTS, type NormalOptions, normalHead } from './heads/normal.ts';
export * from './models/dropout.ts';
export * from './models/files.ts';
export * from './models/initialise.ts';
export * from './models/optimizer-state.ts';
export * from './models/weights.ts';
export * from './random.ts';
export * from './scope.ts';
export * as tf from './tf.ts';
