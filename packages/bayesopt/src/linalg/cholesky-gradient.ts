/**
 * Derivatives through a Cholesky factorisation (Murray, "Differentiation of the Cholesky decomposition", 2016).
 *
 * Notation. A = L L'. A bar is the derivative of a score by a matrix. Phi takes the lower triangle and halves its diagonal.
 */

import type { Cholesky } from './cholesky.ts';

/** A bar, symmetric [n, n], from L bar, of which the lower triangle counts: L'^-1 sym(Phi(L' L bar)) L^-1. */
export function choleskyGradient(factor: Cholesky, byFactor: Float64Array): Float64Array {
  const { l, n } = factor;
  const middle = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += l[k * n + i]! * byFactor[k * n + j]!;
      middle[i * n + j] = 0.5 * sum;
      middle[j * n + i] = 0.5 * sum;
    }
  }
  // Both sides in turn: rows of the symmetric middle, then columns of the result.
  for (let i = 0; i < n; i++) factor.solveUpper(middle.subarray(i * n, (i + 1) * n));
  const out = new Float64Array(n * n);
  const column = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) column[i] = middle[i * n + j]!;
    factor.solveUpper(column);
    for (let i = 0; i < n; i++) out[i * n + j] = column[i]!;
  }
  return out;
}
