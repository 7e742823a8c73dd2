/** Public table of contents of @skein/bayesopt. */

export * from './gp/fit.ts';
export * from './gp/gaussian-process.ts';
export * from './gp/mean.ts';
export * from './gp/model.ts';
export * from './gp/priors.ts';
export * from './kernels/compose.ts';
export * from './kernels/stationary.ts';
