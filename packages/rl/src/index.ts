/** Public table of contents of @skein/rl. */

export * from './env/definition.ts';
export * from './env/environment.ts';
export * from './env/registry.ts';
export * from './env/vector-env.ts';
export * from './envs/cart-pole.ts';
export * from './random/numpy-random.ts';
export * from './render/picture.ts';
