/** Rastrigin's function of one vector and of many: both take the same steps in the same order, so their bits are equal. */

import { workspaceOf } from '../kernels/workspace.ts';
import type { Population } from '../population.ts';

/** The sum of x^2 + 20 sin^2(pi x): both summands, even and odd places apart. */
export function rastriginOf(x: Float64Array): number {
  const sums = [0, 0];
  const waves = [0, 0];
  for (let j = 0; j < x.length; j++) {
    sums[j & 1]! += x[j]! * x[j]!;
    waves[j & 1]! += sineSquared(x[j]! - nearest(x[j]!));
  }
  return 5 * waves[0]! + sums[0]! + (5 * waves[1]! + sums[1]!);
}

/** The function of every row. */
export function rastriginOfAll({ size, length, genes }: Population): Float64Array {
  const space = workspaceOf(genes);
  const [rows, out] = [space.place(genes as Float64Array), space.take(8 * size)];
  space.kernels.rastrigin(rows, size, length, out);
  return space.numbers(out, size).slice();
}

/** The nearest whole number, of two the even one; for |x| < 2^51. */
function nearest(x: number): number {
  return x + 6755399441055744 - 6755399441055744;
}

/**
 * 4 sin^2(pi t) for |t| <= 1/2: a polynomial of a quarter of the angle, which is doubled twice. To the last places, several
 * times as fast as with Math.sin, and exactly 0 where t is.
 */
function sineSquared(t: number): number {
  const s = t * t;
  const s2 = s * s;
  const p01 = -0.5073390158020956 * s + 2.4674011002723395;
  const p23 = -0.0018385205490881247 * s + 0.04172696152668122;
  const p45 = -9.421355288744339e-7 * s + 5.040407801319328e-5;
  const quarter = s * (((1.2658589925219089e-8 * s2 + p45) * s2 + p23) * s2 + p01);
  const half = quarter * (4 - quarter);
  return half * (4 - half);
}
