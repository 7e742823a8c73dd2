/** Conformance kit of @skein/nn: cases for every tfjs kernel, to compare one backend with another. */

export * from './testkit/differential.ts';
export * from './testkit/kernel-cases.ts';
