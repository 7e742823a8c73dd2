// Dense linear algebra and stationary kernels in double precision. Every matrix is row-major; arguments named `ld*` are
// the bytes from one row to the next, and all others count numbers.

export { factor, invert, solveRows } from './triangular';
export { product } from './products';
export { contract, fill } from './stationary';

/** First byte that callers may use. */
export function heapBase(): usize {
  return __heap_base;
}
