// Operators and test functions over many genes in double precision (SBX and polynomial mutation draw their steps in single
// precision). Arguments count numbers; addresses are bytes. Arrays may be read, and where a comment says so written, up to four
// numbers beyond their end. Plain SIMD only, whose operations round alike everywhere: equal inputs give equal bits on
// every machine.

export { coins, sbx } from './crossover';
export { chosen, gaussian, polynomial } from './mutation';
export { rastrigin } from './problems';
export { integers, shuffle, uniforms } from './random';
export { highest, winners } from './ranks';
export { copyRows } from './rows';

/** First byte that callers may use. */
export function heapBase(): usize {
  return __heap_base;
}
