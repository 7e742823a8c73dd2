/** Entry point @skein/bayesopt/networks: surrogates made of networks. It loads TensorFlow.js; the main entry does not. */

export * from './networks/ensemble.ts';
export * from './networks/last-layer.ts';
export * from './networks/methods.ts';
export { type NetworkOptions, networkDefaults } from './networks/regression.ts';
