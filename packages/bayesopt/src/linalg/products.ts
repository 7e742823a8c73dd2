/** Products of rows with rows, by the module of assembly/. */

import { operands } from './module.ts';

/** a b' [m, n] of a [m, k] and b [n, k]. */
export function productOfRows(a: Float64Array, m: number, b: Float64Array, n: number, k: number): Float64Array {
  using room = operands(m * k + n * k + m * n);
  const [left, right] = [room.copy(a), room.copy(b)];
  const out = room.reserve(m * n);
  room.exports.product(left, 8 * k, m, right, 8 * k, n, k, out, 8 * n, 0, false);
  return room.at(out, m * n).slice();
}

/** Takes a a' of a [n, k] from the lower triangle of `c` [n, n], in place; what is above its diagonal has no meaning then. */
export function subtractSquare(c: Float64Array, a: Float64Array, n: number, k: number): void {
  using room = operands(n * k + n * n);
  const rows = room.copy(a);
  const at = room.copy(c);
  room.exports.product(rows, 8 * k, n, rows, 8 * k, n, k, at, 8 * n, 1, true);
  c.set(room.at(at, n * n));
}
