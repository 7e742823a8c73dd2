/**
 * Factor once, solve many: a Cholesky factor is a value of its own type.
 *
 * Jitter policy: the plain factorisation first; if a pivot is not positive, 1e-10, 1e-9, ... 1e-5 times the mean of the
 * diagonal is added to the diagonal, and then the matrix counts as not positive definite. The factor tells how much was
 * added. A matrix with NaN or infinite entries is never retried.
 */

import { SkeinError } from '@skein/core';
import { subtractSquare } from './products.ts';
import {
  factorInPlace,
  inverseFromFactor,
  type RowSolver,
  rowSolver,
  solveLower,
  solveLowerRows,
  solveUpper,
} from './triangular.ts';

/** What is added to the diagonal, relative to its mean, attempt by attempt. */
export const JITTER = [0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5] as const;

/** Why a matrix has no Cholesky factor. `row` is the first row whose pivot is not positive or not finite. */
export interface CholeskyFailure {
  readonly ok: false;
  readonly reason: 'not-positive-definite' | 'not-finite';
  readonly row: number;
}

/** The factor L of a symmetric positive definite matrix A = L L'. */
export class Cholesky {
  readonly ok = true;
  readonly n: number;
  /** L, row-major [n, n]; entries above the diagonal have no meaning. */
  readonly l: Float64Array;
  /** What was added to the diagonal of A. */
  readonly jitter: number;

  constructor(l: Float64Array, n: number, jitter: number) {
    this.l = l;
    this.n = n;
    this.jitter = jitter;
  }

  /** A^-1 b as a new array. */
  solve(b: Float64Array): Float64Array {
    const x = b.slice();
    solveLower(this.l, this.n, x);
    solveUpper(this.l, this.n, x);
    return x;
  }

  /** L^-1 b in place. */
  solveLower(b: Float64Array): Float64Array {
    solveLower(this.l, this.n, b);
    return b;
  }

  /** L'^-1 b in place. */
  solveUpper(b: Float64Array): Float64Array {
    solveUpper(this.l, this.n, b);
    return b;
  }

  /** L^-1 applied to each of the m rows of `b` [m, n], in place. */
  solveLowerRows(b: Float64Array, m: number): Float64Array {
    solveLowerRows(this.l, this.n, b, m);
    return b;
  }

  /** `solveLowerRows` for many batches: the factor is brought to the module once. Dispose of it after the last. */
  rowSolver(): RowSolver {
    return rowSolver(this.l, this.n);
  }

  /** log det A. */
  logDeterminant(): number {
    let sum = 0;
    for (let i = 0; i < this.n; i++) sum += Math.log(this.l[i * this.n + i]!);
    return 2 * sum;
  }

  /** A^-1, written to `out` [n, n]; only its lower triangle has a meaning. */
  inverseLower(out: Float64Array = new Float64Array(this.n * this.n)): Float64Array {
    inverseFromFactor(this.l, this.n, out);
    return out;
  }

  /**
   * The factor of [[A, B'], [B, C]] in O(n^2 q): `b` [q, n] and the lower triangle of `c` [q, q]. The jitter of this
   * factor is added to C as well, and more if the Schur complement needs it.
   */
  extend(b: Float64Array, c: Float64Array): Cholesky | CholeskyFailure {
    const { n } = this;
    const q = Math.round(Math.sqrt(c.length));
    const rows = this.solveLowerRows(b.slice(), q);
    const schur = c.slice();
    subtractSquare(schur, rows, q, n);
    for (let i = 0; i < q; i++) schur[i * q + i]! += this.jitter;
    const corner = cholesky(schur, q, meanDiagonal(c, q));
    if (!corner.ok) return { ...corner, row: corner.row + n };
    return new Cholesky(stack(this.l, n, rows, corner.l, q), n + q, Math.max(this.jitter, corner.jitter));
  }
}

function stack(l: Float64Array, n: number, rows: Float64Array, corner: Float64Array, q: number): Float64Array {
  const size = n + q;
  const out = new Float64Array(size * size);
  for (let i = 0; i < n; i++) out.set(l.subarray(i * n, i * n + i + 1), i * size);
  for (let i = 0; i < q; i++) {
    out.set(rows.subarray(i * n, (i + 1) * n), (n + i) * size);
    out.set(corner.subarray(i * q, i * q + i + 1), (n + i) * size + n);
  }
  return out;
}

function meanDiagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i * n + i]!;
  return n === 0 ? 0 : sum / n;
}

/**
 * Cholesky factor of the symmetric matrix whose lower triangle is in `a` [n, n], under the jitter policy above. `a` is
 * left as it was; the factor is written to `out` if given. `size` is the scale of the jitter.
 */
export function cholesky(
  a: Float64Array,
  n: number,
  size = meanDiagonal(a, n),
  out: Float64Array = new Float64Array(n * n),
): Cholesky | CholeskyFailure {
  let failed = -1;
  for (const relative of JITTER) {
    out.set(a);
    const jitter = relative * size;
    if (jitter > 0) for (let i = 0; i < n; i++) out[i * n + i]! += jitter;
    failed = factorInPlace(out, n);
    if (failed < 0) return new Cholesky(out, n, jitter);
    if (!lowerIsFinite(a, n)) return { ok: false, reason: 'not-finite', row: failed };
  }
  return { ok: false, reason: 'not-positive-definite', row: failed };
}

function lowerIsFinite(a: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) if (!Number.isFinite(a[i * n + j]!)) return false;
  }
  return true;
}

/** The factor, or a `NUMERIC` error that says what the matrix is (`what`) and where it fails. */
export function choleskyOrThrow(result: Cholesky | CholeskyFailure, what: string): Cholesky {
  if (result.ok) return result;
  throw choleskyFailure(result, what);
}

/** A failure as a `NUMERIC` error. */
export function choleskyFailure({ reason, row }: CholeskyFailure, what: string): SkeinError {
  if (reason === 'not-finite') {
    return new SkeinError('NUMERIC', `${what}: expected finite entries, got NaN or Infinity at or before row ${row}`, {
      details: { row },
      advice: 'The fault is upstream: look for NaN or huge values in the inputs and in the hyperparameters.',
    });
  }
  return new SkeinError('NUMERIC', `${what}: not positive definite at row ${row}, even with jitter`, {
    details: { row, jitter: JITTER.at(-1) },
    advice:
      'Two inputs may coincide, or the kernel is not positive definite: raise the noise or remove duplicate rows.',
  });
}
