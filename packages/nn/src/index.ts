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
export * from './models/dropout.ts';
export * from './models/files.ts';
export * from './models/initialise.ts';
export * from './models/optimizer-state.ts';
export * from './models/weights.ts';
export * from './random.ts';
export * from './scope.ts';
export * as tf from './tf.ts';
