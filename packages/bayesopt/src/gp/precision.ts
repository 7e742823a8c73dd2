/**
 * R = (K + W^-1)^-1 for a diagonal W of any sign: how much a posterior of curvature W knows more than the prior K.
 *
 * Notation. W+: W with zeros in place of what is negative. B = I + W+^1/2 K W+^1/2 = L L'. R+ = W+^1/2 B^-1 W+^1/2, so that
 * P = K - K R+ K = (K^-1 + W+)^-1. The k negative entries -N take away from it: with E [n, k] choosing their columns,
 * C = (I - R+ K) E N^1/2 and S = I - N^1/2 E'P E N^1/2 = M M', R = R+ - Y Y' for Y = C M'^-1. K^-1 + W is positive definite
 * where S is. No inverse of K is taken, and no W^-1.
 */

import { type Cholesky, type CholeskyFailure, cholesky } from '../linalg/cholesky.ts';
import { dot } from '../linalg/dot.ts';
import { subtractSquare } from '../linalg/products.ts';

export interface Precision {
  readonly ok: true;
  /** W+^1/2 [n]. */
  readonly rootW: Float64Array;
  /** Of B. */
  readonly factor: Cholesky;
  /** Y [n, k]. */
  readonly taken: Float64Array;
  readonly k: number;
  /** log det(I + K W). */
  readonly logDeterminant: number;
}

/** R of K (`gram`, both triangles) and W; a failure where K^-1 + W is not positive definite. */
export function precisionOf(gram: Float64Array, w: Float64Array): Precision | CholeskyFailure {
  const rootW = w.map((v) => Math.sqrt(Math.max(0, v)));
  const factor = factorB(gram, rootW);
  if (!factor.ok) return factor;
  const negative = [...w.keys()].filter((i) => w[i]! < 0);
  const concave = {
    ok: true,
    rootW,
    factor,
    taken: new Float64Array(0),
    k: 0,
    logDeterminant: factor.logDeterminant(),
  } as const;
  return negative.length === 0 ? concave : takeAway(concave, gram, w, negative);
}

function factorB(gram: Float64Array, rootW: Float64Array): Cholesky | CholeskyFailure {
  const n = rootW.length;
  const b = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) b[i * n + j] = gram[i * n + j]! * rootW[i]! * rootW[j]! + (i === j ? 1 : 0);
  }
  return cholesky(b, n);
}

/** Takes the negative entries of W away from R+. */
function takeAway(
  concave: Precision,
  gram: Float64Array,
  w: Float64Array,
  negative: readonly number[],
): Precision | CholeskyFailure {
  const n = w.length;
  const k = negative.length;
  const roots = negative.map((i) => Math.sqrt(-w[i]!));
  const columns = negative.map((at, j) => {
    const known = applyPrecision(concave, gram.subarray(at * n, (at + 1) * n));
    return known.map((v, i) => ((i === at ? 1 : 0) - v) * roots[j]!);
  });
  const s = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      s[i * k + j] = (i === j ? 1 : 0) - roots[i]! * dot(gram, negative[i]! * n, columns[j]!, 0, n);
    }
  }
  const factor = cholesky(s, k);
  if (!factor.ok) return factor;
  if (factor.jitter > 0) return { ok: false, reason: 'not-positive-definite', row: negative[0]! };
  const taken = Float64Array.from({ length: n * k }, (_, at) => columns[at % k]![Math.floor(at / k)]!);
  factor.solveLowerRows(taken, n);
  return { ...concave, taken, k, logDeterminant: concave.logDeterminant + factor.logDeterminant() };
}

/** R v [n]. */
export function applyPrecision({ rootW, factor, taken, k }: Precision, v: Float64Array): Float64Array {
  const inner = factor.solve(v.map((x, i) => x * rootW[i]!));
  const out = inner.map((x, i) => x * rootW[i]!);
  for (let j = 0; j < k; j++) {
    let along = 0;
    for (let i = 0; i < v.length; i++) along += taken[i * k + j]! * v[i]!;
    for (let i = 0; i < v.length; i++) out[i]! -= taken[i * k + j]! * along;
  }
  return out;
}

/** R [n, n], both triangles. */
export function precisionMatrix({ rootW, factor, taken, k }: Precision): Float64Array {
  const n = rootW.length;
  const r = factor.inverseLower();
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) r[i * n + j]! *= rootW[i]! * rootW[j]!;
  if (k > 0) subtractSquare(r, taken, n, k);
  return symmetric(r, n);
}

/** c'R c for every row c of `cross` [m, n], which is overwritten. */
export function precisionForms({ rootW, factor, taken, k }: Precision, cross: Float64Array, m: number): Float64Array {
  const n = rootW.length;
  const minus = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < k; j++) {
      let along = 0;
      for (let l = 0; l < n; l++) along += cross[i * n + l]! * taken[l * k + j]!;
      minus[i]! += along * along;
    }
  }
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) cross[i * n + j]! *= rootW[j]!;
  factor.solveLowerRows(cross, m);
  return minus.map((v, i) => dot(cross, i * n, cross, i * n, n) - v);
}

/** The lower triangle copied to the upper one, in place. */
export function symmetric(lower: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) lower[j * n + i] = lower[i * n + j]!;
  return lower;
}
