/**
 * Triangular algebra on flat row-major matrices. L: lower triangular [n, n]; what lies above its diagonal has no
 * meaning. Cubic work is done by the module of assembly/; one right-hand side is quadratic work, and done here.
 */

import { dot } from './dot.ts';
import { operands } from './module.ts';

/**
 * Factors the lower triangle of `a` [n, n] in place into L with a = L L'. Returns -1, or the first row whose pivot is
 * not positive (the rows from it on are then undefined).
 */
export function factorInPlace(a: Float64Array, n: number): number {
  using room = operands(n * n);
  const at = room.copy(a);
  const failed = room.exports.factor(at, 8 * n, n);
  a.set(room.at(at, n * n));
  return failed;
}

/** Solves L v = b in place. */
export function solveLower(l: Float64Array, n: number, b: Float64Array, offset = 0): void {
  for (let i = 0; i < n; i++) b[offset + i] = (b[offset + i]! - dot(l, i * n, b, offset, i)) / l[i * n + i]!;
}

/** Solves L' v = b in place. */
export function solveUpper(l: Float64Array, n: number, b: Float64Array, offset = 0): void {
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const x = b[offset + i]! / l[row + i]!;
    b[offset + i] = x;
    for (let k = 0; k < i; k++) b[offset + k]! -= l[row + k]! * x;
  }
}

/** Solves L v = b in place for each of the m rows of `b` [m, n]. */
export function solveLowerRows(l: Float64Array, n: number, b: Float64Array, m: number): void {
  using solver = rowSolver(l, n);
  solver.solve(b, m);
}

/** A factor in the module's memory, for batches of right-hand sides. */
export interface RowSolver extends Disposable {
  /** Solves L v = b in place for each of the m rows of `b` [m, n]. */
  solve(b: Float64Array, m: number): void;
}

/** The solver of L; dispose of it after its last batch. */
export function rowSolver(l: Float64Array, n: number): RowSolver {
  const room = operands(n * n);
  const factor = room.copy(l);
  return {
    solve: (b, m) => {
      using batch = operands(m * n);
      const rows = batch.copy(b);
      batch.exports.solveRows(factor, 8 * n, n, rows, 8 * n, m, false);
      b.set(batch.at(rows, m * n));
    },
    [Symbol.dispose]: () => room[Symbol.dispose](),
  };
}

/** Lower triangle of (L L')^-1 into `out` [n, n]. */
export function inverseFromFactor(l: Float64Array, n: number, out: Float64Array): void {
  using room = operands(3 * n * n);
  const factor = room.copy(l);
  const scratch = room.reserve(n * n);
  const inverse = room.reserve(n * n);
  room.exports.invert(factor, 8 * n, n, scratch, inverse);
  out.set(room.at(inverse, n * n));
}
