/** Public table of contents of @skein/core. */

export * from './errors.ts';
export * from './rng.ts';
export * from './runtime/runtime.ts';
export * from './runtime/stores.ts';
export * from './schema.ts';
export * from './space/dimensions.ts';
export * from './space/spec.ts';
export * from './task.ts';
