/** The product of a matrix with its transpose, by the module of assembly/. */

import { operands } from './module.ts';

/** Takes a a' of a [n, k] from the lower triangle of `c` [n, n], in place; what is above its diagonal has no meaning then. */
export function subtractSquare(c: Float64Array, a: Float64Array, n: number, k: number): void {
  using room = operands(n * k + n * n);
  const rows = room.copy(a);
  const at = room.copy(c);
  room.exports.product(rows, 8 * k, n, rows, 8 * k, n, k, at, 8 * n, 1, true);
  c.set(room.at(at, n * n));
}
