/** The conformance kit of the ask-and-tell contract. */

export { type OptimiserLaw, optimiserLaws } from './testkit/optimiser-laws.ts';
