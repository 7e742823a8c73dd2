/** Conformance kit of @skein/nn: cases for every tfjs kernel, to compare one backend with another, and the machine's peak. */

export * from './testkit/differential.ts';
export * from './testkit/kernel-cases.ts';
export { measurePeaks, type Peak } from './testkit/peak.ts';
